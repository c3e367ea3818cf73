"""Exports that mean harm: they are refused with what is wrong, or held without any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy import load
from argosy.connector import file_validator
from argosy.davinci import export_flow, import_export, import_flow, read_export
from argosy.davinci.bindings import Bindings
from argosy.davinci.capability_nodes import json_value
from argosy.davinci.document import MOST_WIRES, read_graph
from argosy.davinci.names import Names, slug
from argosy.davinci.reading import MOST_BYTES, MOST_FLOWS, split_export
from argosy.davinci.shape import ConnectorNames
from argosy.davinci.texts import spoken
from argosy.errors import InvalidDocumentError
from argosy.flow.library import parse_flow
from argosy.flow.plan import compile_flow
from argosy.rendering import compile_template
from tests.conftest import ROOT
from tests.counting import calls_of

CONNECTOR = load(ROOT)
NAMES = ConnectorNames(CONNECTOR)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "{", "}", "'", '"', "\\", "\n", "\r\n", "a", "-", " 1 "]
    ),
    max_size=12,
).map("".join)


def node(id_: str, connector: str = "httpConnector", capability: str = "x", **values: Any) -> Any:
    properties = {name: {"value": value} for name, value in values.items()}
    own = {"connectorId": connector, "capabilityName": capability, "properties": properties}
    return {"id": id_, "nodeType": "CONNECTION", **own}


def flow(nodes: Sequence[Any] = (), edges: Sequence[tuple[str, str]] = (), **more: Any) -> Any:
    elements = {
        "nodes": [{"data": one} for one in nodes],
        "edges": [
            {"data": {"id": str(i), "source": s, "target": t}} for i, (s, t) in enumerate(edges)
        ],
    }
    return {"name": "A flow", "flowId": "f", **more, "graphData": {"elements": elements}}


def imported(document: Any) -> Any:
    """Import a flow; it is sound, can be compiled, and leaves as it came."""
    made = import_flow(document, NAMES).document
    assert not list(file_validator("flow").problems(made))
    compile_flow(parse_flow(made, "f", "f.flow.json"), CONNECTOR)
    assert export_flow(made, NAMES) == document
    return made


def eval_node(id_: str) -> Any:
    return {"id": id_, "nodeType": "EVAL"}


GOOD = json.dumps(flow([node("abcdefghi0")]))


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "line 1, column 1: Expecting value"),
        (b"5", "it holds neither a flow nor a list of flows"),
        (b"null", "it holds neither a flow nor a list of flows"),
        (b"[]", "it holds no flow"),
        (b"{}", "it has neither 'graphData' nor 'flows', so it is no export of flows"),
        (b'{"graphData": []}', "it is no flow: it has no object 'graphData'"),
        (b'{"flows": [{"graphData": {}}, 5]}', "/flows/1 is no flow: it has no object 'graphData'"),
        (b'[{"graphData": {}}, {}]', "/1 is no flow: it has no object 'graphData'"),
        (b'{"graphData": {}, "a": NaN}', "NaN has no form in JSON"),
        (b'{"graphData": {}, "a": -Infinity}', "-Infinity has no form in JSON"),
        (b'{"graphData": {}, "a": 1e999}', "1e999 has no form in JSON"),
        (b'{"graphData": {}, "a": 1, "a": 1}', "the key 'a' stands twice in one object"),
        (b'{"graphData": {}, "a": "\\ud800"}', "a text holds half a character (a lone surrogate)"),
        (b'{"graphData": {}, "a": "\xff"}', "byte 25 is not UTF-8"),
        (GOOD.encode("utf-16"), "byte 1 is not UTF-8"),
        (b"\x1f\x8b\x08\x00", "byte 2 is not UTF-8"),
        (b"<html>", "line 1, column 1: Expecting value"),
        (b"[" * 10_000 + b"]" * 10_000, "it is nested too deeply"),
        (
            b'{"graphData": {"a": ' + b"[" * 59 + b"]" * 59 + b"}}",
            "it is nested more than 60 levels deep",
        ),
        (
            b'{"flows": [' + b'{"graphData": {}},' * MOST_FLOWS + b'{"graphData": {}}]}',
            "it holds 1,001 flows, and at most 1,000 are read",
        ),
        (
            b'{"graphData": "' + b"x" * MOST_BYTES + b'"}',
            "it has more than the 10,485,760 bytes that are read at most",
        ),
    ],
    ids=range(21),
)
def test_what_is_no_export_is_refused_with_what_is_wrong(data: bytes, detail: str) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        read_export(data, "x.json")

    assert caught.value.message == f"x.json cannot be imported: {detail}."


def test_a_byte_order_mark_is_left_out() -> None:
    assert len(read_export(b"\xef\xbb\xbf" + GOOD.encode(), "x.json").flows) == 1


def test_sixty_levels_are_read_checked_and_given_back() -> None:
    deep: Any = "x"
    for _ in range(56):
        deep = [deep]
    document = flow([node("abcdefghi0", deep=deep)][:0], deep=[[deep]])

    assert split_export(document).flows == [document]
    imported(document)


@given(TEXTS)
def test_a_text_without_bindings_is_never_evaluated(text: str) -> None:
    template = Bindings().template(text)

    assert compile_template(template).render({}) == text
    assert "".join(map(str, Bindings().parts(template))) == text


@given(
    st.lists(TEXTS | st.sampled_from(["{{local.a.payload.output.x}}", "{{global.ip}}"]), max_size=5)
)
def test_texts_between_bindings_are_never_evaluated(pieces: list[str]) -> None:
    bindings = Bindings()
    text = "".join(pieces)

    said = "".join(map(str, bindings.parts(bindings.template(text))))

    assert said == text or "{{local" in text or "{{global" in text
    scope: Any = {"nodes": {}, "input": {}}
    rendered = compile_template(bindings.template(text)).render(scope)
    assert rendered == text.replace("{{local.a.payload.output.x}}", "").replace("{{global.ip}}", "")


EVIL = "<script>x</script>{{ 7 * 7 }}{% raw %}{# #}\x1b[31m\u202e\0"


def test_nothing_that_a_field_says_is_evaluated() -> None:
    ids = ["{{ 7 * 7 }}", "'}}{{ 7 * 7 }}", "</script>"]
    document = flow(
        [
            node(
                id_,
                EVIL,
                EVIL,
                **{EVIL: EVIL, "nodeTitle": EVIL, "saveVariables": [{"name": EVIL}]},
            )
            for id_ in ids
        ],
        [(ids[0], ids[1])],
        name=EVIL,
        description=EVIL,
        inputSchema=[{"propertyName": EVIL, "description": EVIL}],
        variables=[{"name": EVIL, "fields": {"value": EVIL, "displayName": EVIL}}],
    )

    made = imported(document)

    for one in made["nodes"][1:]:
        properties = one["inputs"]["properties"]
        assert compile_template(properties[EVIL]).render({}) == EVIL
    assert {one["id"] for one in made["nodes"]} == {"start", "n7_7", "n7_7_2", "script"}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("/etc/passwd", "etc-passwd"),
        ("C:\\x", "c-x"),
        ("CON", "con-flow"),
        ("com1", "com1-flow"),
        ("...", "flow"),
        ("", "flow"),
        ("日本", "flow"),
        ("x\0y", "x-y"),
        ("Ünï", "n"),
        ("a" * 5_000, "a" * 64),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_a_flows_name_is_never_a_path(name: str, file: str) -> None:
    assert slug(name) == file


def test_flows_of_one_name_have_files_of_their_own() -> None:
    export = split_export({"flows": [flow(), flow(), flow(name="A flow-2"), flow(name="a Flow")]})

    ids = [one.id for one in import_export(export)]

    assert ids == ["a-flow", "a-flow-2", "a-flow-2-2", "a-flow-3"]


def test_flows_that_call_each_other_in_a_circle_or_themselves_are_imported() -> None:
    def calling(id_: str, called: str) -> Any:
        sub = {"label": "x", "value": called}
        return flow(
            [node("abcdefghi0", "flowConnector", "startSubFlow", subFlowId=sub)], flowId=id_
        )

    documents = {"flows": [calling("a", "b"), calling("b", "a"), calling("c", "c")]}

    found = import_export(split_export(documents), NAMES)

    called = [one.document["nodes"][1]["inputs"]["flow"] for one in found]
    assert called == ["a-flow-2", "a-flow", "a-flow-3"]


def test_a_join_of_many_is_drawn_with_as_many_edges() -> None:
    sources, targets = ([f"{letter}{i}" for i in range(100)] for letter in "st")
    document = flow(
        [node(id_) for id_ in sources + targets] + [eval_node("eval0")],
        [(s, "eval0") for s in sources] + [("eval0", t) for t in targets],
    )

    made = imported(document)

    assert len(made["edges"]) == 300  # the sources start, and lead to a gate, which leads on


def test_ways_that_are_too_many_are_told_and_kept() -> None:
    count = int(MOST_WIRES**0.5) + 1
    sources, targets = ([f"{letter}{i}" for i in range(count)] for letter in "st")
    document = flow(
        [
            node("s0"),
            node("t0"),
            *(node(id_) for id_ in sources[1:] + targets[1:]),
            eval_node("eval0"),
        ],
        [(s, "eval0") for s in sources] + [("eval0", t) for t in targets],
    )

    graph = read_graph(document)

    assert graph.wires == []
    assert graph.dropped == [
        ("eval0", "it joins 317 sources with 317 targets, and all ways together are too many")
    ]
    assert export_flow(import_flow(document).document) == document


def test_many_edges_between_few_nodes_are_one() -> None:
    edges = [("abcdefghi0", "eval0"), ("eval0", "bbcdefghi0")] * 10_000
    document = flow([node("abcdefghi0"), node("bbcdefghi0"), eval_node("eval0")], edges)

    assert len(imported(document)["edges"]) == 2


def test_long_ids_are_told_apart() -> None:
    ids = ["x" * 100_000, "x" * 100_000 + "y", "x" * 64]

    made = imported(flow([node(id_) for id_ in ids]))

    own = [one["id"] for one in made["nodes"][1:]]
    assert own == ["x" * 64, "x" * 62 + "_2", "x" * 62 + "_3"]


def test_a_long_circle_is_broken_once() -> None:
    count = 1_500
    ids, evals = ([f"{letter}{i}" for i in range(count)] for letter in "ne")
    ways = [(ids[i], evals[i]) for i in range(count)]
    ways += [(evals[i], ids[(i + 1) % count]) for i in range(count)]

    made = imported(flow([*map(node, ids), *map(eval_node, evals)], ways))

    assert sum(one["kind"] == "call" for one in made["nodes"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "{{local.x" + " " * 40_000,
        "{{" + " " * 40_000,
        "{{local." * 10_000,
        "{{" * 40_000,
        "{{local.a.payload.output." + "['" * 10_000,
        "{{local.a.payload.output" + ".a" * 1_000 + "}}",
        "{{local.a.payload.output." + "\x01" * 1_950 + "}}",
        "{{local.a.payload.output[999999999]}}",
        "[" * 40_000,
        '[{"children":' * 500 + "[]" + "}]" * 500,
        '"\\' * 20_000 + "{{local.a.payload.output.b}}",
    ],
    ids=range(11),
)
def test_texts_that_are_made_to_take_long_are_read_in_one_go(text: str) -> None:
    made = imported(flow([node("abcdefghi0", text=text)]))

    template = made["nodes"][1]["inputs"].get("properties", {}).get("text", "")
    assert len(template) <= 2 * len(text) + 100
    json_value(text, Bindings())
    assert calls_of(lambda: Bindings().template(spoken(text))) < 60_000


def test_json_in_a_text_that_is_too_deep_stays_a_text() -> None:
    assert json_value('{"a":' * 41 + "1" + "}" * 41, Bindings()) == '{"a":' * 41 + "1" + "}" * 41
    assert isinstance(json_value('{"a":' * 40 + "1" + "}" * 40, Bindings()), dict)
    assert json_value("[" * 100_000, Bindings()) == "[" * 100_000
    assert json_value("[NaN]", Bindings()) == "[NaN]"
    assert json_value('["\\ud800"]', Bindings()) == '["\\ud800"]'


def test_many_names_that_become_one_are_numbered_in_one_go() -> None:
    def number(count: int) -> int:
        names = Names()
        return calls_of(lambda: [names.add("-" * i) for i in range(1, count)])

    assert number(2_000) < 2.5 * number(1_000)
