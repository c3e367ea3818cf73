"""What a table may say: read, brought into its one form, and judged.

`schemas/connections-table.schema.json` declares the members. What it cannot say stands here: how
members depend on each other and on the type of the connection. Members that nobody knows are kept
with a warning, since a later release or another program may know them; at the top there is no
place for them, and they are left aside with a warning.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from argosy.connections.documents import check_object, refuse
from argosy.connections.fields import secret_fields
from argosy.connections.stored import LOCAL
from argosy.connections.types import ConnectionType
from argosy.connector import file_validator
from argosy.errors import WrongDataError
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from argosy.model import Json, JsonObject
    from argosy.validation import Validator

#: The members that a client sets; each replaces the stored one as a whole.
PARTS = ("resource_params", "connection_table_params", "connection_table_metadata")
#: A page of 64 tables is less than the 16 MiB that a client of ours reads of an answer.
_KIBIBYTES = {
    "resource_params": 128,
    "connection_table_params": 96,
    "connection_table_metadata": 16,
}
_BODY_KIBIBYTES = 512
_MOST_TOLD = 20
#: Nothing is declared, so that every name is judged by how it sounds.
_NO_FIELDS = ConnectionType(
    id="", title="", description="", direction=(), credentials={"properties": {}}, metadata={},
    tables={}, hosts=(), origins="", region="", probe={},
)  # fmt: skip
_PLACES = ("path", "prefix", "glob")
#: What says where a table of another system lies.
_ELSEWHERE = ("bucket", *_PLACES, "dataset", "table", "object", "query")
#: Options of all files; the others are of text, most of them of CSV.
_ANY_FILE = frozenset({"compression"})
_ANY_TEXT = _ANY_FILE | {"encoding"}
_CASES = {"csv": "CSV", "json": "JSON", "ndjson": "NDJSON", "parquet": "PARQUET", "avro": "AVRO"}
_DEFAULT_OPTIONS = {"CSV": {"delimiter": ",", "escape": "\\"}}
#: Members of answers: a client that sends an answer back means no harm.
_ANSWERED = frozenset(
    {
        "name", "connection", "connection_type", "warnings", "preview", "checks", "ok",
        "created_timestamp", "modified_timestamp", "last_tested_timestamp", "status_detail",
    }
)  # fmt: skip


def read_changes(document: Json) -> tuple[JsonObject, list[str]]:
    """Return the members that a body gives, in their one form, and warnings.

    Raises WrongDataError.
    """
    given = {} if document is None else document
    parts = [part for part in PARTS if isinstance(given, dict) and part in given]
    for part in parts:  # before the whole, so that an error names the part
        check_object(given[part], part, _KIBIBYTES[part])
    body = check_object(given, "the body", _BODY_KIBIBYTES)
    changes: JsonObject = {part: body[part] for part in parts}
    if "resource" in body:
        changes["resource"] = body["resource"]
    if body.get("status") is not None:
        changes["status"] = body["status"]
    if "connection_table_params" in changes:
        changes["connection_table_params"] = _in_one_form(changes["connection_table_params"])
    known = [*changes, *_ANSWERED, "status"]
    left = [name for name in body if name not in known]
    return changes, [_aside(left)] if left else []


def check_table(table: JsonObject, type_: ConnectionType, told: Iterable[str] = ()) -> list[str]:
    """Return warnings about a whole table of a connection of this type, those already `told` first.

    Raises WrongDataError with all that is wrong, and with the warnings: what nobody knows is often
    the misspelt word that is missing.
    """
    warnings = [*told, *islice(_unknown_members(table), _MOST_TOLD)]
    try:
        _refuse_table(table, type_)
    except WrongDataError as error:
        error.with_warnings(warnings)
        raise
    return [*warnings, *_doubts(table, type_)]


def _refuse_table(table: JsonObject, type_: ConnectionType) -> None:
    if "resource" not in table:
        available = list(resources())
        detail = f"resource is missing; a new table needs one of {', '.join(available)}."
        raise WrongDataError(detail=detail, field="resource", available=available)
    _check_words(table)
    refuse(_validator().problems(table))
    _check_dependencies(table)
    _check_place(table["connection_table_params"], type_)
    _check_options(table["connection_table_params"])
    _check_window(table["connection_table_metadata"])


def resources() -> tuple[str, ...]:
    """Return what a row of a table can stand for."""
    return tuple(_declared()["resource"]["enum"])


def with_defaults(table: JsonObject) -> JsonObject:
    """Return a table with what it leaves to the server: a mapping, and options of its format."""
    params = table["connection_table_params"]
    usual = _DEFAULT_OPTIONS.get(params.get("file_format", ""), {})
    options = {**usual, **params.get("options", {})}
    filled = {**params, "options": options} if usual or "options" in params else params
    return {
        **table,
        "resource_params": {"columns_mapping": {}, **table["resource_params"]},
        "connection_table_params": filled,
    }


def place_of(type_: str, name: str, params: Mapping[str, Json]) -> str:
    """Return the address of a table as people write it: `s3://bucket/key`.

    The key is the table's own name where nothing else names one.
    """
    keys = (*_PLACES, "table", "object")
    key = next((params[one] for one in keys if one in params), name)
    box = params.get("bucket") or params.get("dataset")
    return f"{type_.lower()}://{f'{box}/' if box else ''}{key}"


def _in_one_form(params: JsonObject) -> JsonObject:
    """Return parameters with their words as the schema has them, whatever their case."""
    made = dict(params)
    form = made.get("file_format")
    if isinstance(form, str):
        made["file_format"] = {"dat": "dat", **_CASES}.get(form.strip().lower(), form)
    options = made.get("options")
    if isinstance(options, dict):
        made["options"] = options = {k: v for k, v in options.items() if v is not None}
        if isinstance(options.get("compression"), str):
            options["compression"] = options["compression"].strip().lower()
        if options.get("delimiter") == "\\t":
            options["delimiter"] = "\t"
    return made


def _check_words(table: JsonObject) -> None:
    """Check what is one of a few words, and list all of them. Raises WrongDataError."""
    params, declared = table["connection_table_params"], _declared()
    its_params = declared["connection_table_params"]["properties"]
    options = params.get("options")
    words = [
        ("resource", table, declared),
        ("status", table, declared),
        ("connection_table_params.file_format", params, its_params),
        (
            "connection_table_params.options.compression",
            options if isinstance(options, dict) else {},
            its_params["options"]["properties"],
        ),
    ]
    for field, given, its_declared in words:
        name = field.rpartition(".")[2]
        available = its_declared[name]["enum"]
        if name in given and given[name] not in available:
            shown = show(given[name])
            detail = f"{field}: {shown} is not one of {', '.join(available)}."
            raise WrongDataError(detail=detail, field=field, available=available)


def _check_dependencies(table: JsonObject) -> None:
    resource, params = table["resource"], table["resource_params"]
    if "whitelist_params" in params and resource != "user_id":
        detail = f"whitelist_params belong to the resource user_id; this table's is {resource}."
        raise WrongDataError(detail=detail, field="resource_params.whitelist_params")


def _check_place(params: JsonObject, type_: ConnectionType) -> None:
    """Check where the table says that it lies. Raises WrongDataError."""
    named = [name for name in _PLACES if name in params]
    if len(named) > 1:
        detail = f"{' and '.join(named)} exclude each other: give one of them, or none."
        raise WrongDataError(detail=detail, field=f"connection_table_params.{named[1]}")
    if type_.id == LOCAL:
        foreign = next((name for name in _ELSEWHERE if name in params), "")
        if foreign:
            detail = f"a table of {LOCAL} is one uploaded file; it has no {foreign}."
            raise WrongDataError(detail=detail, field=f"connection_table_params.{foreign}")
    elif "url" in params:
        detail = f"url is made by the server, for {LOCAL} only; name the object by path."
        raise WrongDataError(detail=detail, field="connection_table_params.url")


def _check_options(params: JsonObject) -> None:
    options = params.get("options", {})
    marks = [(n, options[n]) for n in ("delimiter", "quote", "escape") if options.get(n)]
    # a quote that escapes itself is how most files are written
    pairs = [(a, b) for a in marks for b in marks if a[0] < b[0] and a[1] == b[1]]
    for (first, _), (second, _) in pairs:
        if {first, second} != {"quote", "escape"}:
            detail = f"{first} and {second} are the same character."
            raise WrongDataError(detail=detail, field=f"connection_table_params.options.{second}")
    packed = options.get("compression", "none") not in {"none", "infer"}
    if params.get("file_format") == "dat" and packed:
        detail = "a dat file is indexed as it lies, and is not compressed."
        raise WrongDataError(detail=detail, field="connection_table_params.options.compression")


def _check_window(metadata: JsonObject) -> None:
    start, end = metadata.get("start_timestamp"), metadata.get("end_timestamp")
    if start is not None and end is not None and start > end:
        detail = "start_timestamp is after end_timestamp."
        raise WrongDataError(detail=detail, field="connection_table_metadata.end_timestamp")


def _unknown_members(table: JsonObject) -> Iterator[str]:
    declared = _declared()
    params = declared["connection_table_params"]["properties"]
    for where, given, known in (
        ("resource_params", table["resource_params"], declared["resource_params"]["properties"]),
        ("connection_table_params", table["connection_table_params"], params),
        (
            "connection_table_params.options",
            table["connection_table_params"].get("options", {}),
            params["options"]["properties"],
        ),
    ):
        for name in given if isinstance(given, dict) else ():
            if name not in known:
                near = get_close_matches(name[:100], known, n=1)
                hint = f" Is it {near[0]}?" if near else ""
                yield f"{_short(name)} is not known in {where}; it is kept and has no effect.{hint}"


def _doubts(table: JsonObject, type_: ConnectionType) -> Iterator[str]:
    """Yield what is allowed and is probably not meant."""
    params = table["connection_table_params"]
    form, packed = params.get("file_format"), params.get("options", {}).get("compression", "none")
    if form in {"PARQUET", "AVRO"} and packed not in {"none", "infer"}:
        yield (
            f"{form} compresses within the file; with {packed} around it, the whole file has to be "
            "read before its first row."
        )
    known = _ANY_TEXT if form in {"JSON", "NDJSON"} else _ANY_FILE
    idle = [name for name in params.get("options", {}) if name in _options() - known]
    if form not in {None, "CSV"} and idle:
        yield f"{form} has no use for the option{'s' * (len(idle) > 1)} {', '.join(idle)}."
    yield from _doubtful_places(params)
    if form == "dat" and type_.id != LOCAL:
        yield f"dat files are read where they are uploaded, on {LOCAL}."
    named = secret_fields(_NO_FIELDS, table["connection_table_metadata"])
    for name in sorted(named)[:_MOST_TOLD]:
        yield (
            f"connection_table_metadata.{_short(name)} looks like a secret, and metadata are shown "
            "to everybody."
        )


def _doubtful_places(params: JsonObject) -> Iterator[str]:
    """Yield what is a place as other programs write it."""
    bucket = str(params.get("bucket", ""))
    if "://" in bucket or "/" in bucket.rstrip("/"):
        name, _, rest = bucket.rpartition("://")[2].partition("/")
        more = f", and prefix {rest!r}" if rest else ""
        yield f"bucket is the name alone: probably {name!r}{more}."
    for member in _PLACES:
        place = str(params.get(member, ""))
        if place.startswith("/"):
            yield f"{member}: keys rarely begin with /; is it {place.lstrip('/')!r}?"
    if "*" in str(params.get("path", "")):
        yield "path is taken letter by letter, * too; a pattern is given as glob."


def _options() -> frozenset[str]:
    params = _declared()["connection_table_params"]["properties"]
    return frozenset(params["options"]["properties"])


def _aside(names: Iterable[str]) -> str:
    listed = list(names)
    shown = ", ".join(map(_short, listed[:5]))
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    is_ = "is" if len(listed) == 1 else "are"
    return f"{shown}{more} {is_} not known and left aside: there is resource, {', '.join(PARTS)}."


def _short(name: str) -> str:
    return name if len(name) <= 60 else f"{name[:59]}…"


@lru_cache(maxsize=1)
def _validator() -> Validator:
    return file_validator("connections-table")


def _declared() -> JsonObject:
    declared: JsonObject = _validator().schema["properties"]
    return declared
