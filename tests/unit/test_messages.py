"""What is told about a value that does not fit: place, sentence, hint; everything at once."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.validation import Validator


def texts(schema: dict[str, Any], value: Any) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.message) for problem in Validator(schema).problems(value)]


WORDING = [
    ({"type": "string"}, 7, "7 is not a string"),
    ({"type": "array"}, {}, "{} is not a list"),
    ({"type": ["integer", "null", "object"]}, "x", '"x" is not an integer, null or an object'),
    ({"enum": ["GET", "PUT"]}, "get", '"get" is not one of GET, PUT'),
    ({"const": 1}, 2, "2 is not 1"),
    ({"pattern": "^[a-z]+$"}, "A", '"A" does not match ^[a-z]+$'),
    ({"minimum": 0}, -1, "-1 is less than 0"),
    ({"maximum": 5}, 6.5, "6.5 is more than 5"),
    ({"minLength": 3}, "ab", '"ab" has 2 characters, at least 3 are needed'),
    ({"maxLength": 1}, "ab", '"ab" has 2 characters, at most 1 is allowed'),
    ({"minItems": 1}, [], "the list has 0 items, at least 1 is needed"),
    ({"maxItems": 1}, [1, 2], "the list has 2 items, at most 1 is allowed"),
    ({"minProperties": 1}, {}, "the object has 0 members, at least 1 is needed"),
    ({"maxProperties": 0}, {"a": 1}, "the object has 1 member, at most 0 are allowed"),
    ({"uniqueItems": True}, [1, 1], "[1,1] has the same item twice"),
    ({"not": {"const": 1}}, 1, "1 is not allowed here"),
    ({"propertyNames": {"minLength": 2}}, {"a": 1}, '"a" has 1 character, at least 2 are needed'),
    ({"anyOf": [{"type": "string"}, {"type": "array"}]}, 1, "1 is not a list or a string"),
    ({"oneOf": [{"const": 1}, {"enum": [2]}]}, 3, "3 is not 1 or 2"),
    ({"pattern": "^a"}, "b" * 100, f'"{"b" * 58}… does not match ^a'),
]


class TestMessages:
    @pytest.mark.parametrize(("schema", "value", "text"), WORDING, ids=lambda p: str(p)[:30])
    def test_a_keyword_has_its_sentence(
        self, schema: dict[str, Any], value: Any, text: str
    ) -> None:
        assert texts(schema, value) == [("", text)]

    def test_a_keyword_without_a_sentence_of_its_own_is_still_told(self) -> None:
        ((_, text),) = texts({"multipleOf": 5}, 7)

        assert "7" in text

    def test_each_missing_member_is_a_problem_of_the_object(self) -> None:
        schema = {"properties": {"o": {"required": ["a", "b", "c"]}}}

        assert texts(schema, {"o": {"b": 1}}) == [
            ("/o", "'a' is missing"),
            ("/o", "'c' is missing"),
        ]

    def test_an_unknown_member_is_told_the_nearest_names_first(self) -> None:
        names = ["alpha", "record", "records", "table", "time", "uuid", "value", "zeta", "omega"]
        schema = {"properties": {name: {} for name in names}, "additionalProperties": False}

        ((place, text),) = texts(schema, {"recrod": 1})

        assert place == "/recrod"
        assert text.startswith("'recrod' is not a member here; there is record, records, ")
        assert text.endswith(" and 2 more")
        assert text.count(",") == 6

    def test_an_unknown_member_where_none_is_known_is_told_so(self) -> None:
        ((_, text),) = texts({"additionalProperties": False}, {"a": 1})

        assert text == "'a' is not a member here; there are none"

    def test_a_word_that_is_none_of_the_list_is_told_the_nearest_first(self) -> None:
        words = ["north", "south", "east", "west", "up", "down", "left", "right"]

        ((_, text),) = texts({"enum": words}, "sout")

        assert text.startswith('"sout" is not one of south, ')
        assert text.endswith(" and 1 more")

    def test_of_several_alternatives_the_nearest_is_explained(self) -> None:
        schema = {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}},
                {"type": "object", "required": ["b", "c", "d"]},
            ]
        }

        assert texts(schema, {"a": "x"}) == [("/a", '"x" is not an integer')]

    def test_the_hint_of_the_schema_that_failed_is_told(self) -> None:
        schema = {"properties": {"a": {"type": "string", "x-hint": "quote it"}}}

        (problem,) = Validator(schema).problems({"a": 1})

        assert (problem.pointer, problem.hint) == ("/a", "quote it")

    def test_an_alternative_inherits_the_hint_around_it(self) -> None:
        schema = {"x-hint": "give one", "anyOf": [{"type": "string"}, {"type": "array"}]}

        (problem,) = Validator(schema).problems(1)

        assert (problem.code, problem.hint) == ("schema-anyOf", "give one")

    def test_everything_is_told_at_once_sorted_by_place(self) -> None:
        schema = {
            "required": ["z"],
            "additionalProperties": False,
            "properties": {"a": {"type": "string"}, "b": {"items": {"minimum": 3}}, "z": {}},
        }

        places = [place for place, _ in texts(schema, {"b": [1, 5, 2], "a": 1, "c": 0})]

        assert places == ["", "/a", "/b/0", "/b/2", "/c"]

    def test_a_place_is_escaped_as_a_pointer(self) -> None:
        ((place, _),) = texts({"additionalProperties": {"type": "string"}}, {"a/b~c": 1})

        assert place == "/a~1b~0c"

    def test_a_member_that_a_name_pattern_allows_is_not_called_unknown(self) -> None:
        schema = {
            "properties": {"a": {}},
            "patternProperties": {"^x-": {}},
            "additionalProperties": False,
        }

        problems = Validator(schema).problems({"x-a": 1, "b": 2})

        assert [problem.pointer for problem in problems] == ["/b"]

    def test_a_member_that_another_part_of_the_schema_knows_is_not_called_unknown(self) -> None:
        schema = {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}

        problems = Validator(schema).problems({"a": 1, "b": 2})

        assert [problem.pointer for problem in problems] == ["/b"]

    def test_values_that_are_allowed_are_listed_as_json_has_them(self) -> None:
        (problem,) = Validator({"enum": [True, None, 1]}).problems("x")

        assert problem.message == '"x" is not one of true, null, 1'

    def test_the_hint_is_that_of_the_nearest_schema(self) -> None:
        schema = {
            "x-hint": "outer",
            "properties": {
                "near": {"x-hint": "inner", "items": {"type": "string"}},
                "far": {"type": "string"},
            },
        }

        problems = Validator(schema).problems({"near": [1], "far": 1})

        assert {problem.pointer: problem.hint for problem in problems} == {
            "/far": "outer",
            "/near/0": "inner",
        }

    @pytest.mark.parametrize(
        ("schema", "value", "words"),
        [
            ({"maxProperties": 0}, {"a": 1}, "1 member,"),
            ({"minLength": 2}, "a", "1 character,"),
            ({"minItems": 2}, [1], "1 item,"),
        ],
    )
    def test_one_is_not_told_as_several(
        self, schema: dict[str, Any], value: Any, words: str
    ) -> None:
        (problem,) = Validator(schema).problems(value)

        assert words in problem.message

    def test_a_value_that_fits_has_no_problems(self) -> None:
        assert Validator({"type": "string"}).problems("x") == ()
