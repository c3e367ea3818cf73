"""Make a record of what postback gets: special members, times, and values as text.

`td_record_time` is the record's time in Unix seconds, if it is at most 7 days old and at most 3
days ahead; otherwise it is ignored, and the time of arrival counts. Assumptions, where nothing
is documented: both bounds are still good; whole seconds written as text count, too, since a
query has nothing else; a `time` member is used where `td_record_time` is not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from argosy.sandbox.postback.errors import RefusedEventError
from argosy.sandbox.records.columns import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.sandbox.records.batch import Record
    from argosy.sandbox.settings import Json

OLDEST_SECONDS: Final = 7 * 24 * 3600
NEWEST_SECONDS: Final = 3 * 24 * 3600
_RECORD_TIME: Final = "td_record_time"
_INSTRUCTIONS: Final = frozenset({"td_write_key", "td_format", "td_redirect"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}", re.ASCII)
_LONGEST_TARGET: Final = 8192
_TARGET: Final = re.compile(r"(?i)https?://[^\s/?#\\][^\x00-\x1f\x7f\\]*")
# a parameter of the target may be called td_global_id itself; its name stays
_GLOBAL_ID_WORD: Final = re.compile(r"(?<![\w-])td_global_id(?![\w=-])")
_URL_CHARACTERS: Final = ":/%#?=@[]!$&'()*+,;~"


def timed(record: Record, now: float) -> Record:
    """Give a record with its `time` from `td_record_time`, which is no column."""
    if _RECORD_TIME not in record:
        return record
    wished = whole_seconds(record[_RECORD_TIME])
    others = {name: value for name, value in record.items() if name != _RECORD_TIME}
    if wished is None or not now - OLDEST_SECONDS <= wished <= now + NEWEST_SECONDS:
        return others
    return others | {"time": wished}


def whole_seconds(value: Json) -> int | None:
    """Read whole seconds, as a number or as text; None for anything else."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return int(value)
    return value if type(value) is int else None


def from_query(parameters: Mapping[str, str]) -> Record:
    """Make a record of a query: all values are text but the time."""
    record: Record = {
        name: value for name, value in parameters.items() if name not in _INSTRUCTIONS
    }
    if "time" in record:
        seconds = whole_seconds(record["time"])
        record["time"] = record["time"] if seconds is None else seconds
    return record


def as_texts(record: Record) -> Record:
    """Give a record whose values are text, but for its time; null stays null."""
    return {name: value if name == "time" else _as_text(value) for name, value in record.items()}


def _as_text(value: Json) -> str | None:
    return value if value is None or isinstance(value, str) else json_text(value)


def redirect_target(wanted: str, global_id: Callable[[], str]) -> str:
    """Give the address to redirect to, with the visitor's global id where it is asked for.

    Any site may be named, as the vendor lets it be; raises RefusedEventError for what is no
    complete http or https address.
    """
    if len(wanted) > _LONGEST_TARGET or not _TARGET.fullmatch(wanted) or not _host(wanted):
        raise RefusedEventError(400, "td_redirect is no complete http or https address.")
    target = _GLOBAL_ID_WORD.sub(lambda _found: global_id(), wanted)
    return quote(target, safe=_URL_CHARACTERS)


def _host(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None
