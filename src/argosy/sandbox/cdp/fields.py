"""Read the members of a body one by one, and collect what is wrong with them.

Pointers start at the object that the members are in. A null is the same as nothing for all
but `given`, which tells whether a client sent the member at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.cdp.errors import ValidationCode
    from argosy.sandbox.settings import Json

LONGEST_NAME: Final = 255
LONGEST_TEXT: Final = 10_000


class Fields:
    """The members of one object."""

    def __init__(self, members: Json) -> None:
        if not isinstance(members, dict):
            raise InvalidError(("", "INVALID_FORMAT_OR_ASSOCIATION", "An object is needed here"))
        self.members: Mapping[str, Json] = members
        self.problems: list[tuple[str, ValidationCode, str]] = []

    def given(self, name: str) -> bool:
        """Say whether a member is there, be it null."""
        return name in self.members

    def name(self, current: str | None = None) -> str:
        """Read the name; one that isn't there stays as it is, or is missed."""
        if current is not None and "name" not in self.members:
            return current
        value = self.members.get("name")
        if not isinstance(value, str) or not value.strip():
            code: ValidationCode = "CANNOT_BE_BLANK"
            if value not in (None, "") and not isinstance(value, str):
                code = "INVALID_FORMAT_OR_ASSOCIATION"
            self.wrong("/name", "Name can't be blank", code)
            return ""
        if len(value) > LONGEST_NAME:
            detail = f"Name is too long (maximum is {LONGEST_NAME} characters)"
            self.wrong("/name", detail, "IS_TOO_LONG")
        return value

    def text(self, name: str, default: str = "") -> str:
        """Read a text."""
        value = self.members.get(name)
        if value is None:
            return default if not self.given(name) else ""
        if not isinstance(value, str):
            self.wrong(f"/{name}", "Must be a string")
            return default
        if len(value) > LONGEST_TEXT:
            self.wrong(f"/{name}", f"At most {LONGEST_TEXT} characters are possible", "IS_TOO_LONG")
        return value

    def choice(self, name: str, words: Sequence[str], default: str) -> str:
        """Read one of several words."""
        value = self.members.get(name)
        if value is None:
            return default
        if value not in words:
            self.wrong(f"/{name}", f"Must be one of {', '.join(words)}")
            return default
        return str(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """Read true or false."""
        value = self.members.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(f"/{name}", "Must be true or false")
            return default
        return value

    def whole(
        self, name: str, default: int | None, least: int = 0, most: int = 10**12
    ) -> int | None:
        """Read a whole number."""
        value = self.members.get(name)
        if value is None:
            return default
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not least <= value <= most:
            self.wrong(f"/{name}", f"Must be a whole number from {least} to {most}")
            return default
        return int(value)

    def key(self, name: str) -> str | None:
        """Read an id, which may be a number or digits; None for nothing."""
        value = self.members.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
            self.wrong(f"/{name}", "Must be an id")
            return None
        return str(int(str(value)[:18]))

    def items(self, name: str, least: int = 0, most: int = 1000) -> list[Json]:
        """Read an array."""
        value = self.members.get(name)
        if value is None:
            value = []
        if not isinstance(value, list):
            self.wrong(f"/{name}", "Must be an array")
            return []
        if len(value) < least:
            self.wrong(f"/{name}", f"Is too short (minimum is {least})", "IS_TOO_SHORT")
        if len(value) > most:
            self.wrong(f"/{name}", f"Is too long (maximum is {most})", "IS_TOO_LONG")
            return []
        return value

    def objects(
        self, name: str, needed: Sequence[str], most: int = 1000, where: str = ""
    ) -> tuple[dict[str, Json], ...]:
        """Read an array of objects that have the needed members as texts that aren't empty."""
        read = []
        for index, one in enumerate(self.items(name, most=most)):
            here = f"{where}/{name}/{index}"
            if not isinstance(one, dict):
                self.wrong(here, "An object is needed here")
                continue
            for member in needed:
                value = one.get(member)
                if value is None or value == "":
                    self.wrong(f"{here}/{member}", "Can't be blank", "CANNOT_BE_BLANK")
                elif not isinstance(value, str):
                    self.wrong(f"{here}/{member}", "Must be a string")
            read.append(one)
        return tuple(read)

    def wrong(
        self, pointer: str, detail: str, code: ValidationCode = "INVALID_FORMAT_OR_ASSOCIATION"
    ) -> None:
        """Note that something is wrong."""
        self.problems.append((pointer, code, detail))

    def check(self) -> None:
        """Raise InvalidError if anything was wrong."""
        if self.problems:
            raise InvalidError(*self.problems)
