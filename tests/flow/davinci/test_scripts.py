"""JavaScript of imported flows: what it is given and gives, and that none does any harm."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from argosy.flow import Engine
from argosy.flow.kinds.davinci import javascript
from tests.flow.davinci.nodes import error_of, node
from tests.flow.harness import failed_with, flow, in_thread, outputs_of, run_and_cancel, values


def script(code: str, *rows: Any, **more: Any) -> Any:
    return node(
        "f",
        "functionsConnector/customFunction",
        {"variableInputList": list(rows)},
        {"code": code},
        **more,
    )


def var(name: str, value: Any, type_: str = "string") -> Any:
    return {"name": name, "value": value, "preferredDataType": type_}


def given_by(engine: Engine, code: str, *rows: Any) -> Any:
    return outputs_of(engine.run(flow(script(code, *rows))), "f")


def fault_of(engine: Engine, code: str) -> str:
    error = error_of(engine.run(flow(script(code))), "f")
    assert error["code"] == "script"
    return str(error["message"]).removeprefix("The script ")


@pytest.mark.parametrize(
    "code",
    [
        "module.exports = a = async ({params}) => { return {n: params.n + 1} }",
        "module.exports = async function ({params}) { await null; return {n: params.n + 1} };",
        "module.exports = {run: ({params}) => ({n: params.n + 1})}",
        "exports.run = ({params}) => ({n: params.n + 1})",
        "a = async ({params}) => ({n: params.n + 1})",
        "const a = async ({params}) => ({n: params.n + 1});",
        "function named({params}) { return {n: params.n + 1} }",
        "function ({params}) { return {n: params.n + 1} };",
        "async ({params}) => ({n: params.n + 1})",
        "// a remark\nmodule.exports = ({params}) => ({n: params.n + 1}) // another",
        "const one = 1; module.exports = ({params}) => ({n: params.n + one})",
        "module.exports = ({params}) => ({then(done) { done({n: params.n + 1}) }})",
    ],
)
def test_a_function_is_found_however_it_is_exported(engine: Engine, code: str) -> None:
    assert given_by(engine, code, var("n", "41", "number")) == {"n": 42}


def test_parameters_have_the_types_that_are_preferred(engine: Engine) -> None:
    rows = [
        var("text", 5),
        var("number", "5", "number"),
        var("none", "five", "number"),
        var("yes", "true", "boolean"),
        var("object", '{"a": [1]}', "object"),
        var("list", "[1, 2]", "array"),
        var("broken", "{", "object"),
        {"name": "plain", "value": "x"},
    ]
    assert given_by(engine, "module.exports = ({params}) => params", *rows) == {
        "text": "5",
        "number": 5,
        "none": "five",
        "yes": True,
        "object": {"a": [1]},
        "list": [1, 2],
        "broken": "{",
        "plain": "x",
    }


def test_the_flow_reads_what_a_script_gives(engine: Engine) -> None:
    code = "module.exports = async ({params}) => ({greeting: `Hello ${params.who}`})"
    greet = script(code, var("who", "{{ input.who | default('') }}"))
    run = engine.run(flow(greet, values("v", it="{{ nodes.f.outputs.greeting }}")), {"who": "you"})
    assert outputs_of(run, "v") == {"it": "Hello you"}


def test_braces_in_code_are_no_expressions(engine: Engine) -> None:
    assert given_by(engine, "module.exports = () => ({a: '{{ nothing.there }} {% {#'})") == {
        "a": "{{ nothing.there }} {% {#"
    }


@pytest.mark.parametrize(
    ("thrown", "code", "message", "details"),
    [
        ("new Error('not today')", "customFunctionError", "not today", None),
        ("'just words'", "customFunctionError", "just words", None),
        ("{code: 'E1', message: 'm', details: {a: 1}}", "E1", "m", {"a": 1}),
        ("Object.assign(new Error('m'), {code: 7})", "7", "m", None),
        ("undefined", "customFunctionError", "undefined", None),
        ("{get message() { throw 1 }}", "customFunctionError", None, None),
        ("new Error('x'.repeat(1e6))", "customFunctionError", "x" * 2000, None),
    ],
)
def test_what_is_thrown_is_the_nodes_error(
    engine: Engine, thrown: str, code: str, message: str | None, details: Any
) -> None:
    run = engine.run(flow(script(f"module.exports = async () => {{ throw {thrown} }}")))
    error = error_of(run, "f")
    assert error["code"] == code
    assert error["message"] == message or "does not say why" in error["message"]
    assert error.get("details") == details


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("   ", "is empty."),
        ("module.exports = async ( => {", "cannot be read: line 1: "),
        ("let a = 1;\nlet a = 2;", "cannot be read: line 2: "),
        ("1 + 1", "exports no function; it needs module.exports = async ({params}) => {…}."),
        ("module.exports = () => {}", "gives nothing, not an object."),
        ("module.exports = () => null", "gives null, not an object."),
        ("module.exports = () => [1]", "gives a list, not an object."),
        ("module.exports = () => 'x'", "gives a string, not an object."),
        ("module.exports = () => ({a: {b: NaN}})", "gives NaN in 'b', which JSON cannot say."),
        ("module.exports = () => ({a: 1/0})", "gives Infinity in 'a', which JSON cannot say."),
        ("module.exports = () => ({a: 1n})", "gives a BigInt in 'a', which JSON cannot say."),
        (
            "module.exports = () => { const a = {}; a.a = a; return a }",
            "gives what JSON cannot say: circular reference.",
        ),
        ("module.exports = () => new Promise(() => {})", "waits for something that never comes."),
        ("module.exports = () => ({then() {}})", "waits for something that never comes."),
        (
            "module.exports = () => ({toJSON() { return 1 }})",
            "gives an object that is none in JSON.",
        ),
        ("module.exports = () => ({a: '\\ud800'})", "gives what cannot be read as JSON: "),
        ("function f() { return f() + 1 } module.exports = () => f()", "calls itself too deeply."),
        (
            "module.exports = () => { let o = {}, p = o; for (let i = 0; i < 1e5; i++)"
            " { p.a = {}; p = p.a } return o }",
            "gives an object that is nested too deeply.",
        ),
        (
            "module.exports = () => { const a = []; while (true) a.push(new Array(1e5).fill(1)) }",
            "took more memory than 64 MB.",
        ),
        ("module.exports = () => ({a: 'x'.repeat(17e6)})", "gives 17000008 characters; 16777216"),
    ],
)
def test_what_cannot_be_used_is_told(engine: Engine, code: str, said: str) -> None:
    assert said in fault_of(engine, code)


def test_members_that_are_undefined_are_left_out(engine: Engine) -> None:
    code = "module.exports = ({params}) => ({a: params.missing, b: 1, c: [undefined]})"
    assert given_by(engine, code) == {"b": 1, "c": [None]}


def test_a_script_has_the_language_and_nothing_else(engine: Engine) -> None:
    names = [
        "fetch",
        "setTimeout",
        "require",
        "process",
        "std",
        "os",
        "scriptArgs",
        "XMLHttpRequest",
    ]
    code = f"module.exports = () => ({{found: {json.dumps(names)}.filter(n => n in globalThis)}})"
    assert given_by(engine, code) == {"found": []}
    code = "module.exports = async () => { await import('os') }"
    run = engine.run(flow(script(code)))
    assert "could not load module" in error_of(run, "f")["message"]


def test_what_a_script_prints_goes_nowhere(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "module.exports = () => { console.log('secret'); console.error('secret'); return {} }"
    assert given_by(engine, code) == {}
    assert capfd.readouterr() == ("", "")


def test_a_script_leaves_nothing_to_the_next(engine: Engine) -> None:
    spoil = """
    Object.prototype.toJSON = () => 1; JSON.stringify = () => "{"; left = 1;
    Promise.prototype.then = null; Array.isArray = () => true; String = null;
    module.exports = async () => ({})
    """
    assert "gives" in fault_of(engine, spoil)
    code = "module.exports = async () => ({left: typeof left, ok: Array.isArray([])})"
    assert given_by(engine, code) == {"left": "undefined", "ok": True}


def test_spoiled_promises_and_json_do_not_keep_a_script_from_ending(engine: Engine) -> None:
    spoil = "JSON.stringify = null; Promise.prototype.then = null; Object.keys = null;"
    assert given_by(engine, spoil + "module.exports = async () => ({a: 1})") == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        "while (true) {}",
        "return (async () => { while (true) await 0 })()",
        "return {a: /^(a+)+$/.test('a'.repeat(40) + 'b')}",
        "Array.prototype.join.call({length: 2 ** 53 - 1})",
        "return {get a() { while (true) {} }}",
        "return {toJSON() { while (true) {} }}",
    ],
)
def test_a_script_that_does_not_end_is_ended(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.setattr(javascript, "SECONDS", 0.2)
    monkeypatch.setattr(javascript, "_GRACE", 0.1)
    assert fault_of(engine, f"module.exports = () => {{ {body} }}") == "took longer than 0.2 s."
    assert given_by(engine, "module.exports = () => ({still: 1})") == {"still": 1}


def test_a_script_has_no_more_time_than_its_step(engine: Engine) -> None:
    began = time.monotonic()
    run = engine.run(flow(script("module.exports = () => { while (true) {} }", timeoutSeconds=0.2)))
    assert "The step took longer than 0.2 s." in failed_with(run)
    assert time.monotonic() - began < 4


def test_a_script_has_no_more_time_than_its_run(engine: Engine) -> None:
    endless = script("module.exports = () => { while (true) {} }")
    run = engine.run(flow(endless, settings={"timeoutSeconds": 0.2}))
    assert failed_with(run) == "The run took longer than 0.2 s."


def test_a_run_that_is_cancelled_waits_for_no_script(engine: Engine) -> None:
    endless = flow(script("module.exports = () => { while (true) {} }"))
    began = time.monotonic()
    run = run_and_cancel(engine, endless, lambda: time.sleep(0.2))
    assert run.status == "cancelled"
    assert time.monotonic() - began < 4


def test_a_process_that_dies_is_no_harm(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    javascript._workers.end()
    assert given_by(engine, "module.exports = () => ({})") == {}
    [idle] = javascript._workers._idle
    endless = flow(script("module.exports = () => { while (true) {} }"))
    # killed any earlier, it would be replaced as one that died while it waited
    is_asked, ask = threading.Event(), idle.ask

    def asked(*given: Any) -> Any:
        is_asked.set()
        return ask(*given)

    monkeypatch.setattr(idle, "ask", asked)
    result = in_thread(lambda: engine.run(endless))
    assert is_asked.wait(30)
    os.kill(idle._process.pid, signal.SIGKILL)
    assert error_of(result(), "f")["message"] == "The script ended its process."
    assert given_by(engine, "module.exports = () => ({still: 1})") == {"still": 1}


def test_a_process_that_died_while_it_waited_is_replaced(engine: Engine) -> None:
    javascript._workers.end()
    assert given_by(engine, "module.exports = () => ({})") == {}
    [idle] = javascript._workers._idle
    os.kill(idle._process.pid, signal.SIGKILL)
    idle._process.wait()
    assert given_by(engine, "module.exports = () => ({still: 1})") == {"still": 1}


def test_processes_are_used_again_and_see_no_environment(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    javascript._workers.end()
    for n in range(3):
        assert given_by(engine, f"module.exports = () => ({{n: {n}}})") == {"n": n}
    [idle] = javascript._workers._idle
    environment = Path(f"/proc/{idle._process.pid}/environ")
    if environment.exists():
        assert environment.read_bytes().strip(b"\0") == b""


def test_scripts_run_at_the_same_time(engine: Engine) -> None:
    code = "module.exports = ({params}) => ({n: params.n})"
    nodes = [
        node(
            f"f{n}",
            "functionsConnector/customFunction",
            {"variableInputList": [var("n", n, "number")]},
            {"code": code},
        )
        for n in range(12)
    ]
    run = engine.run(flow(*nodes, edges=[f"start > f{n}" for n in range(12)]))
    assert [outputs_of(run, f"f{n}") for n in range(12)] == [{"n": n} for n in range(12)]


def test_without_the_package_the_error_names_what_to_install(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(javascript, "_PACKAGE", "quickjs_that_is_not_there")
    said = fault_of(engine, "module.exports = () => ({})")
    assert said == "needs the package quickjs-ng: install argosy[javascript]."
