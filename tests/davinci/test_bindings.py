"""Bindings and our expressions: each says the other."""

from __future__ import annotations

import json

import pytest

from argosy.davinci.bindings import Bindings
from argosy.davinci.texts import rich_text, spoken
from argosy.davinci.values import put, shown

USUAL = " | default('')"
SAYS = {
    "local.abcdefghi0.payload.output.a.b": "nodes.abcdefghi0.outputs.a.b",
    "local.abcdefghi0.payload.output": "nodes.abcdefghi0.outputs",
    "local.abcdefghi0.payload.output.a[0].b": "nodes.abcdefghi0.outputs.a[0].b",
    "local.abcdefghi0.payload.output.c-d.0": "nodes.abcdefghi0.outputs['c-d']['0']",
    "local.abcdefghi0.payload.output['c.d']": "nodes.abcdefghi0.outputs['c.d']",
    "local.1bcdefghi0.payload.output.x": "nodes.n1bcdefghi0.outputs.x",
    "local.abcdefghi0.payload.error.message": "nodes.abcdefghi0.error.message",
    "local.abcdefghi0.payload.success": "(nodes.abcdefghi0.status == 'succeeded')",
    "global.parameters.email": "input.email",
    "global.variables.x": "vars.x",
    "global.variables.x.y[1]": "vars.x.y[1]",
    "global.company.variables.x": "vars.company_x",
    "global.flow.variables.x": "vars.flow_x",
    "global.user.variables.a-b": "vars.user_a_b",
    "global.interactionId": "run.id",
    "global.ip": "input.global.ip",
    "global.userInfo.id": "input.global.userInfo.id",
}


@pytest.fixture
def bindings() -> Bindings:
    made = Bindings()
    for name in ("abcdefghi0", "1bcdefghi0"):
        made.node_ids.add(name)
    return made


@pytest.mark.parametrize(("binding", "expression"), SAYS.items())
def test_a_binding_is_an_expression_and_back(
    binding: str, expression: str, bindings: Bindings
) -> None:
    template = bindings.template(f"{{{{{binding}}}}}")

    assert template == f"{{{{ {expression}{USUAL} }}}}"
    assert "".join(map(str, bindings.parts(template))) == f"{{{{{binding}}}}}"


@pytest.mark.parametrize(
    "text", ["{{local}}", "{{local.x}}", "{{other.x.y}}", "{{ x }}", "{{local.", "{{}}"]
)
def test_what_only_looks_like_a_binding_is_a_text(text: str, bindings: Bindings) -> None:
    assert bindings.parts(bindings.template(text))[0].is_binding is False


def test_a_rich_text_says_its_lines_and_bindings() -> None:
    blocks = [
        {"children": [{"text": "a "}, {"type": "link", "data": "{{global.ip}}", "children": []}]},
        {"children": [{"type": "moustache", "children": [{"text": "b"}, {"text": "c"}]}]},
        {"children": []},
    ]

    assert spoken(json.dumps(blocks)) == "a {{global.ip}}\nbc\n"


@pytest.mark.parametrize("text", ["", "a", "a\n\nb", "{{ '{{' }} x", "[1]", "\n"])
def test_what_is_written_as_rich_text_says_the_same(text: str, bindings: Bindings) -> None:
    parts = bindings.parts(text)

    assert spoken(rich_text(parts)) == "".join(map(str, parts))


def test_an_edit_of_a_row_leaves_what_the_editor_keeps(bindings: Bindings) -> None:
    rows = [
        {"name": "a", "value": "[]", "key": 0.25, "label": "a (string - flowInstance)", "x": 1},
        {"name": "b", "value": "b", "key": 0.5, "label": "b (string - flowInstance)"},
        {"name": "c", "value": "c", "key": 0.75},
    ]
    before = shown(rows, bindings)
    assert before == [
        {"name": "a", "value": "[]", "x": 1},
        *({"name": n, "value": n} for n in "bc"),
    ]

    after = [{"name": "c", "value": "new"}, {"name": "d", "value": "d"}, before[0]]
    found = put(rows, before, after, bindings)

    assert found[0] == {**rows[2], "value": "new"}
    assert found[1]["name"] == "d"
    assert 0 <= found[1]["key"] < 1
    assert found[2] == rows[0]


def test_a_text_that_looks_rich_is_written_so_that_it_is_read_as_it_is(bindings: Bindings) -> None:
    looks = '[{"children": []}]'

    assert spoken(put("plain", "plain", looks, bindings)) == looks


def test_a_text_stays_plain_or_rich_as_it_was(bindings: Bindings) -> None:
    rich = rich_text(bindings.parts("a"))

    assert put("a", "a", "b {{ input.x | default('') }}", bindings) == "b {{global.parameters.x}}"
    assert put(rich, "a", "b", bindings) == rich_text(bindings.parts("b"))
