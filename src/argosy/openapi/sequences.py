"""Lists that go on and things that take time, recognised where a document says so plainly.

Recognised paging: a Link header; an answer that holds the next page's cursor or address; a page's
number; an offset; the id of the last item. Recognised waiting: an operation that answers with an
id, and another that reads by this id and has a status with words for going on and for the end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.openapi.document import Document, items, members, text
from argosy.openapi.inputs import UndraftableError, member
from argosy.openapi.names import words_of
from argosy.openapi.schemas import flat, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.model import Json, JsonObject
    from argosy.openapi.answers import Answers
    from argosy.openapi.document import Operation
    from argosy.openapi.inputs import Inputs

PAGING_INPUTS: JsonObject = {
    "all": {
        "title": "All pages",
        "description": "Whether to read the list to its end, page after page, up to `maxItems`.",
        "type": "boolean",
    },
    "maxItems": {
        "title": "Most items",
        "description": "How many items `all` gives at most; 10,000 unless said otherwise.",
        "type": "integer",
        "minimum": 1,
        "maximum": 1000000,
    },
}
WAITING_INPUTS: JsonObject = {
    "wait": {
        "title": "Wait",
        "description": "Whether to wait until what the call starts has ended.",
        "type": "boolean",
    },
    "waitSeconds": {
        "title": "Longest wait",
        "description": "The longest wait in seconds; an hour unless said otherwise.",
        "type": "integer",
        "minimum": 1,
        "maximum": 604800,
    },
}
_PAGES = {"page", "pagenumber", "pageindex", "pageno", "pagenum", "p"}
_BEGINNING = re.compile(
    r"\b(?:default\w*|start\w*|begin\w*|first page)[^.0-9]{0,20}\b([01])\b|\b([01])-based",
    re.IGNORECASE,
)
_OFFSETS = {"offset", "skip", "start", "startat", "startindex", "from"}
_FROM_ZERO = {"offset", "skip", "startat"}
_LASTS = {"startingafter", "afterid", "lastid", "sinceid"}
_CURSORS = {
    *("cursor", "nextcursor", "pagetoken", "nextpagetoken", "nexttoken", "continuationtoken"),
    *("continuation", "after", "startcursor", "pageafter", "scrollid", "marker", "nextmarker"),
    *("nextpage", "next", "endcursor", "pagecursor", "nextpagecursor"),
}
#: What the parameter is called that takes a cursor of another name, the likeliest first.
_TAKEN_CURSORS = (
    *("cursor", "pagetoken", "pagecursor", "startcursor", "continuationtoken", "continuation"),
    *("nexttoken", "nextpagetoken", "pageafter", "marker", "scrollid", "endcursor"),
)
_ENDS = {"to", "end", "until", "through", "endtime", "enddate"}
_SIZES = {"limit", "count", "size", "max", "maxresults", "pagesize", "perpage", "rows", "top", "n"}
_LINKS = {"odatanextlink", "next", "nextlink", "nexturl", "nextpage", "nextpageurl", "nexthref"}
_MORE = {"hasmore", "hasnext", "more", "hasnextpage", "moreitems", "hasmoreitems"}
_WRAPPERS = {"meta", "metadata", "pagination", "paging", "links", "page", "pageinfo", "cursors"}
_SUCCEEDED = {
    *("succeeded", "success", "successful", "completed", "complete", "done", "finished"),
    *("ready", "ok"),
}
_FAILED = {
    *("failed", "failure", "error", "errored", "cancelled", "canceled", "killed", "aborted"),
    *("expired", "rejected", "terminated", "timedout", "timeout", "stopped"),
}
_VERDICTS = {"conclusion", "outcome", "verdict"}
_GOING = {
    *("queued", "pending", "running", "processing", "inprogress", "started", "waiting"),
    *("scheduled", "created", "accepted", "executing", "building", "submitted", "active"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A drafted operation as the recognition sees it."""

    id: str
    operation: Operation
    inputs: Inputs
    answers: Answers


def _key(name: str) -> str:
    return "".join(words_of(name))


def paging_of(document: Document, asked: Asked) -> JsonObject | None:
    """Return how the list of an operation goes on, where it is one and that is plain."""
    if asked.operation.method != "GET" or asked.answers.format != "json":
        return None
    listed = list_of(document, asked.operation, asked.answers)
    if listed is None:
        return None
    output, item = listed
    found = _next(document, asked, output, item)
    return {"items": output, **found} if found else None


def list_of(
    document: Document, operation: Operation, answers: Answers
) -> tuple[str, JsonObject] | None:
    """Return the output that is the list an operation reads, with the schema of an item.

    What is read by its own name, at the end of the path, is one thing, whatever lists it holds.
    """
    if operation.path.endswith("}") and not answers.whole:
        return None
    if answers.whole:
        is_list = types_of(answers.schema) == ["array"]
        return (answers.whole, flat(document, answers.schema.get("items"))) if is_list else None
    lists = {
        name: flat(document, one)
        for name, one in members(answers.schema.get("properties")).items()
        if "array" in types_of(flat(document, one)) and name in answers.names
    }
    records = {n: s for n, s in lists.items() if _is_record(document, s.get("items"))}
    chosen = records if len(records) == 1 else lists
    if len(chosen) != 1:
        return None
    wire, schema = next(iter(chosen.items()))
    return answers.names[wire], flat(document, schema.get("items"))


