"""Exports: the files that DaVinci writes, old and new, with one flow or several.

One flow is an object with `graphData`; several are a list, or stand in the `flows` of an object.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import InvalidDocumentError
from argosy.model import is_deeper, parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.model import Json, JsonObject

#: As large as the vendor's API lets a request be.
MOST_BYTES = 10 * 1024 * 1024
#: Deeper than any export in use, and with its flow's file around it what the checker reads.
DEEPEST = 60
#: More than the flows that the vendor lets one environment have.
MOST_FLOWS = 1_000


@dataclass(frozen=True, slots=True)
class Export:
    """An export: its flows, and what stood around them; None where it is one flow alone."""

    flows: Sequence[JsonObject]
    around: JsonObject | None = None


def read_export(data: bytes, file: str) -> Export:
    """Read a file. Raises InvalidDocumentError with what is wrong."""
    if len(data) > MOST_BYTES:
        detail = f"it has more than the {MOST_BYTES:,} bytes that are read at most"
        raise InvalidDocumentError(file=file, detail=detail)
    try:
        return split_export(parse_json(data.decode("utf-8-sig")))
    except ValueError as error:
        raise InvalidDocumentError(file=file, detail=_detail(error)) from error


def _detail(error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start + 1:,} is not UTF-8"
    return str(error)


def split_export(document: Json) -> Export:
    """Return the flows of an export. Raises ValueError where it is none."""
    if is_deeper(document, DEEPEST):
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    if isinstance(document, list):
        return Export(_flows(document, ""), {"flows": None})
    if not isinstance(document, dict):
        raise ValueError("it holds neither a flow nor a list of flows")  # noqa: TRY004 - a file
    if isinstance(document.get("flows"), list):
        return Export(_flows(document["flows"], "/flows"), {**document, "flows": []})
    if "graphData" not in document:
        raise ValueError("it has neither 'graphData' nor 'flows', so it is no export of flows")
    return Export(_flows([document], ""))


def _flows(found: list[Json], place: str) -> list[JsonObject]:
    if not found:
        raise ValueError("it holds no flow")
    if len(found) > MOST_FLOWS:
        raise ValueError(f"it holds {len(found):,} flows, and at most {MOST_FLOWS:,} are read")
    for index, flow in enumerate(found):
        if not isinstance(flow, dict) or not isinstance(flow.get("graphData"), dict):
            where = f"{place}/{index} " if len(found) > 1 or place else "it "
            detail = f"{where}is no flow: it has no object 'graphData'"
            raise ValueError(detail)  # noqa: TRY004 - a file, not a caller
    return found


def join_export(flows: Sequence[JsonObject], around: JsonObject | None) -> Json:
    """Put flows back into what stood around them."""
    if around is None:
        [flow] = flows
        return flow
    if around.get("flows", []) is None:
        return list(flows)
    return {**around, "flows": list(flows)}
