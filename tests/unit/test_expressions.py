"""Expressions: what may be written, that nothing else can be reached, and that memory is safe."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.rendering import (
    MISSING,
    ExpressionFunction,
    TemplateSyntaxError,
    compile_template,
)

MEBIBYTE = 1024 * 1024


def render(source: str, **scope: Any) -> Any:
    return compile_template(source).render(scope)


class TestSyntax:
    @pytest.mark.parametrize(
        "source",
        [
            "{% if a %}x{% endif %}",
            "{% for i in [1] %}x{% endfor %}",
            "{% set a = 1 %}{{ a }}",
            "{% include 'x' %}",
            "{% import 'x' as y %}",
            "{% extends 'x' %}",
            "{% macro f() %}x{% endmacro %}",
            "{% block b %}x{% endblock %}",
            "{% filter upper %}x{% endfilter %}",
            "{% call f() %}x{% endcall %}",
            "{% with a = 1 %}{{ a }}{% endwith %}",
            "{% autoescape true %}x{% endautoescape %}",
            "{{ a }}{% if a %}x{% endif %}",
            "{{ a",
            "{{ }}",
            "{{ a b }}",
            "{{ a. }}",
            "{{ a | }}",
            "{{- a -}}",
            "{{ (a, b) }}",
            "{{ a[0:1] }}",
            "{{ a ** 2 }}",
            "{{ 1 < a < 3 }}",
            "{{ a if b }}",
            "{{ {a: 1} }}",
            "{{ {1: 1} }}",
            "{{ a is callable }}",
            "{{ a is nosuchtest }}",
            "{{ a(1) }}",
            "{{ a(*b) }}",
            "{{ a.b() }}",
            "{{ a | join(d=1) }}",
            "{{ a | default }}",
            "{{ a | default(1, true) }}",
            "{# never closed",
            "{# comment #}text",
            "{# comment #}{{ a }}",
            "{% raw %}{{ a }}{% endraw %}",
            "text {% ",
        ],
    )
    def test_only_expressions_are_read(self, source: str) -> None:
        with pytest.raises(TemplateSyntaxError, match="cannot be read"):
            compile_template(source)

    @pytest.mark.parametrize("name", ["map", "attr", "format", "safe", "tojson", "nosuchfilter"])
    def test_a_filter_that_is_not_listed_is_refused_when_compiled(self, name: str) -> None:
        for source in (f"{{{{ a | {name} }}}}", f"{{{{ 1 if a else (b | {name}) }}}}"):
            with pytest.raises(TemplateSyntaxError, match=f"there is no filter '{name}'"):
                compile_template(source)

    @pytest.mark.parametrize("depth", [10, 70, 250, 1000, 3000])
    @pytest.mark.parametrize(
        ("before", "middle", "after"),
        [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a':", "1", "}"),
            ("-", "1", ""),
            ("not ", "1", ""),
            ("1+", "1", ""),
            ("a ~ ", "1", ""),
            ("a if b else ", "1", ""),
            ("", "a", ".b"),
            ("", "a", "[0]"),
            ("", "a", "['b']"),
            ("", "a", "|as_list"),
            ("a and ", "a", ""),
            ("", "a", " is defined"),
            ("a[", "0", "]"),
        ],
    )
    def test_an_expression_of_any_depth_is_a_template_or_is_refused(
        self, before: str, middle: str, after: str, depth: int
    ) -> None:
        source = f"{{{{ {before * depth}{middle}{after * depth} }}}}"

        try:
            template = compile_template(source)
        except TemplateSyntaxError as error:
            assert "cannot be read" in str(error)  # noqa: PT017 - either ending is right
        else:
            template.render({"a": {"b": True}, "b": True})

    @given(st.text(alphabet="ab01.|[](){}'\"\\-+*/%~<>=!,: \n_iftrulsenod", max_size=25))
    def test_whatever_stands_in_braces_is_a_template_or_is_refused(self, text: str) -> None:
        try:
            template = compile_template(f"{{{{ {text} }}}}")
            template.render({"a": {"b": [1, "x"]}, "b": "text"})
        except ValueError:
            return

    @pytest.mark.parametrize(
        ("source", "text"),
        [
            ("{{ a }}\n", "1\n"),
            ("Hello {{ a }}\n\n", "Hello 1\n\n"),
            ("{{ a }}\r\n{{ a }}\r", "1\r\n1\r"),
            ("  {{ a }}  ", "  1  "),
            ("}} {{ a }} }", "}} 1 }"),
            ("{ {{ a }}}", "{ 1}"),
            ("{{ '}}' }}{{ a }}", "}}1"),
            ("{{ {'b': {'c': a}} }}.", '{"b":{"c":1}}.'),
            ("%} #} {{ a }}", "%} #} 1"),
        ],
    )
    def test_the_text_around_an_expression_stays_as_it_is(self, source: str, text: str) -> None:
        assert render(source, a=1) == text

    def test_the_paths_that_a_template_reads_are_listed_once(self) -> None:
        source = "{{ inputs.a.b ~ inputs['c'] ~ inputs.a.b }}/{{ connection.region | upper }}"

        paths = compile_template(source).paths

        assert paths == (("inputs", "a", "b"), ("inputs", "c"), ("connection", "region"))

    def test_a_text_is_compiled_once(self) -> None:
        assert compile_template("{{ once.and.again }}") is compile_template("{{ once.and.again }}")

    def test_a_template_shows_its_source(self) -> None:
        assert repr(compile_template("{{ a }}")) == "Template('{{ a }}')"


def _stranger() -> str:
    return "called"


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ ''['__cla' ~ 'ss__'] }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [].__class__.__base__.__subclasses__()[40] }}",
    "{{ ().__class__.__bases__[0] }}",
    "{{ {}.__class__.__init__.__globals__ }}",
    "{{ inputs.__class__ }}",
    "{{ inputs.__init__.__globals__ }}",
    "{{ inputs['__getitem__'] }}",
    "{{ inputs.get('text') }}",
    "{{ inputs.items() }}",
    "{{ inputs.pop('text') }}",
    "{{ inputs.update({'a': 1}) }}",
    "{{ inputs.list.append(1) }}",
    "{{ inputs.list.sort() }}",
    "{{ inputs.text.upper() }}",
    "{{ ''.format(1) }}",
    "{{ '{0.__class__}'.format(1) }}",
    "{{ '{0.__class__}'.format_map(inputs) }}",
    "{{ '%s' % inputs.__class__ }}",
    "{{ ''.join([]) }}",
    "{{ '' | attr('__class__') }}",
    "{{ inputs.list | map('upper') }}",
    "{{ inputs.list | map(attribute='__class__') }}",
    "{{ inputs | xmlattr }}",
    "{{ inputs.list | groupby('__class__') }}",
    "{{ cycler }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner() }}",
    "{{ namespace() }}",
    "{{ lipsum }}",
    "{{ lipsum.__globals__['os'].popen('id') }}",
    "{{ dict(a=1) }}",
    "{{ range(10) }}",
    "{{ request }}",
    "{{ config }}",
    "{{ context }}",
    "{{ environment }}",
    "{{ self }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ self() }}",
    "{{ super() }}",
    "{{ caller() }}",
    "{{ loop }}",
    "{{ varargs }}",
    "{{ kwargs }}",
    "{{ __builtins__ }}",
    "{{ __import__('os') }}",
    "{{ open('/etc/passwd') }}",
    "{{ eval('1') }}",
    "{{ stranger() }}",
    "{{ stranger.__globals__ }}",
    "{{ stranger.__code__ }}",
    "{{ function.__call__ }}",
    "{{ function.__class__ }}",
    "{{ function.__init__.__globals__ }}",
    "{{ function._call }}",
    "{{ inputs.list.__len__ }}",
    "{{ (1).__class__ }}",
    "{{ true.__class__ }}",
    "{{ none.__class__ }}",
    "{{ inputs.missing.__class__ }}",
    "{{ (inputs.missing | default('')).__class__ }}",
]


class TestNothingCanBeReached:
    @pytest.mark.parametrize("source", ESCAPES)
    def test_a_way_out_of_the_sandbox_leads_nowhere(self, source: str) -> None:
        scope = {
            "inputs": {"text": "x", "list": ["x"]},
            "stranger": _stranger,
            "function": ExpressionFunction(lambda: "called"),
        }

        try:
            value = compile_template(source).render(scope)
        except ValueError:
            value = MISSING

        assert value is MISSING

    def test_a_function_that_is_lent_to_expressions_can_be_called(self) -> None:
        assert render("{{ function() }}", function=ExpressionFunction(lambda: "called")) == "called"

    def test_text_cannot_be_used_as_a_format(self) -> None:
        with pytest.raises(ValueError, match="only numbers have a remainder"):
            render("{{ '%s' % a }}", a=1)


BOMBS = [
    "{{ 'a' * 1000000000 }}",
    "{{ 1000000000 * 'a' }}",
    "{{ [0] * 100000000 }}",
    "{{ inputs.list * inputs.large }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ '%100000000d' % 1 }}",
    "{{ inputs.long ~ inputs.long ~ inputs.long ~ inputs.long ~ inputs.long }}",
    "{{ inputs.long + inputs.long + inputs.long + inputs.long + inputs.long }}",
    "{{ inputs.many | join(inputs.long) }}",
    "{{ [inputs.long, inputs.long, inputs.long, inputs.long, inputs.long] | join }}",
    "{{ inputs.many | join(inputs.many | join(inputs.many | join('xxxxxxxxxx'))) }}",
    "{{ inputs.huge * inputs.huge }}",
    "{{ 1.5 * inputs.huge }}",
]


class TestMemoryIsBounded:
    @pytest.mark.parametrize("source", BOMBS)
    def test_a_value_that_would_fill_the_memory_is_refused(self, source: str) -> None:
        scope = {
            "inputs": {
                "long": "a" * (4 * MEBIBYTE),
                "many": [""] * 2000,
                "list": [1],
                "large": 10**8,
                "huge": 10**200,
            }
        }
        tracemalloc.start()

        try:
            with pytest.raises(ValueError, match=r"too large|multiplied|remainder|cannot be read"):
                compile_template(source).render(scope)
            assert tracemalloc.get_traced_memory()[1] < 48 * MEBIBYTE
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize(
        ("source", "value"),
        [
            ("{{ a * 3 }}", 4.5),
            ("{{ 7 // 2 }}", 3),
            ("{{ 7 / 2 }}", 3.5),
            ("{{ 7 % 4 }}", 3),
            ("{{ 7 - 9 }}", -2),
            ("{{ -a }}", -1.5),
            ("{{ 'a' + 'b' }}", "ab"),
            ("{{ [1] + [2] }}", [1, 2]),
            ("{{ 'a' ~ 1 ~ true ~ none ~ [1] }}", "a1truenull[1]"),
            ("{{ 1 == true }}", False),
            ("{{ 0 != false }}", True),
            ("{{ 1 == 1.0 }}", True),
            ("{{ 'b' in 'abc' and not ('x' in ['y']) }}", True),
        ],
    )
    def test_what_is_small_is_computed(self, source: str, value: Any) -> None:
        computed = render(source, a=1.5)

        assert computed == value
        assert type(computed) is type(value)

    @pytest.mark.parametrize(
        "source",
        ["{{ 1 / 0 }}", "{{ 1 // 0 }}", "{{ 1 % 0 }}", "{{ 'a' - 1 }}", "{{ 'a' < 1 }}",
         "{{ 1 in 2 }}", "{{ -'a' }}", "{{ 'a' + 1 }}", "{{ none | length }}",
         "{{ 'ab' | join(',') }}", "{{ [1] | join(2) }}", "{{ 1e300 * 1e300 }}"],
    )  # fmt: skip
    def test_what_makes_no_sense_is_a_value_error(self, source: str) -> None:
        with pytest.raises(ValueError):
            render(source)


def test_a_number_of_thousands_of_digits_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError):
        compile_template("{{ " + "1" * 5000 + " }}")


def test_a_value_that_is_nested_too_deeply_is_a_value_error() -> None:
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(ValueError, match="nested too deeply"):
        compile_template("{{ a + [1] }}").render({"a": deep})


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ true in [1] }}", False),
        ("{{ 1 in [1] }}", True),
        ("{{ [1] == [true] }}", False),
        ("{{ {'a': [true]} == {'a': [1]} }}", False),
        ("{{ {'a': [1]} == {'a': [1]} }}", True),
        ("{{ 'a' in {'a': 1} }}", True),
        ("{{ 'b' not in 'abc' }}", False),
    ],
)
def test_values_are_compared_as_json_has_them(source: str, value: bool) -> None:
    assert compile_template(source).render({}) is value
