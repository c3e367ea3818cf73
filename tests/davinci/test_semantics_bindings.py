"""Bindings: what texts of DaVinci's say when the flow runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.davinci.building import (
    answers,
    body,
    compares,
    connection,
    error,
    fails,
    flow,
    function,
    imported,
    message,
    out,
    rich,
    run,
    variable,
    works,
)

GIVEN = """return {
  text: 'here', n: 7, f: 1.5, yes: true, no: false, nothing: null, list: [1, [2, 3], {a: 'deep'}],
  object: {a: {b: 'c'}}, 'odd-name': 'dash', 'with.dot': 'dot', 'with space': 'space',
  "it's": 'quote', '0': 'digit', class: 'word', items: 'method', größe: 'umlaut', braces: '{{x}}',
};"""


def says(text: str, *, is_rich: bool = True, given: Any = None, type_: str = "string") -> Any:
    """Return what a text says behind a node `f` that gives all sorts of values."""
    end = answers("end", said=(type_, text))
    if not is_rich:
        end["properties"]["claimsNameValuePairs"]["value"][0]["value"] = text
    nodes = [function("f", GIVEN), end]
    return body(run(flow(*nodes, ways=["f > end"]), given))["said"]


def bound(path: str) -> str:
    return f"{{{{local.f.payload.output.{path}}}}}"


@pytest.mark.parametrize("is_rich", [True, False], ids=["rich", "plain"])
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (bound("text"), "here"),
        (f"a {bound('text')} b", "a here b"),
        (bound("object.a.b"), "c"),
        (bound("list[0]"), "1"),
        (bound("list[1][1]"), "3"),
        (bound("list[2].a"), "deep"),
        (bound("odd-name"), "dash"),
        ("{{local.f.payload.output['with.dot']}}", "dot"),
        (bound("with space"), "space"),
        (bound("it's"), "quote"),
        (bound("0"), "digit"),
        (bound("class"), "word"),
        (bound("items"), "method"),
        (bound("größe"), "umlaut"),
        ("{{ local.f.payload.output.text }}", "here"),
        ("{{local.f.payload.success}}", "true"),
        ("{{global.parameters.p}}", "given"),
        ("{{global.parameters.o.x[1]}}", "2"),
    ],
)
def test_a_binding_says_what_its_path_leads_to(text: str, wanted: str, is_rich: bool) -> None:
    given = {"p": "given", "o": {"x": [1, 2]}}

    assert says(text, is_rich=is_rich, given=given) == wanted


@pytest.mark.parametrize(
    "binding",
    [
        bound("gone"),
        bound("gone.further.down"),
        bound("object.gone"),
        bound("text.gone"),
        bound("n.gone[3]"),
        bound("list[9]"),
        bound("nothing.more"),
        "{{local.never.payload.output.x}}",
        "{{local.never.payload.error.message}}",
        "{{local.never.payload.success}}",
        "{{local.f.payload.error.message}}",
        "{{global.parameters.gone}}",
        "{{global.parameters.gone.more[0]}}",
        "{{global.variables.gone}}",
        "{{global.company.variables.gone}}",
        "{{global.ip}}",
        "{{global.userInfo.name}}",
    ],
)
def test_what_leads_to_nothing_is_an_empty_text(binding: str) -> None:
    assert says(binding) == ""
    assert says(f"<{binding}>") == "<>"


def test_bindings_beside_each_other_say_the_first_that_is_there() -> None:
    never = "{{local.never.payload.output.x}}"

    assert says(never + bound("text")) == "here"
    assert says(bound("text") + never) == "here"
    assert says(never + never) == ""


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("n", 7),
        ("f", 1.5),
        ("yes", True),
        ("no", False),
        ("list", [1, [2, 3], {"a": "deep"}]),
        ("object", {"a": {"b": "c"}}),
        ("nothing", None),
    ],
)
def test_a_binding_alone_keeps_its_type_and_within_a_text_is_written_as_json(
    path: str, wanted: Any
) -> None:
    text = json.dumps(wanted, separators=(",", ":"))

    assert says(bound(path), type_="") == wanted
    assert says(f"v={bound(path)}") == f"v={text}"


def test_the_parts_of_an_error_can_be_read() -> None:
    told = "|".join(error("a", part) for part in ("message", "code", "details", "httpResponseCode"))
    nodes = [fails("a"), answers("end", said=told, ok="{{local.a.payload.success}}")]

    assert body(run(flow(*nodes, ways=["a > end:anyTriggersFalse"]))) == {
        "said": '"no time" is no time in milliseconds.|simulateLatencyError||',
        "ok": "false",
    }


def test_a_text_of_several_lines_keeps_them() -> None:
    assert says(f"one\n\n  two {bound('n')}\nthree\t.") == "one\n\n  two 7\nthree\t."


def test_a_text_without_links_may_hold_bindings_too() -> None:
    blocks = json.dumps([{"children": [{"text": f"plain {bound('text')}"}]}])

    assert says(blocks, is_rich=False) == "plain here"


@pytest.mark.parametrize("is_rich", [True, False], ids=["rich", "plain"])
@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }}",
        "{{ nodes.f.outputs.text }}",
        "{{ input.p }}",
        "{{ vars.v }}",
        "{{ run.id }} {{ now() }} {{ omit }}",
        "{% if true %}x{% endif %}",
        "{# a remark #}",
        "{{",
        "}}",
        "{{{{",
        "{%",
        "{ {{",
        "a {{ '{{' }} b",
        "{{name}} {{#each items}}{{this}}{{/each}}",
        "{{{raw}}}",
        "{{local}} {{global}} {{locally.x}}",
        "$${} \\ \\n ' \" `",
        "{{ ''.__class__ }}",
    ],
)
def test_what_looks_like_an_expression_stays_as_it_is(text: str, is_rich: bool) -> None:
    assert says(text, is_rich=is_rich, given={"p": "given"}) == text


def test_braces_beside_bindings_stay_as_they_are() -> None:
    assert says(f"{{{bound('text')}}}") == "{here}"
    assert says(f'{{"a": "{bound("text")}"}}') == '{"a": "here"}'
    assert says(f"{{{{ {bound('text')} }}}} {{% {bound('n')} %}}") == "{{ here }} {% 7 %}"


def test_what_a_binding_gives_is_not_read_again() -> None:
    assert says(bound("braces")) == "{{x}}"
    assert says("{{global.parameters.p}}", given={"p": "{{ 7*7 }}{{global.ip}}"}) == (
        "{{ 7*7 }}{{global.ip}}"
    )


def test_code_markup_and_schemas_are_left_alone() -> None:
    code = f"return {{t: 'a {bound('n')} {{{{ 7*7 }}}} b'}}"
    nodes = [function("f", code), answers("end", said=out("f", "t"))]

    assert body(run(flow(*nodes, ways=["f > end"]))) == {
        "said": "a {{local.f.payload.output.n}} {{ 7*7 }} b"
    }


def test_the_markup_of_a_screen_is_kept_as_it_is() -> None:
    html = "<b>{{#if x}}{{global.parameters.p}}{{/if}}</b> {{ nodes.f }} {% raw %}"
    screen = connection(
        "screen", "httpConnector", "customHTMLTemplate", customHTML=html, customScript=html
    )

    [one] = imported(flow(screen))

    [_, node] = one.document["nodes"]
    assert node["inputs"]["literals"] == {"customHTML": html, "customScript": html}
    assert "properties" not in node["inputs"]


def test_titles_and_descriptions_are_no_templates() -> None:
    titled = works("a")
    titled["properties"]["nodeTitle"] = {"value": "{{ 7*7 }} {{global.ip}}"}

    [one] = imported(flow(titled))

    assert one.document["nodes"][1]["title"] == "{{ 7*7 }} {{global.ip}}"
    assert run(flow(titled)).status == "succeeded"


def test_what_surrounds_a_run_comes_with_its_input() -> None:
    names = ["ip", "companyId", "userAgent", "flowVersionId", "sessionToken"]
    told = {name: f"{{{{global.{name}}}}}" for name in names}
    more = {"cookie": "{{global.cookies.session-id}}", "user": "{{global.userInfo.name}}"}
    given = {name: f"the {name}" for name in names}
    given |= {"cookies": {"session-id": "c1"}, "userInfo": {"name": "u1"}}  # type: ignore[dict-item]

    found = run(flow(answers("end", **told, **more)), {"global": given})

    assert body(found) == {
        **{name: f"the {name}" for name in names},
        "cookie": "c1",
        "user": "u1",
    }


def test_the_id_of_an_interaction_is_that_of_the_run() -> None:
    found = run(flow(answers("end", said="{{global.interactionId}}")))

    assert body(found) == {"said": found.id}


def test_members_of_variables_that_are_objects_can_be_read() -> None:
    declared = [variable("o", type_="object", value={"a": ["x", {"b-c": "y"}]})]
    export = flow(answers("end", said="{{global.variables.o.a[1].b-c}}"), variables=declared)

    assert body(run(export)) == {"said": "y"}


@pytest.mark.parametrize("id_", ["1digit", "has-dash", "has.dot", "has space", "ünïcode", "x" * 90])
def test_nodes_with_odd_ids_can_be_read(id_: str) -> None:
    binding = f"{{{{local['{id_}'].payload.output.v}}}}" if "." in id_ else out(id_, "v")
    nodes = [function(id_, "return {v: 'read'}"), answers("end", said=binding)]

    assert body(run(flow(*nodes, ways=[f"{id_} > end"]))) == {"said": "read"}


def test_ids_that_would_become_one_are_kept_apart() -> None:
    nodes = [
        function("a.b", "return {v: 'dot'}"),
        function("a b", "return {v: 'space'}"),
        answers("end", said="{{local['a.b'].payload.output.v}}{{local.a b.payload.output.v}}"),
    ]

    assert body(run(flow(*nodes, ways=["a.b, a b > end"]))) == {"said": "dotspace"}


@pytest.mark.parametrize(
    "binding",
    [
        "{{local.f.payload.output" + ".a" * 3_000 + "}}",
        "{{local.f.payload.output" + "[0]" * 3_000 + "}}",
        "{{local.f.payload.output[99999999999999999999]}}",
        "{{local.f.payload.output.a[}}",
        "{{local.f}}",
        "{{local.}}",
        "{{global..}}",
        "{{local.f.payload.output.a'b\"c\\}}",
    ],
)
def test_odd_bindings_do_no_harm(binding: str) -> None:
    assert says(binding) in {binding, ""}


def test_a_right_side_and_a_message_may_hold_bindings() -> None:
    stop = connection("stop", "errorConnector", "customErrorMessage", errorMessage=rich(
        "No {{global.parameters.p}} here"))  # fmt: skip
    compared = compares("if", "AEqualsB", "{{global.parameters.p}}", "{{global.parameters.q}}")

    told = message(run(flow(compared, stop, ways=["if > stop"]), {"p": "luck", "q": "luck"}))

    assert told.endswith("No luck here")
