"""Avro schemas: what columns they make, and whether the quick reader reads them.

Both readers are given the schema without most of its logical types, so that Arrow alone turns
numbers into dates and times, and both do it alike. What Arrow has no column for becomes text: a
value that can be of several types, and an object within itself, are JSON.
"""

from __future__ import annotations

import json
import uuid
from base64 import b64encode
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.model import Json, JsonObject

_MOST_NODES = 20_000
_MOST_DEEP = 64
_MOST_FIXED = 16 * 1024 * 1024
_WIDTHS = {"boolean": 1, "int": 1, "long": 1, "float": 4, "double": 8, "bytes": 1, "string": 1}
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
_EXACT = Context(prec=200)
#: Types that hold all values of each of these.
_WIDER = (
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
        if kind in _WIDTHS or kind == "null":
            precision, scale = _number(schema, "precision"), _number(schema, "scale")
            return Node(kind, logical=logical, precision=precision, scale=scale)
        if kind in {"array", "map"}:
            item = schema.get("items" if kind == "array" else "values")
            return Node(kind, within=(self._within("", item, space),))
        if kind in {"record", "error", "enum", "fixed"}:
            return self._define(schema, kind, space)
        return self._by_name(kind, space)

    def _by_name(self, name: str, space: str) -> Node:
        if name in _WIDTHS or name == "null":
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
        name = str(schema.get("name") or "")  # polars leaves it empty
        space = str(schema.get("namespace") or name.rpartition(".")[0] or space)
        full = name if "." in name or not space else f"{space}.{name}"
        if name:
            self._named.setdefault(full, (schema, space))
        if kind == "enum":
            symbols = tuple(str(one) for one in _listed(schema, "symbols"))
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
        return field["name"], self._within(full, field.get("type"), space)

    def _within(self, full: str, schema: Any, space: str) -> Node:
        self._open.append(full)
        try:
            return self.node(schema, space)
        finally:
            self._open.pop()

    def _union(self, branches: list[Any], space: str) -> Node:
        nodes = tuple(self._within("", one, space) for one in branches)
        others = [node for node in nodes if node.kind != "null"]
        if not others:
            return Node("union", within=nodes) if len(nodes) > 1 else Node("null")
        if len(others) == 1 and len(nodes) == 2:
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
    """Raise TableError where a few bytes could stand for endlessly many values."""
    if node.kind == "array" and not narrowest(node.within[0]):
        raise TableError(
            detail="is a list of values that take no bytes, which could be endless.",
            file=name,
            column=column or None,
            reason="unsupported",
            remedy="Leave the column out.",
        )
    for field, part in node.fields:
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
    return 0 if node.kind == "null" else _WIDTHS.get(node.kind, 1)


def arrow_schema(node: Node) -> pa.Schema:
    """Return the columns that a record makes."""
    return pa.schema([pa.field(name, _arrow(part)) for name, part in node.fields])


def _arrow(node: Node) -> pa.DataType:
    if node.kind in {"record", "array", "map"}:
        return _nested(node)
    if node.is_decimal:
        make = pa.decimal128 if node.precision <= _DIGITS else pa.decimal256
        return make(node.precision, node.scale)
    if node.kind == "fixed":
        return pa.string() if node.is_uuid else pa.binary(node.size)
    kind = (_wider(node) or node.kind) if node.kind == "union" else node.kind
    return _LOGICAL.get((kind, node.logical), _TYPES[kind])


def _nested(node: Node) -> pa.DataType:
    if node.kind == "record":
        return pa.struct([pa.field(name, _arrow(part)) for name, part in node.fields])
    item = _arrow(node.within[0])
    return pa.list_(item) if node.kind == "array" else pa.map_(pa.string(), item)


def _wider(node: Node) -> str:
    """Return the type that holds what all types of a union hold; empty where there is none."""
    plain = [part for part in node.within if part.kind != "null"]
    kinds = {part.kind for part in plain}
    if any(part.logical for part in plain):
        return ""
    return next((wide for narrow, wide in _WIDER if kinds and kinds <= narrow), "")


def is_quick(node: Node) -> bool:
    """Whether polars reads such values, and rightly."""
    if node.kind in {"null", "union", "ref", "map"} or node.is_uuid:
        return False
    if node.is_decimal and (node.precision > _DIGITS or node.size > _DIGITS_BYTES):
        return False
    if node.kind == "record" and not node.fields:
        return False
    return all(is_quick(part) for part in node.parts)


def is_recursive(node: Node) -> bool:
    """Whether there is a type that holds itself."""
    return node.kind == "ref" or any(is_recursive(part) for part in node.parts)


def bare_schema(node: Node, *, has_decimals: bool) -> JsonObject:
    """Return a schema for a reader: each name once, and at most decimals of logical types."""
    made: JsonObject = _Bare(has_decimals=has_decimals).write(node)
    return made


class _Bare:
    def __init__(self, *, has_decimals: bool) -> None:
        self._has_decimals = has_decimals
        self._names: dict[str, str] = {}
        self._count = 0

    def write(self, node: Node) -> Any:
        bare = self._plain(node)
        if not node.nullable:
            return bare
        return ["null", bare] if node.null_first else [bare, "null"]

    def _plain(self, node: Node) -> Json:
        if node.kind in {"record", "enum", "fixed"}:
            return self._named(node)
        if node.kind == "array":
            return {"type": "array", "items": self.write(node.within[0])}
        if node.kind == "map":
            return {"type": "map", "values": self.write(node.within[0])}
        if node.kind == "union":
            return [self.write(part) for part in node.within]
        if node.kind == "ref":
            return self._names[node.name]
        return {"type": node.kind, **self._decimal(node)}

    def _named(self, node: Node) -> Json:
        self._count += 1
        name = f"t{self._count}"
        if node.kind == "enum":
            return {"type": "enum", "name": name, "symbols": list(node.symbols)}
        if node.kind == "fixed":
            return {"type": "fixed", "name": name, "size": node.size, **self._decimal(node)}
        before = self._names.get(node.name)
        self._names[node.name] = name
        fields: list[Json] = [
            {"name": field, "type": self.write(part)} for field, part in node.fields
        ]
        if before is not None:
            self._names[node.name] = before
        return {"type": "record", "name": name, "fields": fields}

    def _decimal(self, node: Node) -> JsonObject:
        if not self._has_decimals or not node.is_decimal:
            return {}
        return {"logicalType": "decimal", "precision": node.precision, "scale": node.scale}


def reading_of(node: Node) -> Callable[[Any], Any] | None:
    """Return what makes Arrow's values of those that the slow reader gives; None for no change.

    The slow reader's values are those of the bare schema without decimals.
    """
    made = _reading(node)
    if made is None or not node.nullable:
        return made
    return lambda value: None if value is None else made(value)


def _reading(node: Node) -> Callable[[Any], Any] | None:
    if node.is_decimal:
        return _decimals(-node.scale)
    if node.is_uuid:
        return lambda value: str(uuid.UUID(bytes=value))
    if node.kind == "ref" or (node.kind == "union" and not _wider(node)):
        return _as_text
    if node.kind in {"array", "map"}:
        return _readings(reading_of(node.within[0]), is_map=node.kind == "map")
    return _fields(node)


def _decimals(scale: int) -> Callable[[Any], Any]:
    def read(value: bytes) -> Decimal:
        return Decimal(int.from_bytes(value, "big", signed=True)).scaleb(scale, _EXACT)

    return read


def _readings(item: Callable[[Any], Any] | None, *, is_map: bool) -> Callable[[Any], Any] | None:
    if is_map:
        change = item or (lambda value: value)
        return lambda value: [(key, change(one)) for key, one in value.items()]
    return None if item is None else lambda value: [item(one) for one in value]


def _fields(node: Node) -> Callable[[Any], Any] | None:
    found = {field: reading_of(part) for field, part in node.fields}
    changes = {field: change for field, change in found.items() if change is not None}
    if not changes:
        return None
    return lambda value: {
        **value,
        **{field: change(value[field]) for field, change in changes.items()},
    }


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=_as_json)


def _as_json(value: Any) -> str:
    return b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _nullable(node: Node, *, null_first: bool) -> Node:
    values = {name: getattr(node, name) for name in Node.__slots__}
    return Node(**{**values, "nullable": True, "null_first": null_first})


def _number(schema: Mapping[str, Any], name: str) -> int:
    value = schema.get(name, 0)
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"its {name} {_short(value)} is no whole number")
    return value


def _listed(schema: Mapping[str, Any], name: str) -> list[Any]:
    value = schema.get(name)
    if not isinstance(value, list):
        raise ValueError(f"a type has no {name}")  # noqa: TRY004
    return value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:60]}…"