def _is_record(document: Document, node: Json) -> bool:
    return "object" in types_of(flat(document, node))


def _next(document: Document, asked: Asked, output: str, item: JsonObject) -> JsonObject | None:
    if asked.answers.has_links:
        return {"link": "{{ headers.link | next_link }}"}
    schemas = asked.inputs.properties
    inputs = {
        _key(wire): name
        for (place, wire), name in asked.inputs.names.items()
        if place == "query" and schemas[name].get("format") not in {"date", "date-time"}
    }
    told = list(_told(document, asked.answers.schema))
    more = next((path for key, path, _ in told if key in _MORE), None)
    ends = {"more": f"{{{{ {more} }}}}"} if more else {}
    for key, path, schema in sorted(told, key=lambda one: not one[0].startswith("next")):
        given = _cursor_input(key, schema, inputs)
        if given:
            return {"next": {given: f"{{{{ {path} }}}}"}, **ends}
    for key, path, schema in told:
        if key in _LINKS and _is_address(schema, key):
            return {"link": f"{{{{ {path} }}}}", **ends}
    found = _counted(asked, inputs, output, item, ends)
    if found is None and _PAGES & set(inputs):
        note = "where its pages begin is not told, so it is read page by page"
        document.notes.add(asked.operation.where, note)
    return found


def _is_address(schema: JsonObject, key: str) -> bool:
    """Tell whether an answer's member is the next page's address."""
    if "string" not in types_of(schema):
        return False
    told = words_of(f"{schema.get('format', '')} {text(schema.get('description'))}")
    return key != "nextpage" or bool({"uri", "url", "link", "address"} & set(told))


def _counted(
    asked: Asked, inputs: Mapping[str, str], output: str, item: JsonObject, ends: JsonObject
) -> JsonObject | None:
    """Return paging by a number, an offset or the last item's id.

    Where the count begins must be told, by a default or a least value: a guess that is wrong would
    leave a page out.
    """
    for key, name in inputs.items():
        is_number = "integer" in types_of(asked.inputs.properties[name])
        start = _start(asked, name)
        here = f"(inputs.{name} | default({start}))"
        if key in _PAGES and is_number and start is not None:
            return {"next": {name: f"{{{{ {here} + 1 }}}}"}, **ends}
        if key in _OFFSETS and is_number and (start is not None or key in _FROM_ZERO):
            is_plain = bool(_SIZES & set(inputs)) and not _ENDS & set(inputs)
            if key not in _FROM_ZERO and not is_plain:
                continue  # `from` and `start` may be times as well
            here = f"(inputs.{name} | default({start or 0}))"
            return {"next": {name: f"{{{{ {here} + (outputs.{output} | length) }}}}"}, **ends}
        if key in _LASTS and "id" in members(item.get("properties")):
            return {"next": {name: f"{{{{ (outputs.{output} | last).id }}}}"}, **ends}
    return None


def _start(asked: Asked, name: str) -> int | None:
    """Return the number from which a parameter counts, where the document tells it.

    It tells so in a default, in a least value, or in words like "starts at 1".
    """
    for parameter in asked.operation.parameters:
        if asked.inputs.names.get(("query", parameter.name)) == name:
            schema = members(parameter.node.get("schema"))
            told = schema.get("default", schema.get("minimum"))
            if told is None:
                words = f"{parameter.node.get('description')} {schema.get('description')}"
                found = _BEGINNING.search(words)
                told = int(found[1] or found[2]) if found else None
            return told if type(told) is int and told in {0, 1} else None
    return None


def _cursor_input(key: str, schema: JsonObject, inputs: Mapping[str, str]) -> str:
    """Return the input that takes what an answer holds as `key`, or nothing."""
    types = types_of(schema)
    if key in inputs and key in _CURSORS:
        return inputs[key]
    if key in _LINKS:
        return inputs.get("page", "") if "integer" in types else ""
    if key not in _CURSORS or "object" in types:
        return ""
    bare = key.removeprefix("next")
    own = (bare, f"page{bare}", f"start{bare}") if bare != "token" else ("pagetoken",)
    others = _TAKEN_CURSORS if key.startswith("next") or bare in _TAKEN_CURSORS else ()
    return next((inputs[name] for name in (*own, *others) if name in inputs), "")


