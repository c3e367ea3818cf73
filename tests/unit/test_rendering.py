"""Templates: types are kept, text is text, missing is missing."""

from __future__ import annotations

import json
import string
from typing import Any
from urllib.parse import unquote

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.rendering import (
    FILTERS,
    MISSING,
    compile_template,
    compile_value,
    percent_encode,
    to_text,
)

UNRESERVED = set(string.ascii_letters + string.digits + "-._~")


def render(source: str, **scope: Any) -> Any:
    return compile_template(source).render(scope)


class TestExactExpressions:
    @pytest.mark.parametrize(
        "value",
        [
            "1_000",
            "1e5",
            "['x']",
            "true",
            "None",
            "0123",
            "",
            "{{ inputs.other }}",
            None,
            True,
            False,
            0,
            -1,
            1.0,
            2**70,
            [],
            {},
            {"a": [{"b": None}]},
        ],
        ids=repr,
    )
    def test_a_value_keeps_its_type(self, value: Any) -> None:
        rendered = render("{{ inputs.value }}", inputs={"value": value})

        assert rendered == value
        assert type(rendered) is type(value)

    @pytest.mark.parametrize(
        "source", ["{{ inputs.row }}", "{{ inputs['row'] }}", "{{ inputs.row | default(1) }}"]
    )
    def test_an_object_is_handed_on_and_not_copied(self, source: str) -> None:
        row = {"a": [1]}

        assert render(source, inputs={"row": row}) is row

    def test_an_expression_computes(self) -> None:
        assert render("{{ inputs.method in ['GET', 'HEAD'] }}", inputs={"method": "GET"}) is True

    def test_a_name_that_the_compiler_uses_itself_reads_the_scope(self) -> None:
        assert render("{{ result + 1 }}", result=5) == 6

    def test_a_later_member_of_a_path_may_be_named_as_a_method(self) -> None:
        assert render("{{ inputs.items }}", inputs={"items": [1]}) == [1]


class TestText:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (True, "true"),
            (False, "false"),
            (None, "null"),
            (1, "1"),
            (2**70, str(2**70)),
            (1.5, "1.5"),
            (1e22, "1e+22"),
            ("é\n", "é\n"),
            ([1, None], "[1,null]"),
            ({"a": True}, '{"a":true}'),
        ],
        ids=repr,
    )
    def test_a_value_within_text_is_written_as_json_has_it(self, value: Any, text: str) -> None:
        assert to_text(value) == text
        assert render("<{{ value }}>", value=value) == f"<{text}>"

    def test_two_expressions_make_text_even_of_numbers(self) -> None:
        assert render("{{ a }}{{ b }}", a=1, b=2) == "12"

    @given(st.text().filter(lambda text: not any(mark in text for mark in ("{{", "{%", "{#"))))
    def test_text_without_braces_is_the_text(self, text: str) -> None:
        template = compile_template(text)

        assert template.render({}) == text
        assert template.paths == ()


