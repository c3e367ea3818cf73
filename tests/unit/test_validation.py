"""Validation: two validators that agree, messages that say what would be right, bundles."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.connector import bundle_schema, load_connector, read_document
from argosy.validation import Validator, bundle, explain

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = sorted(path.name for path in (ROOT / "schemas").glob("*.json"))
CONNECTOR = load_connector(ROOT)

TEXTS = st.text(alphabet=st.sampled_from("ab_-/.:{}19 AZ\n\té٣"), max_size=8) | st.sampled_from(
    [
        "us01",
        "shop",
        "shop\n",
        "https://a.example/",
        "GET",
        "token",
        "6f1c2b1e-0f0e-4c57-9a53-0f3f5b1b2c11",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
NAMES = st.sampled_from(["id", "key", "value", "time", "uuid", "record", "name", "type", "", "x"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def _read_schema(name: str) -> dict[str, Any]:
    return read_document(ROOT / "schemas", name)


def _known_values(document: Mapping[str, Any]) -> list[Any]:
    return [*document["examples"], *(anti["value"] for anti in document["antiExamples"])]


def _cases() -> list[Any]:
    """Return a schema that stands alone, and values near it, for every schema of the connector."""
    cases = []
    for name in SCHEMAS:
        document = _read_schema(name)
        schema = bundle(document, name, _read_schema)
        cases.append(pytest.param(schema, _known_values(document), id=name))
    for capability, file in CONNECTOR.capability_files.items():
        document = read_document(ROOT, file)
        every = [*document["examples"], *document["antiExamples"]]
        near = {
            "inputs": [case["inputs"] for case in every],
            "outputs": [case["outputs"] for case in document["examples"]],
        }
        for part, values in near.items():
            schema = bundle_schema(CONNECTOR, document[part], file)
            cases.append(pytest.param(schema, values, id=f"{capability}-{part}"))
    return cases


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    return [path, *(place for key, inner in members for place in _places(inner, (*path, key)))]


def _changed(value: Any, path: tuple[Any, ...], change: Any) -> Any:
    """Return a copy of a value with one place replaced, removed or given one thing more."""
    if not path:
        return change[1]
    result = copy.deepcopy(value)
    around = result
    for key in path[:-1]:
        around = around[key]
    kind, new = change
    inner = around[path[-1]]
    if kind == "remove":
        del around[path[-1]]
    elif kind == "add" and isinstance(inner, dict):
        inner["x"] = new
    elif kind == "add" and isinstance(inner, list):
        inner.append(new)
    else:
        around[path[-1]] = new
    return result


@st.composite
def near(draw: st.DrawFn, values: list[Any]) -> Any:
    """Draw a value near one of the given ones: it, or it with one or two places changed."""
    value = draw(st.sampled_from(values))
    for _ in range(draw(st.integers(0, 2))):
        path = draw(st.sampled_from(_places(value)))
        change = draw(st.tuples(st.sampled_from(["replace", "remove", "add"]), JSON))
        value = _changed(value, path, change)
    return value


class TestTwoValidatorsAgree:
    @pytest.mark.parametrize(("schema", "values"), _cases())
    def test_near_every_schema_of_the_connector(
        self, schema: dict[str, Any], values: list[Any]
    ) -> None:
        validator = Validator(schema)
        stock = jsonschema.Draft202012Validator(schema)

        @settings(max_examples=10)
        @given(near(values) | JSON)
        def agree(value: Any) -> None:
            is_valid = validator.is_valid(value)
            problems = validator.problems(value)

            assert is_valid is (not explain(value, validator._slow))
            assert is_valid is (not problems)
            if not any(letter in json.dumps(value) for letter in ("\\n", "\\u")):
                assert is_valid is stock.is_valid(value)

        agree()


class TestPatterns:
    @pytest.mark.parametrize("name", ["database-name", "table-name", "numeric-id", "uuid"])
    def test_a_line_end_does_not_pass_a_pattern_that_ends(self, name: str) -> None:
        document = _read_schema(f"{name}.schema.json")
        validator = Validator(bundle(document, f"{name}.schema.json", _read_schema))

        for example in document["examples"]:
            assert validator.is_valid(example)
            assert not validator.is_valid(example + "\n")
            assert [p.code for p in validator.problems(example + "\n")] == ["schema-pattern"]

    @pytest.mark.parametrize(
        ("pattern", "text", "is_valid"),
        [
            (r"^\d+$", "12", True),
            (r"^\d+$", "١٢", False),
            (r"^\w+$", "ab_1", True),
            (r"^\w+$", "é", False),
            (r"^[$]$", "$", True),
            (r"^\$$", "$", True),
            (r"^\$$", "$\n", False),
            (r"^(a$|b)$", "a", True),
            (r"^(a$|b)$", "a\n", False),
            (r"b", "abc", True),
            (r"^[^\]$]+$", "x$", False),
        ],
    )
    def test_a_pattern_means_what_ecma_262_says(
        self, pattern: str, text: str, is_valid: bool
    ) -> None:
        validator = Validator({"pattern": pattern})

        assert validator.is_valid(text) is is_valid
        assert (not validator.problems(text)) is is_valid

    def test_a_pattern_that_could_be_tried_for_ever_is_judged_at_once(self) -> None:
        validator = Validator({"pattern": "^(a|a)+b$"})

        assert not validator.is_valid("a" * 1000)
        assert validator.problems("a" * 1000)


class TestValuesThatAreNoJson:
    @pytest.mark.parametrize(
        "value",
        [
            dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
            dt.date(2026, 1, 1),
            b"x",
            bytearray(b"x"),
            {1, 2},
            object(),
            range(3),
            1j,
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_are_a_problem_with_the_name_of_their_type(self, value: Any) -> None:
        validator = Validator({})

        (problem,) = validator.problems(value)

        assert not validator.is_valid(value)
        assert problem.code == "not-json"
        assert problem.message == f"a Python {type(value).__name__} is not a JSON value"

    @pytest.mark.parametrize("key", [1, None, 1.5, ("a",)], ids=repr)
    def test_a_key_that_is_no_text_is_a_problem(self, key: Any) -> None:
        (problem,) = Validator({"type": "object"}).problems({key: 1})

        assert (problem.code, problem.message) == ("not-json", f"the key {key!r} is not text")

    def test_each_is_told_with_its_place(self) -> None:
        value = {"a": [1, b"x"], "b": {"c": decimal.Decimal(1)}, "d": ()}

        problems = Validator({"type": "object", "required": ["z"]}).problems(value)

        assert [problem.pointer for problem in problems] == ["/a/1", "/b/c", "/d"]

    @pytest.mark.parametrize("value", [2**64, -(2**70), 10**400])
    def test_an_integer_of_any_size_is_json(self, value: int) -> None:
        assert Validator({"type": "integer"}).problems(value) == ()
        assert [p.code for p in Validator({"maximum": 5}).problems(abs(value))] == [
            "schema-maximum"
        ]

    def test_the_place_of_what_is_no_json_is_escaped_as_a_pointer(self) -> None:
        (problem,) = Validator({"type": "array"}).problems({"a/b": b"x"})

        assert problem.pointer == "/a~1b"

    def test_a_value_that_is_nested_too_deeply_is_a_problem_and_no_crash(self) -> None:
        value: Any = 1
        for _ in range(5000):
            value = [value]

        problems = Validator({"type": "object"}).problems(value)

        assert problems

    @pytest.mark.parametrize(
        ("schema", "value"),
        [
            ({"type": "string"}, "half \ud800"),
            ({"type": "object", "properties": {"a": {"type": "array"}}}, {"\ud800": 1}),
            ({"type": "string", "pattern": r"^https?://[^\s]+$"}, "https://a.example/\u3000b"),
            ({"type": "number", "minimum": 0}, math.nan),
        ],
        ids=["half-a-character", "half-a-character-in-a-key", "wide-space", "nan"],
    )
    def test_what_is_not_valid_has_a_problem(self, schema: dict[str, Any], value: Any) -> None:
        validator = Validator(schema)

        assert validator.is_valid(value) is (not validator.problems(value))
        assert validator.problems(value)
