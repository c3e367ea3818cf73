"""Read what a request asks for: numbers, times and words of its query and its body."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from argosy.sandbox.workflow.errors import bad_request, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from starlette.requests import Request

    from argosy.sandbox.settings import Json

LARGEST_PAGE: Final = 100
LARGEST_BODY: Final = 4 << 20
DEEPEST_BODY: Final = 50
_LARGEST_NUMBER: Final = 10**18
_EARLIEST: Final = 0.0
_LATEST: Final = 253_370_764_800.0


def identifier(request: Request, what: str) -> str:
    """Give the id in a path; raise the 404 answer for what can't be one."""
    key: str = request.path_params["id"]
    if key.isascii() and key.isdigit() and len(key) <= 18:
        return str(int(key))
    raise not_found(f"{what} id={key[:40]}")


def number(request: Request, name: str) -> int | None:
    """Read a whole number of the query; None where it isn't given."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return None
    digits = text.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        return int(text)
    message = f"{name}= must be a number, not {text[:40]!r}"
    raise bad_request(message)


def page_size(request: Request, name: str = "page_size") -> int:
    """Read how many are wanted; raise the 400 answer for more than the server gives."""
    size = number(request, name)
    if size is None:
        return LARGEST_PAGE
    if 0 <= size <= LARGEST_PAGE:
        return size
    message = f"The specified {name} is {size}; it must be 0 to {LARGEST_PAGE}"
    raise bad_request(message)


def count(request: Request) -> int:
    """Read the `count` of a list."""
    wanted = number(request, "count")
    if wanted is None:
        return LARGEST_PAGE
    if wanted < 0:
        raise bad_request("count= must be 0 or more")
    return wanted


def truth(request: Request, name: str, *, default: bool = False) -> bool:
    """Read a truth value of the query."""
    text = request.query_params.get(name)
    return default if text is None or text == "" else text.lower() in {"true", "1"}


async def body(request: Request) -> dict[str, Json]:
    """Read a body that is a JSON object; an empty one is an empty object."""
    content = await request.body()
    if not content:
        return {}
    if len(content) > LARGEST_BODY:
        message = f"The body is larger than {LARGEST_BODY} bytes"
        raise bad_request(message)
    try:
        found = orjson.loads(content)
    except ValueError as error:
        message = f"The body is not JSON: {error}"
        raise bad_request(message) from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise bad_request("The body must be an object")
    if _is_deeper(found, DEEPEST_BODY):
        message = f"The body is nested deeper than {DEEPEST_BODY}"
        raise bad_request(message)
    return found


def _is_deeper(value: Json, most: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return most == 0 or any(_is_deeper(one, most - 1) for one in inner)


def instant(text: Any, name: str) -> float:
    """Read a time that has an offset, as an epoch; raise the 400 answer."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is not None and found.tzinfo is not None:
            epoch = found.timestamp()
            if _EARLIEST <= epoch <= _LATEST:
                return epoch
    except (ValueError, OverflowError):
        pass
    message = f"{name} must be a time like 2026-01-31T00:00:00Z, not {text!r:.60}"
    raise bad_request(message)


def local_time(text: str, name: str, where: ZoneInfo) -> float:
    """Read a time, which is in a zone if it has no offset, as an epoch."""
    try:
        found = datetime.fromisoformat(text)
        local = found.replace(tzinfo=where) if found.tzinfo is None else found
        epoch = local.timestamp()
    except (ValueError, OverflowError):
        epoch = -1
    if _EARLIEST <= epoch <= _LATEST:
        return epoch
    message = f"{name}= must be a time like 2026-01-31T00:00:00Z, not {text[:60]!r}"
    raise bad_request(message)


def optional_instant(members: Mapping[str, Json], name: str) -> float | None:
    """Read a time of a body that may be left out."""
    value = members.get(name)
    return None if value in (None, "") else instant(value, name)


def optional_whole(members: Mapping[str, Json], name: str) -> int | None:
    """Read a whole number of a body that may be left out."""
    value = members.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST_NUMBER:
        message = f"{name} must be a whole number"
        raise bad_request(message)
    return value


def optional_text(members: Mapping[str, Json], name: str) -> str | None:
    """Read a text of a body that may be left out."""
    value = members.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 255:
        message = f"{name} must be a text of at most 255 characters"
        raise bad_request(message)
    return value


def flag(members: Mapping[str, Json], name: str, *, default: bool = False) -> bool:
    """Read a truth value of a body that may be left out."""
    value = members.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        message = f"{name} must be true or false"
        raise bad_request(message)
    return value