class TestMissing:
    @pytest.mark.parametrize(
        "source",
        [
            "{{ nothing }}",
            "{{ inputs.nothing }}",
            "{{ inputs.nothing.below }}",
            "{{ inputs.text.below }}",
            "{{ inputs['nothing'] }}",
            "{{ inputs.list[7] }}",
            "{{ inputs.list[0].below }}",
            "{{ inputs.nothing + 1 }}",
            "{{ inputs.nothing | upper }}",
            "{{ inputs.nothing == 1 }}",
            "{{ 1 if inputs.nothing else 2 }}",
            "{{ [inputs.nothing] }}",
            "{{ {'a': [inputs.nothing]} }}",
            "{{ inputs.nothing | to_json }}",
            "{{ inputs.nothing | as_list }}",
            "{{ inputs.text ~ inputs.nothing }}",
            "{{ not inputs.nothing }}",
            "{{ inputs.nothing in inputs.list }}",
            "{{ inputs.list[inputs.nothing] }}",
            "{{ nothing() }}",
            "{{ inputs.nothing | default(inputs.nothing) }}",
        ],
    )
    def test_a_name_that_is_not_there_is_missing(self, source: str) -> None:
        assert render(source, inputs={"text": "x", "list": [1]}) is MISSING

    def test_null_is_a_value_and_not_missing(self) -> None:
        assert render("{{ inputs.a }}", inputs={"a": None}) is None

    def test_a_default_stands_in(self) -> None:
        assert render("{{ inputs.a | default(7) }}", inputs={}) == 7

    def test_a_default_does_not_stand_in_for_null_or_nothing(self) -> None:
        assert render("{{ inputs.a | default(7) }}", inputs={"a": None}) is None
        assert render("{{ inputs.a | default(7) }}", inputs={"a": ""}) == ""

    def test_whether_a_name_is_there_can_be_asked(self) -> None:
        assert render("{{ body.error is defined }}", body=[1]) is False
        assert render("{{ body.error is undefined }}", body={}) is True
        assert render("{{ body.error is not defined }}", body={"error": None}) is False
        assert render("{{ body.error is none }}", body={"error": None}) is True

    def test_text_with_a_missing_part_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no value"):
            render("/items/{{ inputs.id }}", inputs={})

    def test_missing_shows_as_such_and_counts_as_false(self) -> None:
        assert (repr(MISSING), bool(MISSING)) == ("MISSING", False)


class TestValues:
    def test_members_and_items_that_are_missing_are_dropped(self) -> None:
        compiled = compile_value(
            {"a": "{{ x }}", "b": ["{{ x }}", "{{ y }}"], "c": {"d": "{{ x }}"}}
        )

        assert compiled({"y": 1}) == {"b": [1], "c": {}}

    def test_values_that_are_no_text_stay_as_they_are(self) -> None:
        value = {"version": 2, "flag": True, "nothing": None, "rate": 0.5}

        assert compile_value(value)({}) == value

    def test_three_dots_spread_an_object_where_they_stand(self) -> None:
        compiled = compile_value({"a": 1, "...": "{{ more }}", "z": 9})

        assert list(compiled({"more": {"b": 2, "z": 3}}).items()) == [("a", 1), ("b", 2), ("z", 9)]

    def test_a_spread_that_is_missing_adds_nothing(self) -> None:
        assert compile_value({"a": 1, "...": "{{ more }}"})({}) == {"a": 1}

    def test_a_value_is_not_rendered_twice(self) -> None:
        assert compile_value({"a": "{{ x }}"})({"x": "{{ y }}", "y": 1}) == {"a": "{{ y }}"}


class TestFilters:
    @pytest.mark.parametrize(
        ("source", "value", "expected"),
        [
            ("{{ v | as_list }}", "x", ["x"]),
            ("{{ v | as_list | join(',') }}", ["x", "y"], "x,y"),
            ("{{ v | as_object }}", [{"key": "a", "value": 1}], {"a": 1}),
            ("{{ v | prefix_keys('key.') }}", {"a": 1}, {"key.a": 1}),
            ("{{ v | to_json }}", {"é": [True, None]}, '{"é":[true,null]}'),
            ("{{ v | with_default('a', 2) }}", {"a": None}, {"a": 2}),
            ("{{ v | with_integer('a') }}", {"a": "007"}, {"a": 7}),
            ("{{ v | length }}", [1, 2], 2),
            ("{{ v | trim | lower }}", " AB ", "ab"),
            ("{{ v | last }}", [1, 2], 2),
        ],
    )
    def test_a_filter_gives_a_value(self, source: str, value: Any, expected: Any) -> None:
        assert render(source, v=value) == expected

    def test_a_filter_that_refuses_a_value_is_a_value_error(self) -> None:
        rows = [{"key": "a", "value": 1}, {"key": "a", "value": 2}]

        with pytest.raises(ValueError, match="two rows have the key 'a'"):
            render("{{ v | as_object }}", v=rows)

    @pytest.mark.parametrize("name", sorted(FILTERS))
    def test_a_filter_never_raises_anything_but_a_value_error(self, name: str) -> None:
        needed = {"prefix_keys": "('a')", "with_default": "('a', 1)", "with_integer": "('a')"}
        source = f"{{{{ v | {name}{needed.get(name, '')} }}}}"

        for value in (None, True, 1, 1.5, "x", [1], [[]], {}, object()):
            try:
                render(source, v=value)
            except ValueError:
                continue


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "items", "a b", "0", "é"]), inner, max_size=4)
    ),
    max_leaves=12,
)
MEMBERS = st.sampled_from(["a", "b", "items", "keys", "__class__", "é", "a b", "0", ""])
EXPRESSIONS = st.recursive(
    st.sampled_from(["a", "b", "1", "2", "-3"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner)
        | st.builds("({} if {} < {} else {})".format, inner, inner, inner, inner)
        | st.builds("{}{} {} {}".format, inner, st.just(" +"), inner, st.just("* 2"))
    ),
    max_leaves=6,
)


