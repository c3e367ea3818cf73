"""A request's parameters, wherever the client put them.

The vendor's clients differ: Ruby, Java and Go send urlencoded forms, Python sends every
dictionary as multipart, Node and the bulk loads send JSON, and Java puts parameters into the
query where it sends a JSON body beside them. So all four are read alike; the body's win.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from msgspec import Struct, field
from python_multipart.exceptions import FormParserError
from starlette.exceptions import HTTPException

from argosy.sandbox.core.errors import CoreError, invalid

if TYPE_CHECKING:
    from starlette.requests import Request

    from argosy.sandbox.settings import Json

_MOST_FIELDS: Final = 1000
_LARGEST_FIELD: Final = 4 << 20  # a Hive query may have 2 MiB of characters
_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off", ""})
_LONGEST_NUMBER: Final = 18


class Parameters(Struct, frozen=True):
    """Named values: texts from queries and forms, anything from JSON."""

    values: dict[str, Json] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Say whether a parameter was sent, even if it is empty or null."""
        return name in self.values

    def text(self, name: str) -> str | None:
        """Give a parameter as text; None if it is absent, null or empty."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str | int | float):
            return str(value)
        raise invalid(f"'{name}' parameter must be a text")

    def required(self, name: str) -> str:
        """Give a text that must be there."""
        value = self.text(name)
        if value is None:
            raise invalid(f"'{name}' parameter is required")
        return value

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int | None:
        """Give a whole number within bounds, or the default where it is absent."""
        text = self.text(name)
        if text is None:
            return default
        digits = text.removeprefix("-")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER
        if not is_number or not least <= int(text) <= most:
            raise invalid(f"'{name}' parameter must be a whole number from {least} to {most}")
        return int(text)

    def number(self, name: str, least: int, most: int, default: int) -> int:
        """Give a whole number within bounds that has a default."""
        found = self.whole(name, least, most, default)
        return default if found is None else found

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Give a truth value, in any case of letters: Python's client sends `True`."""
        if self.values.get(name) is None:
            return default
        text = str(self.values[name]).lower()
        if text not in _TRUE | _FALSE:
            raise invalid(f"'{name}' parameter must be true or false")
        return text in _TRUE

    def document(self, name: str) -> Json:
        """Give a parameter that is JSON, or JSON written as text; None if it is absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return orjson.loads(value)
        except ValueError as error:
            raise invalid(f"'{name}' parameter is not JSON") from error

    def an_object(self, name: str) -> dict[str, Json]:
        """Give a parameter that is a JSON object; empty if it is absent."""
        value = self.document(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid(f"'{name}' parameter must be an object")
        return value


async def read_parameters(request: Request) -> Parameters:
    """Read a request's parameters; raise the 400 answer for a body that can't be read."""
    values: dict[str, Json] = dict(request.query_params)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body:
        return Parameters(values)
    if media_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return Parameters(values | await _form(request))
    if media_type.endswith("json"):
        return Parameters(values | _json_object(body))
    return Parameters(values)


async def _form(request: Request) -> dict[str, Json]:
    try:
        form = await request.form(
            max_files=0, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD
        )
    except (HTTPException, FormParserError, ValueError, KeyError) as error:
        raise CoreError(400, "The form in the body can't be read.") from error
    return {name: value for name, value in form.multi_items() if isinstance(value, str)}


def _json_object(body: bytes) -> dict[str, Json]:
    try:
        document = orjson.loads(body)
    except ValueError as error:
        raise CoreError(400, "The body is not JSON.") from error
    if not isinstance(document, dict):
        raise CoreError(400, "The body must be a JSON object.")
    return document
