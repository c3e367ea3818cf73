"""Avro schemas: what columns they make, and whether the quick reader reads them.

Both readers give numbers for dates and times, and Arrow alone makes those of them, so that both do
it alike. What Arrow has no column for becomes text: a
value that can be of several types, and an object within itself, are JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_NODES = 20_000
_MOST_DEEP = 64
_MOST_FIXED = 16 * 1024 * 1024
#: How many bytes a value of each simple type has at least.
WIDTHS = {"boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}
_TYPES: dict[str, pa.DataType] = {
    "null": pa.null(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "bytes": pa.binary(),
    "string": pa.string(),
    "enum": pa.string(),
    "union": pa.string(),
    "ref": pa.string(),
}
_LOGICAL: dict[tuple[str, str], pa.DataType] = {
    ("int", "date"): pa.date32(),
    ("int", "time-millis"): pa.time32("ms"),
    ("long", "time-micros"): pa.time64("us"),
    ("long", "timestamp-millis"): pa.timestamp("ms", "UTC"),
    ("long", "timestamp-micros"): pa.timestamp("us", "UTC"),
    ("long", "timestamp-nanos"): pa.timestamp("ns", "UTC"),
    ("long", "local-timestamp-millis"): pa.timestamp("ms"),
    ("long", "local-timestamp-micros"): pa.timestamp("us"),
    ("long", "local-timestamp-nanos"): pa.timestamp("ns"),
}
#: How many digits Arrow's two kinds of decimals have, and how many bytes those are.
_DIGITS, _MOST_DIGITS = 38, 76
_DIGITS_BYTES = 16
#: How many bytes Arrow has for a value in front of its text, its list, or its map.
_OFFSET = 4
#: Types that hold all values of each of these.
_WIDER: tuple[tuple[set[str], str], ...] = (
    (set(), "null"),
    ({"int", "long"}, "long"),
    ({"float", "double"}, "double"),
    ({"int", "float", "double"}, "double"),
    ({"string", "enum"}, "string"),
)


@dataclass(frozen=True, slots=True)
class Node:
    """One type within a schema; a union with null is its other type, and `nullable`."""

    kind: str
    name: str = ""
    nullable: bool = False
    null_first: bool = True
    logical: str = ""
    precision: int = 0
    scale: int = 0
    size: int = 0
    symbols: tuple[str, ...] = ()
    fields: tuple[tuple[str, Node], ...] = ()
    within: tuple[Node, ...] = ()

    @property
    def is_decimal(self) -> bool:
        """Whether its values are decimals that Arrow has."""
        return (
            self.kind in {"bytes", "fixed"}
            and self.logical == "decimal"
            and 0 < self.precision <= _MOST_DIGITS
            and 0 <= self.scale <= self.precision
        )

    @property
    def is_uuid(self) -> bool:
        """Whether its values are UUIDs in their 16 bytes."""
        return self.kind == "fixed" and self.size == 16 and self.logical == "uuid"

    @property
    def parts(self) -> tuple[Node, ...]:
        """The types directly within it."""
        return (*self.within, *(node for _, node in self.fields))


class _Reading:
    """Reads one schema; names what it defines, as its fields use it."""

    def __init__(self) -> None:
        self._named: dict[str, tuple[Any, str]] = {}
        self._open: list[str] = []
        self._count = 0

    def node(self, schema: Any, space: str) -> Node:
        self._count += 1
        if self._count > _MOST_NODES or len(self._open) > _MOST_DEEP:
            raise ValueError("its types are nested too deeply or there are too many of them")
        if isinstance(schema, str):
            return self._by_name(schema, space)
        if isinstance(schema, list):
            return self._union(schema, space)
        if not isinstance(schema, dict) or "type" not in schema:
            raise ValueError(f"{_short(schema)} is no type")
        if not isinstance(schema["type"], str):
            return self.node(schema["type"], space)
        return self._described(schema, schema["type"], space)

    def _described(self, schema: Mapping[str, Any], kind: str, space: str) -> Node:
        logical = str(schema.get("logicalType", ""))
        if kind in WIDTHS or kind == "null":
            precision, scale = _number(schema, "precision"), _number(schema, "scale")
            return Node(kind, logical=logical, precision=precision, scale=scale)
        if kind in {"array", "map"}:
            item = schema.get("items" if kind == "array" else "values")
            return Node(kind, within=(self._within("", item, space),))
        if kind in {"record", "error", "enum", "fixed"}:
            return self._define(schema, kind, space)
        return self._by_name(kind, space)

    def _by_name(self, name: str, space: str) -> Node:
        if name in WIDTHS or name == "null":
            return Node(name)
        full = name if "." in name or not space else f"{space}.{name}"
        found = full if full in self._named else name
        if found not in self._named:
            raise ValueError(f"the type {name!r} is not defined")
        if found in self._open:
            return Node("ref", name=found)
        schema, its_space = self._named[found]
        return self._define(schema, schema["type"], its_space)

    def _define(self, schema: Mapping[str, Any], kind: str, space: str) -> Node:
        name = _text(schema.get("name") or "")  # polars leaves it empty
        space = _text(schema.get("namespace") or name.rpartition(".")[0] or space)
        full = name if "." in name or not space else f"{space}.{name}"
        if name:
            self._named.setdefault(full, (schema, space))
        if kind == "enum":
            symbols = tuple(_text(one) for one in _listed(schema, "symbols"))
            return Node("enum", name=full, symbols=symbols)
        if kind == "fixed":
            size, logical = _number(schema, "size"), str(schema.get("logicalType", ""))
            precision, scale = _number(schema, "precision"), _number(schema, "scale")
            if size > _MOST_FIXED:
                raise ValueError(f"a value of the type {full} would have {size:,} bytes")
            return Node("fixed", full, False, True, logical, precision, scale, size)  # noqa: FBT003, RUF100
        fields = tuple(self._field(one, full, space) for one in _listed(schema, "fields"))
        return Node("record", name=full, fields=fields)

    def _field(self, field: Any, full: str, space: str) -> tuple[str, Node]:
        if not isinstance(field, dict) or not isinstance(field.get("name"), str):
            raise ValueError(f"a field of {full or 'a record'} has no name")  # noqa: TRY004
        return _text(field["name"]), self._within(full, field.get("type"), space)

    def _within(self, full: str, schema: Any, space: str) -> Node:
        self._open.append(full)
        try:
            return self.node(schema, space)
        finally:
            self._open.pop()

    def _union(self, branches: list[Any], space: str) -> Node:
        nodes = tuple(self._within("", one, space) for one in branches)
        others = [node for node in nodes if node.kind != "null"]
        if len(others) == 1 and len(nodes) == 2 and not others[0].nullable:
            return _nullable(others[0], null_first=nodes[0].kind == "null")
        return Node("union", within=nodes)


def read_schema(text: bytes, name: str) -> Node:
    """Return the schema of a file, a record. Raises TableError."""
    try:
        node = _Reading().node(json.loads(text), "")
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise TableError(
            detail=f"is a broken Avro file: its schema cannot be read ({why}).",
            file=name,
            reason="broken_file",
            remedy="Write the file again.",
        ) from None
    if node.kind != "record":
        raise TableError(
            detail=f"holds values of the Avro type {node.kind}, and no records.",
            file=name,
            reason="unsupported",
            remedy="Write records, one for each row.",
        )
    _check_within(node, name, "")
    return node


def _check_within(node: Node, name: str, column: str) -> None:
    """Raise TableError for two fields of one name within a column, and for endless lists.

    A few bytes could stand for endlessly many values that take no bytes.
    """
    if node.kind == "array" and not narrowest(node.within[0]):
        raise TableError(
            detail="is a list of values that take no bytes, which could be endless.",
            file=name,
            column=column or None,
            reason="unsupported",
            remedy="Leave the column out.",
        )
    seen: set[str] = set()
    for field, part in node.fields:
        if field in seen and column:  # columns themselves are looked at with their numbers
            raise TableError(
                detail=f"two of its fields are both named {field!r}.",
                file=name,
                column=column,
                reason="duplicate_columns",
                remedy="Give each field a name of its own.",
            )
        seen.add(field)
        _check_within(part, name, column or field)
    for part in node.within:
        _check_within(part, name, column)


def narrowest(node: Node) -> int:
    """Return how many bytes a value has at least."""
    if node.nullable:
        return 1
    if node.kind == "record":
        return sum(narrowest(part) for _, part in node.fields)
    if node.kind == "fixed":
        return node.size
    return 0 if node.kind == "null" else WIDTHS.get(node.kind, 1)


def arrow_schema(node: Node) -> pa.Schema:
    """Return the columns that a record makes."""
    return pa.schema([pa.field(name, arrow_type(part)) for name, part in node.fields])


def arrow_type(node: Node) -> pa.DataType:
    """Return the type of a column, or of what is within one."""
    if node.kind in {"record", "array", "map"}:
        return _nested(node)
    if node.is_decimal:
        make = pa.decimal128 if node.precision <= _DIGITS else pa.decimal256
        return make(node.precision, node.scale)
    if node.kind == "fixed":
        return pa.string() if node.is_uuid else pa.binary(node.size)
    kind = (wider(node) or node.kind) if node.kind == "union" else node.kind
    return _LOGICAL.get((kind, node.logical), _TYPES[kind])


def _nested(node: Node) -> pa.DataType:
    if node.kind == "record":
        return pa.struct([pa.field(name, arrow_type(part)) for name, part in node.fields])
    item = arrow_type(node.within[0])
    return pa.list_(item) if node.kind == "array" else pa.map_(pa.string(), item)


def wider(node: Node) -> str:
    """Return the type that holds what all types of a union hold; empty where there is none."""
    plain = [part for part in node.within if part.kind != "null"]
    kinds = {part.kind for part in plain}
    if any(part.logical for part in plain):
        return ""
    return next((wide for narrow, wide in _WIDER if kinds <= narrow), "")


def is_quick(node: Node) -> bool:
    """Whether polars reads such values."""
    if node.kind in {"null", "union", "ref", "map"} or node.is_uuid:
        return False
    if node.is_decimal and (node.precision > _DIGITS or node.size > _DIGITS_BYTES):
        return False
    if node.kind in {"record", "fixed"} and not narrowest(node):
        return False
    return all(is_quick(part) for part in node.parts)


def has_nullable(node: Node) -> bool:
    """Whether there is a value in it that may be null."""
    return node.nullable or any(has_nullable(part) for part in node.parts)


def count_of(node: Node) -> int:
    """Return how many types a type consists of."""
    return 1 + sum(count_of(part) for part in node.parts)


def width_of(node: Node) -> int:
    """Return how many bytes a value has at least in Arrow."""
    if node.kind == "record":
        return sum(width_of(part) for _, part in node.fields)
    if node.kind == "fixed" and not node.is_uuid:
        return node.size
    type_: Any = arrow_type(node)
    if pa.types.is_null(type_):
        return 0
    return type_.bit_width // 8 if pa.types.is_primitive(type_) else _OFFSET


def _nullable(node: Node, *, null_first: bool) -> Node:
    values = {name: getattr(node, name) for name in Node.__slots__}
    return Node(**{**values, "nullable": True, "null_first": null_first})


def _number(schema: Mapping[str, Any], name: str) -> int:
    value = schema.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"its {name} {_short(value)} is no whole number")
    return value


def _listed(schema: Mapping[str, Any], name: str) -> list[Any]:
    value = schema.get(name)
    if not isinstance(value, list):
        raise ValueError(f"a type has no {name}")  # noqa: TRY004
    return value


def _text(value: Any) -> str:
    """Return a name; JSON can write halves of characters, which are in no text."""
    name = str(value)
    if not name.isascii() and name.encode(errors="ignore").decode() != name:
        raise ValueError(f"the name {name!r} is no text")
    return name


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
    return text if len(text) <= 60 else f"{text[:60]}…"
