"""The filters of expressions, `{{ value | filter(argument) }}`: pure functions, all listed here.

A filter raises ValueError or TypeError where a value is not one it takes, with the reason; none
makes a value larger than `LARGEST`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from argosy.rendering.text import to_text
from argosy.sdk import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from argosy.model import Json

#: The largest text or list that an expression may make, in characters or items.
LARGEST = 16 * 1024 * 1024


def join_texts(parts: Iterable[Json], separator: str = "") -> str:
    """Write values as text, one after the other. Raises ValueError where that is too large."""
    texts = [to_text(part) for part in parts]
    size = sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0)
    if size > LARGEST:
        raise ValueError(f"the text would be too large ({size} characters)")
    return separator.join(texts)


def size_of(value: Json) -> int:
    """Return how many characters and items a value holds, all levels together."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(key) + size_of(member) for key, member in value.items())
    if isinstance(value, list):
        return len(value) + sum(map(size_of, value))
    return 1


def _join(value: Json, separator: str = "") -> str:
    if not isinstance(value, list | tuple):
        raise TypeError("only a list can be joined")
    return join_texts(value, separator)


def _first(value: Json) -> Json:
    return value[0] if value else None


def _last(value: Json) -> Json:
    return value[-1] if value else None


def _base64(value: Json) -> str:
    return b64encode(value if isinstance(value, bytes) else to_text(value).encode()).decode()


def _integer(value: Json) -> Json:
    """Return the whole number that a value spells, null as it is, and a list's items so."""
    if isinstance(value, list):
        return [_integer(item) for item in value]
    found = values.with_integer({"": value}, "")[""]
    if found is not None and (isinstance(found, bool) or not isinstance(found, int)):
        raise ValueError(f"{to_text(value)} is no whole number")
    return found


def _bracket_keys(value: Json, name: str) -> Json:
    """Return an object with its keys in brackets behind a name, as `deepObject` queries are.

    Objects within it have several brackets, and a list's items an empty pair or, where they are
    objects or lists themselves, their number.
    """
    made: dict[str, Json] = {}
    if isinstance(value, Mapping):
        inner = [(f"{name}[{key}]", member) for key, member in value.items()]
    elif isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value):
        inner = [(f"{name}[{index}]", item) for index, item in enumerate(value)]
    else:
        return {f"{name}[]" if isinstance(value, list) else name: value}
    for key, member in inner:
        made |= _bracket_keys(member, key)
    return made


def _find(value: Json, name: str, wanted: Json) -> Json:
    """Return the first object of a list whose member `name` is the wanted value, or null."""
    if not isinstance(value, list):
        raise TypeError("only a list can be searched")
    found = (item for item in value if isinstance(item, Mapping) and item.get(name) == wanted)
    return next(found, None)


def _query_value(value: Json, name: str) -> str | None:
    """Return a parameter of the query of an address or path, or null."""
    if value is None:
        return None
    return dict(parse_qsl(urlsplit(to_text(value)).query)).get(name)


def _next_link(value: Json) -> str | None:
    """Return the address that a Link header (RFC 8288) names as `next`, or null."""
    for link in _LINK.finditer(to_text(value)):
        relations = _RELATION.search(link["parameters"])
        if relations and "next" in (relations["quoted"] or relations["plain"] or "").split():
            return link["target"]
    return None


_LINK = re.compile(r"<(?P<target>[^<>]*)>(?P<parameters>[^<]*)")
_RELATION = re.compile(
    r";\s*rel\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<plain>[^\s;,]*))", re.IGNORECASE
)


FILTERS: Mapping[str, Callable[..., Json]] = {
    "as_list": values.as_list,
    "as_object": values.as_object,
    "base64": _base64,
    "bracket_keys": _bracket_keys,
    "find": _find,
    "first": _first,
    "integer": _integer,
    "join": _join,
    "last": _last,
    "length": len,
    "lower": lambda value: to_text(value).lower(),
    "next_link": _next_link,
    "prefix_keys": values.prefix_keys,
    "query_value": _query_value,
    "to_json": lambda value: join_texts([value]) if not isinstance(value, str) else _quote(value),
    "trim": lambda value: to_text(value).strip(),
    "upper": lambda value: to_text(value).upper(),
    "with_default": values.with_default,
    "with_integer": values.with_integer,
}


def _quote(text: str) -> str:
    return to_text([text])[1:-1]