def _look_up(value: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


class TestLaws:
    @given(
        scope=st.dictionaries(st.sampled_from(["inputs", "body"]), JSON, max_size=2),
        first=st.sampled_from(["inputs", "body", "nothing"]),
        members=st.lists(MEMBERS, max_size=4),
    )
    def test_every_way_to_write_a_path_leads_to_the_same_place(
        self, scope: dict[str, Any], first: str, members: list[str]
    ) -> None:
        path = first + "".join(f"['{member}']" for member in members)
        computed = first + "".join(f"['{member}' ~ '']" for member in members)
        dotted = first + "".join(f".{m}" if m.isidentifier() else f"['{m}']" for m in members)

        expected = _look_up(scope, [first, *members])

        for source in (path, computed, dotted, f"({path}) if true else 0", f"[{path}][0]"):
            found = compile_template(f"{{{{ {source} }}}}").render(scope)
            assert found is expected or (found == expected and type(found) is type(expected))

    @given(EXPRESSIONS, st.integers(-3, 3), st.integers(-3, 3))
    def test_an_expression_means_what_it_means_to_jinja(self, source: str, a: int, b: int) -> None:
        compute = jinja2.Environment(autoescape=False).compile_expression(source)

        try:
            expected = compute(a=a, b=b)
        except ArithmeticError:
            with pytest.raises(ValueError):
                render(f"{{{{ {source} }}}}", a=a, b=b)
            return

        assert render(f"{{{{ {source} }}}}", a=a, b=b) == expected

    @given(JSON)
    def test_a_value_in_text_is_its_own_text(self, value: Any) -> None:
        assert render("<{{ value }}>", value=value) == f"<{to_text(value)}>"

    @given(JSON)
    def test_a_value_in_text_reads_back(self, value: Any) -> None:
        if not isinstance(value, str):
            assert json.loads(to_text(value)) == value

    @given(st.text(min_size=1) | st.integers() | st.booleans() | st.none())
    def test_a_path_segment_reads_back_and_holds_unreserved_characters_only(
        self, value: Any
    ) -> None:
        if value in {".", ".."}:
            return

        segment = percent_encode(value)

        assert unquote(segment) == to_text(value)
        assert set(segment.replace("%", "")) <= UNRESERVED

    @pytest.mark.parametrize("value", ["", ".", ".."])
    def test_a_segment_that_would_lead_to_another_path_is_refused(self, value: str) -> None:
        with pytest.raises(ValueError, match="cannot stand in a path"):
            percent_encode(value)

    @pytest.mark.parametrize(
        ("value", "segment"),
        [
            ("a/b", "a%2Fb"),
            ("../x", "..%2Fx"),
            ("?#%", "%3F%23%25"),
            ("é", "%C3%A9"),
            (True, "true"),
            ("...", "..."),
            ("a b", "a%20b"),
        ],
    )
    def test_a_segment_is_encoded(self, value: Any, segment: str) -> None:
        assert percent_encode(value) == segment
