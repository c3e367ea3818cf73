"""Values that fit a schema, for the examples of a draft.

What the document shows comes first. Otherwise a small value is made; one that does not fit in
the end is the caller's to notice, with a validator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from argosy.model import Json, JsonObject
from argosy.openapi.patterns import text_of_pattern

#: Reads a shared schema by what a reference says.
Read = Callable[[str], JsonObject]

_DEEPEST = 6
_MOST_PARTS = 2000
_TEXTS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "duration": "PT1H",
    "email": "user@example.com",
    "hostname": "www.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "time": "00:00:00Z",
    "uri": "https://www.example.com/",
    "url": "https://www.example.com/",
    "uuid": "3f1f2a52-0d0e-4d3a-9d3a-2f6f1f0c7a11",
}
#: What a value under a pattern may look like; the first that fits is taken.
_CANDIDATES = (
    *("text", "a", "A", "1", "abc", "ABC", "name-1", "name_1", "a1", "A1", "12345", "0.5"),
    *("US", "USD", "en-US", "en_US", "#336699", "1.0.0", "v1", "12:00", "2026-01", "+15550100"),
    *("#a", "/a", "/a/b", "a.b", "abc123def456", "0" * 24, "a" * 32, "0" * 40, "a" * 64, "A1B2"),
    *_TEXTS.values(),
)
#: Values of every type, for what does not fit.
OTHERS: tuple[Json, ...] = ("text", 0, -1, 1.5, True, None, [], {}, [0], "")


def sample(schema: Json, read: Read, *, full: bool = False) -> Json:
    """Return a value for a schema: required members only, or all of them with `full`."""
    return _Sampler(read, full=full).value(schema, 0)


def candidates(schema: JsonObject, read: Read) -> Iterator[Json]:
    """Yield values that may fit a schema, the likeliest first."""
    yield sample(schema, read)
    yield sample(schema, read, full=True)
    for branch in schema.get("anyOf", ()):
        for full in (False, True):
            yield _Sampler(read, full=full).with_branch(schema, branch, 0)
    bare = {name: member for name, member in schema.items() if name != "examples"}
    yield sample(bare, read)
    if "pattern" in schema:
        fitting = text_of_pattern(schema["pattern"])
        yield fitting
        yield fitting.ljust(min(schema.get("minLength", 0), 1000), fitting[-1:] or "a")
    longest = schema.get("maxLength", 0)
    yield from (one[:longest] if longest else one for one in _CANDIDATES)
    yield from OTHERS


class _Sampler:
    """Makes one value; after so many parts the rest is null."""

    def __init__(self, read: Read, *, full: bool) -> None:
        self._read = read
        self._full = full
        self._left = _MOST_PARTS

    def value(self, schema: Json, depth: int) -> Json:
        """Return a value for a schema, `depth` levels within another one."""
        self._left -= 1
        is_too_much = depth > _DEEPEST or self._left < 0
        if is_too_much or not isinstance(schema, dict):
            return None if is_too_much else "text"
        if "$ref" in schema:
            return self.value(self._read(schema["$ref"]), depth + 1)
        constant = [schema["const"]] if "const" in schema else []
        shown = [*schema.get("examples", ()), *constant, *schema.get("enum", ())]
        if shown:
            return shown[0]
        if schema.get("anyOf"):
            return self.with_branch(schema, schema["anyOf"][0], depth)
        kinds = schema.get("type", "object" if "properties" in schema else "string")
        kind = kinds if isinstance(kinds, str) else kinds[0]
        if kind in {"object", "array"}:
            return (self._object if kind == "object" else self._list)(schema, depth)
        return _plain(schema, kind)

    def with_branch(self, schema: JsonObject, branch: Json, depth: int) -> Json:
        """Return a value for one alternative, with what the schema asks for beside them."""
        if isinstance(branch, dict) and "$ref" not in branch and "properties" in schema:
            return self._object(_joined(schema, branch), depth)
        found = self.value(branch, depth + 1)
        if not isinstance(found, dict) or "properties" not in schema:
            return found
        return {**self._object(schema, depth), **found}

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        declared = schema.get("properties", {})
        required = schema.get("required", [])
        made = {
            name: self.value(member, depth + 1)
            for name, member in declared.items()
            if (self._full and depth < 3) or name in required
        }
        others = schema.get("additionalProperties")
        for name in required:
            if name not in made:
                made[name] = self.value(others, depth + 1) if others else "text"
        if schema.get("minProperties", 0) > len(made):
            for name in declared:
                made.setdefault(name, self.value(declared[name], depth + 1))
            if not declared:
                made["key"] = self.value(others, depth + 1) if others else "text"
        return made

    def _list(self, schema: JsonObject, depth: int) -> list[Json]:
        least = min(schema.get("minItems", 0), 5)
        count = max(least, min(schema.get("maxItems", 1), 1))
        item = self.value(schema.get("items", {}), depth + 1) if count else None
        if count > 1 and schema.get("uniqueItems") and isinstance(item, str | int):
            return [f"{item}{n}" if isinstance(item, str) else item + n for n in range(count)]
        return [item] * count


def _joined(schema: JsonObject, branch: JsonObject) -> JsonObject:
    """Return an object's schema with what one of its alternatives adds to it."""
    return {
        **{name: one for name, one in schema.items() if name != "anyOf"},
        "properties": {**schema["properties"], **branch.get("properties", {})},
        "required": [*schema.get("required", ()), *branch.get("required", ())],
    }


def _plain(schema: JsonObject, kind: str) -> Json:
    if kind in {"boolean", "null"}:
        return True if kind == "boolean" else None
    if kind in {"integer", "number"}:
        return _number(schema, kind)
    if "pattern" in schema:
        return text_of_pattern(schema["pattern"]) or "text"
    made = _TEXTS.get(schema.get("format", ""), "text")
    made = made.ljust(min(schema.get("minLength", 0), 1000), "x")
    return made[: schema["maxLength"]] if "maxLength" in schema else made


def _number(schema: JsonObject, kind: str) -> float | int:
    step: float = schema.get("multipleOf", 1 if kind == "integer" else 0)
    low: float = schema.get("minimum", -math.inf)
    if schema.get("exclusiveMinimum", -math.inf) >= low:
        low = schema.get("exclusiveMinimum", -math.inf) + (step or 0.5)
    high: float = math.inf
    for bound in ("maximum", "exclusiveMaximum"):
        high = min(high, schema.get(bound, math.inf))
    made = min(max(1, low), high)
    if step and made % step:
        made = math.ceil(made / step) * step
    return int(made) if kind == "integer" and math.isfinite(made) else made
