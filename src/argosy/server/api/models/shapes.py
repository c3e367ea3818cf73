"""What most shapes have in common."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from argosy.server.api.whole_texts import with_whole_texts

Object = dict[str, Any]
Warnings = Annotated[
    list[str],
    Field(
        default_factory=list,
        description="Remarks that are no errors: a default, a deprecation. Absent without any.",
    ),
]
#: A time in seconds since 1970.
Seconds = Annotated[float, Field(description="Seconds since 1970.", examples=[1764140400.5])]


class Request(BaseModel):
    """A body that is sent; members that are not named here are left aside."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class Answer(BaseModel):
    """A body that is answered; there may be more members than are named here."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _mend(cls, value: Any) -> Any:
        return with_whole_texts(value) if isinstance(value, dict) else value


class Whole(Answer):
    """An answer by itself, which says what of the request was left aside."""

    warnings: Warnings


class Done(Whole):
    """The change is made."""


class Page(Whole):
    """One page of a list; `next_page` means nothing where `has_next` is false."""

    has_next: bool = Field(description="Whether there are more.")
    next_page: int = Field(description="The page to ask for next.", examples=[2])