def _told(document: Document, schema: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Yield what an answer holds beside its list: key, expression and schema."""
    for wire, node in members(schema.get("properties")).items():
        given = flat(document, node)
        try:
            if _key(wire) in _WRAPPERS or _key(wire) == "responsemetadata":
                for inner, one in members(given.get("properties")).items():
                    yield _key(inner), member("body", wire, inner), flat(document, one)
            yield _key(wire), member("body", wire), given
        except UndraftableError:
            continue


def waiting_of(document: Document, asked: Asked, readers: list[Asked]) -> JsonObject | None:
    """Return how to wait for what an operation starts, where another plainly tells its end."""
    if asked.operation.method == "GET":
        return _own_waiting(document, asked)
    if asked.operation.method not in {"POST", "PUT"} or asked.answers.format != "json":
        return None
    is_accepted = asked.answers.status == 202  # HTTP itself says that it goes on
    for reader in readers:
        status = _status(document, reader.answers, needs_bad_end=not is_accepted)
        inputs = _question(asked, reader) if status else None
        if status and inputs:
            return _declared(document, asked, reader, status, inputs)
    return None


def _own_waiting(document: Document, asked: Asked) -> JsonObject | None:
    """Return how the reading of one thing waits for its end."""
    status = _status(document, asked.answers)
    ends = asked.operation.path.endswith("}")
    if not status or not ends or not _needs_path_only(asked):
        return None
    inputs = {name: f"{{{{ inputs.{name} }}}}" for name in asked.inputs.required}
    return _declared(document, asked, asked, status, inputs)


def _needs_path_only(reader: Asked) -> bool:
    in_path = {name for (place, _), name in reader.inputs.names.items() if place == "path"}
    return set(reader.inputs.required) <= in_path


def _question(asked: Asked, reader: Asked) -> JsonObject | None:
    """Return the inputs with which a reader is asked for what an operation has started.

    Its path is the operation's with one more placeholder, whose value the answer gives.
    """
    base, _, last = reader.operation.path.rstrip("/").rpartition("/")
    if base != asked.operation.path.rstrip("/") or not _needs_path_only(reader):
        return None
    wire = last.strip("{}")
    wanted = [_key(wire), "id"]
    by_key = {_key(name): output for name, output in asked.answers.names.items()}
    output = next((by_key[key] for key in wanted if key in by_key), "")
    if not output or not last.startswith("{"):
        return None
    inputs: JsonObject = {}
    for (place, name), one in reader.inputs.names.items():
        if place == "path" and name == wire:
            kinds = types_of(asked.answers.properties[output])
            inputs[one] = _converted(f"outputs.{output}", kinds, reader.inputs.properties[one])
        elif place == "path":
            inputs[one] = f"{{{{ inputs.{asked.inputs.names.get(('path', name), '')} }}}}"
    return inputs


def _converted(expression: str, kinds: list[str], wanted: JsonObject) -> str:
    """Return a template of an answer's value as an input wants it: text, or a whole number."""
    types = types_of(wanted)
    if types == ["string"] and "integer" in kinds:
        return f"{{{{ {expression} ~ '' }}}}"
    if types == ["integer"] and "string" in kinds:
        return f"{{{{ {expression} | integer }}}}"
    return f"{{{{ {expression} }}}}"


def _status(
    document: Document, answers: Answers, *, needs_bad_end: bool = True
) -> tuple[str, list[str], list[str]] | None:
    """Return the member that tells how far a thing is, with its words of success and failure.

    Words without one of failure may be those of anything, a task on somebody's list too.
    """
    if _VERDICTS & {_key(wire) for wire in members(answers.schema.get("properties"))}:
        return None  # the end is told here, and whether it is a good one elsewhere
    for wire in ("status", "state", "phase"):
        given = flat(document, members(answers.schema.get("properties")).get(wire))
        words = [one for one in items(given.get("enum")) if isinstance(one, str)]
        good = [one for one in words if _key(one) in _SUCCEEDED]
        bad = [one for one in words if _key(one) in _FAILED]
        goes_on = any(_key(one) in _GOING for one in words)
        has_ends = bool(good) and (bool(bad) or not needs_bad_end)
        if has_ends and goes_on and wire in answers.names:
            return text(wire), good, bad
    return None


def _declared(
    document: Document,
    asked: Asked,
    reader: Asked,
    status: tuple[str, list[str], list[str]],
    inputs: JsonObject,
) -> JsonObject:
    wire, good, bad = status
    there = asked.answers.names
    outputs = {
        there[name]: f"{{{{ {member('body', name)} }}}}"
        for name in reader.answers.names
        if name in there and _same_kind(document, asked, reader, name)
    }
    return {
        "capability": reader.id,
        "inputs": inputs,
        "status": f"{{{{ {member('body', wire)} }}}}",
        "succeeded": good,
        "failed": bad,
        **({"outputs": outputs} if outputs else {}),
    }


def _same_kind(document: Document, asked: Asked, reader: Asked, name: str) -> bool:
    """Tell whether two answers hold the same kind of value under a name."""
    own, other = (
        types_of(flat(document, members(one.answers.schema.get("properties")).get(name)))
        for one in (asked, reader)
    )
    return own == other
