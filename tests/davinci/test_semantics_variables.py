"""Variables: whose they are, how long they last, what they begin with, and who may see them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.run import Run
from tests.davinci.building import (
    answers,
    body,
    bundle,
    compares,
    connection,
    flow,
    function,
    message,
    parsed,
    ran,
    rich,
    run,
    saves,
    shipped,
    variable,
    works,
)

READ = {
    "flowInstance": "{{global.variables.v}}",
    "flow": "{{global.flow.variables.v}}",
    "company": "{{global.company.variables.v}}",
    "user": "{{global.user.variables.v}}",
}


def appends(context: str, id_: str = "f1") -> dict[str, Any]:
    """Return a flow that puts a letter behind a variable and responds with it."""
    nodes = [saves("set", {"v": READ[context] + "x"}, context), answers("end", v=READ[context])]
    declared = [variable("v", context)]
    return flow(*nodes, ways=["set > end"], id_=id_, variables=declared)


@pytest.mark.parametrize(
    ("context", "wanted"),
    [("flowInstance", "x"), ("user", "x"), ("flow", "xxx"), ("company", "xxx")],
)
def test_variables_begin_anew_or_are_kept_from_run_to_run(context: str, wanted: str) -> None:
    assert body(run(appends(context), times=3)) == {"v": wanted}


@pytest.mark.parametrize(
    ("context", "wanted"),
    [("flowInstance", "x"), ("user", "x"), ("flow", "x"), ("company", "xx")],
)
def test_only_those_of_the_company_are_shared_by_flows(context: str, wanted: str) -> None:
    flows = parsed(bundle(appends(context), appends(context, "f2")))

    with Engine(shipped(), {}, flows) as engine:
        first, second = (engine.run(flows[id_], {}) for id_ in ("f1", "f2"))

    assert body(first) == {"v": "x"}
    assert body(second) == {"v": wanted}


def test_what_a_called_flow_sets_of_the_company_is_read_after_it() -> None:
    declared = [variable("v", "company", value="old")]
    named = {"label": "f2", "value": "f2"}
    caller = flow(
        connection("sub", "flowConnector", "startSubFlow", subFlowId=named),
        answers("end", v=READ["company"]),
        ways=["sub > end"],
        variables=declared,
    )
    sets = saves("set", {"v": READ["company"] + " and new"}, "company")
    inner = flow(sets, works("last"), ways=["set > last"], id_="f2", variables=declared)

    assert body(run(bundle(caller, inner))) == {"v": "old and new"}


def test_one_name_in_several_contexts_is_several_variables() -> None:
    told = answers("end", **READ)
    nodes = [saves(f"s{i}", {"v": context}, context) for i, context in enumerate(READ)]
    ways = ["s0 > s1", "s1 > s2", "s2 > s3", "s3 > end"]

    found = run(flow(*nodes, told, ways=ways, variables=[variable("v", one) for one in READ]))

    assert body(found) == {context: context for context in READ}


@pytest.mark.parametrize(
    ("type_", "value", "js"),
    [
        ("string", "a", "string"),
        ("string", "12", "string"),
        ("number", "12", "number"),
        ("number", 12, "number"),
        ("boolean", "true", "boolean"),
        ("boolean", False, "boolean"),
        ("object", {"a": 1}, "object"),
        ("string", None, "string"),
        ("number", None, "string"),
    ],
)
def test_a_variable_begins_with_its_value_as_its_type(type_: str, value: Any, js: str) -> None:
    asked = function("f", "return {t: typeof params.v}", v=("any", READ["flowInstance"]))
    export = flow(
        asked,
        answers("end", t="{{local.f.payload.output.t}}"),
        ways=["f > end"],
        variables=[variable("v", type_=type_, value=value)],
    )

    assert body(run(export)) == {"t": js}


@pytest.mark.parametrize("context", READ)
def test_a_variable_that_nobody_has_set_is_an_empty_text(context: str) -> None:
    nodes = [
        compares("if", "AIsEmpty", READ[context]),
        answers("end", alone=READ[context], within=f"<{READ[context]}>"),
    ]

    for declared in ([], [variable("v", context)], [variable("v", context, "number")]):
        found = run(flow(*nodes, ways=["if > end"], variables=declared))
        assert body(found) == {"alone": "", "within": "<>"}


def test_rows_are_saved_as_their_types_say() -> None:
    rows = {
        "n": ("number", "4.5"),
        "b": ("boolean", "TRUE"),
        "o": ("object", '{"a": [1]}'),
        "s": ("string", "4.5"),
        "bad": ("number", "four"),
    }
    nodes = [saves("set", rows), works("end")]

    found = run(flow(*nodes, ways=["set > end"], variables=[variable(name) for name in rows]))

    assert found.variables == {"n": 4.5, "b": True, "o": {"a": [1]}, "s": "4.5", "bad": "four"}


def test_a_variable_that_no_row_declares_is_made_by_being_saved() -> None:
    nodes = [saves("set", {"v": "here"}), answers("end", v=READ["flowInstance"])]

    assert body(run(flow(*nodes, ways=["set > end"]))) == {"v": "here"}


def test_names_that_are_no_words_of_ours_are_kept_apart() -> None:
    names = ["a-b", "a_b", "a.b", "1st", "größe"]
    nodes = [
        saves("set", {name: f"({name})" for name in names}),
        answers(
            "end",
            **{
                f"r{i}": f"{{{{global.variables['{name}']}}}}" if "." in name
                else f"{{{{global.variables.{name}}}}}"
                for i, name in enumerate(names)
            },
        ),
    ]  # fmt: skip

    found = run(flow(*nodes, ways=["set > end"], variables=[variable(name) for name in names]))

    assert body(found) == {f"r{i}": f"({name})" for i, name in enumerate(names)}


def increments(**properties: Any) -> dict[str, Any]:
    """Return a node that adds to a variable."""
    return connection("add", "variablesConnector", "incrementByN", **properties)


ROW = [{"name": "v", "key": 0.1, "label": "v (number - flowInstance)", "type": "number"}]


@pytest.mark.parametrize(
    ("properties", "wanted"),
    [
        ({"saveVariables": ROW, "incrementCounter": 2}, 7),
        ({"saveVariables": ROW, "incrementCounter": rich("-3")}, 2),
        ({"saveVariables": ROW}, 6),
        ({"variable": "v", "incrementCounter": "0.5"}, 5.5),
        ({"variable": "v##SK##flowInstance", "incrementCounter": 1}, 6),
    ],
)
def test_a_variable_grows_by_a_number(properties: Any, wanted: float) -> None:
    declared = [variable("v", type_="number", value="5")]
    export = flow(
        increments(**properties),
        answers("end", v=("number", READ["flowInstance"])),
        ways=["add > end"],
        variables=declared,
    )

    assert body(run(export)) == {"v": wanted}


def test_a_variable_that_nobody_has_set_grows_from_nothing() -> None:
    export = flow(
        increments(saveVariables=ROW, incrementCounter=4),
        answers("end", v=("number", READ["flowInstance"])),
        ways=["add > end"],
        variables=[variable("v", type_="number")],
    )

    assert body(run(export)) == {"v": 4}


def test_what_is_no_number_cannot_grow_and_takes_the_false_branch() -> None:
    nodes = [increments(saveVariables=ROW, incrementCounter="one"), works("good"), works("bad")]

    found = run(flow(*nodes, ways=["add > good, bad:anyTriggersFalse"], variables=[variable("v")]))

    assert ran(found) == {"add", "bad"}


def test_branches_lose_nothing_of_what_each_adds() -> None:
    adds = [{**increments(saveVariables=ROW), "id": f"add{i}"} for i in range(6)]

    found = run(flow(*adds, variables=[variable("v", type_="number", value=0)]), workers=4)

    assert found.variables == {"v": 6}


SECRET = "hunter2-and-more"


def secretive(context: str = "flowInstance") -> Run:
    nodes = [
        saves("set", {"v": ("secret", SECRET)}, context),
        function("f", "return {t: params.v + '!'}", v=READ[context]),
        answers("end", v=READ[context], longer="{{local.f.payload.output.t}}"),
    ]
    declared = [variable("v", context, "secret")]
    return run(flow(*nodes, ways=["set > f", "f > end"], variables=declared))


@pytest.mark.parametrize("context", ["flowInstance", "flow", "company"])
def test_a_secret_variable_is_used_and_stands_in_no_record(context: str) -> None:
    found = secretive(context)

    assert body(found) == {"v": SECRET, "longer": SECRET + "!"}
    assert SECRET not in json.dumps(found.to_json())


def test_a_secret_of_the_export_is_not_taken_over() -> None:
    export = flow(
        answers("end", v=READ["flowInstance"]),
        variables=[variable("v", type_="secret", value=SECRET)],
    )

    assert body(run(export)) == {"v": ""}
    assert SECRET not in json.dumps([one.document["variables"] for one in parsed(export).values()])


def test_inputs_that_are_sensitive_stand_in_no_record() -> None:
    export = flow(
        answers("end", v="{{global.parameters.password}}"),
        settings={"scrubSensitiveInfo": True, "sensitiveInfoFields": ["password"]},
    )

    found = run(export, {"password": SECRET})

    assert body(found) == {"v": SECRET}
    assert SECRET not in json.dumps(found.to_json())


def test_a_save_that_fails_says_which_variable_it_was_about() -> None:
    stop = connection(
        "stop",
        "errorConnector",
        "customErrorMessage",
        errorMessage=rich("{{local.add.payload.error.message}}"),
    )
    nodes = [increments(saveVariables=ROW), stop]
    declared = [variable("v", value="five")]

    told = message(run(flow(*nodes, ways=["add > stop:anyTriggersFalse"], variables=declared)))

    assert "'v'" in told
    assert "no number" in told
