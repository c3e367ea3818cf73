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


def sample(schema: Json, read: Read, *, full: bool = False, depth: int = 0) -> Json:
    """Return a value for a schema: required members only, or all of them with `full`."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None if depth > _DEEPEST else "text"
    if "$ref" in schema:
        return sample(read(schema["$ref"]), read, full=full, depth=depth + 1)
    shown = [*schema.get("examples", ()), *_constant(schema), *schema.get("enum", ())]
    if shown:
        return shown[0]
    if schema.get("anyOf"):
        return _with_branch(schema, schema["anyOf"][0], read, full=full, depth=depth)
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind in {"object", "array"}:
        make = _object if kind == "object" else _list
        return make(schema, read, full=full, depth=depth)
    return _plain(schema, kind)


def _with_branch(schema: JsonObject, branch: Json, read: Read, *, full: bool, depth: int) -> Json:
    """Return a value for one alternative, with what the schema asks for beside them."""
    found = sample(branch, read, full=full, depth=depth + 1)
    if not isinstance(found, dict) or "properties" not in schema:
        return found
    return {**_object(schema, read, full=full, depth=depth), **found}


def _constant(schema: JsonObject) -> list[Json]:
    return [schema["const"]] if "const" in schema else []


def candidates(schema: JsonObject, read: Read) -> Iterator[Json]:
    """Yield values that may fit a schema, the likeliest first."""
    yield sample(schema, read)
    yield sample(schema, read, full=True)
    for branch in schema.get("anyOf", ()):
        yield _with_branch(schema, branch, read, full=False, depth=0)
        yield _with_branch(schema, branch, read, full=True, depth=0)
    bare = {name: member for name, member in schema.items() if name != "examples"}
    yield sample(bare, read)
    if "pattern" in schema:
        fitting = text_of_pattern(schema["pattern"])
        yield fitting
        yield fitting.ljust(min(schema.get("minLength", 0), 1000), fitting[-1:] or "a")
    longest = schema.get("maxLength", 0)
    yield from (one[:longest] if longest else one for one in _CANDIDATES)
    yield from OTHERS


def _object(schema: JsonObject, read: Read, *, full: bool, depth: int) -> JsonObject:
    declared = schema.get("properties", {})
    required = schema.get("required", [])
    made = {
        name: sample(member, read, full=full, depth=depth + 1)
        for name, member in declared.items()
        if (full and depth < 3) or name in required
    }
    others = schema.get("additionalProperties")
    for name in required:
        if name not in made:
            made[name] = sample(others, read, depth=depth + 1) if others else "text"
    if schema.get("minProperties", 0) > len(made):
        for name in declared:
            made.setdefault(name, sample(declared[name], read, depth=depth + 1))
        if not declared:
            made["key"] = sample(others, read, depth=depth + 1) if others else "text"
    return made


def _list(schema: JsonObject, read: Read, *, full: bool, depth: int) -> list[Json]:
    least = min(schema.get("minItems", 0), 5)
    count = max(least, 1 if full and schema.get("maxItems", 1) else 0)
    item = sample(schema.get("items", {}), read, full=full, depth=depth + 1) if count else None
    if count > 1 and schema.get("uniqueItems") and isinstance(item, str | int):
        return [f"{item}{n}" if isinstance(item, str) else item + n for n in range(count)]
    return [item] * count


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
