"""Handlers that call other capabilities: outputs, failures, files, time, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy import Dispatcher
from argosy.errors import (
    ConflictError,
    HandlerError,
    InvalidHandlerError,
    InvalidInputsError,
    InvalidOutputsError,
    UnwritableFileError,
)
from tests.drafts import capability, handled
from tests.servers import Say, ScriptedServer
from tests.steering import Steering

Start = Callable[..., Dispatcher]

HEAD = """
from argosy.sdk import InvocationError, PartFile, Reply


def run(context):
"""
READ = capability(
    "read",
    request={"method": "GET", "path": "/items/{id}"},
    inputs={
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "region": {"type": "string"}},
    },
    response={"outputs": {"text": "{{ body.text }}"}},
    outputs={"type": "object", "properties": {"text": {"type": "string"}}},
)
FETCH = capability("fetch", response={"format": "bytes"})


def body(*lines: str) -> dict[str, str]:
    return {"work": HEAD + "".join(f"    {line}\n" for line in lines)}


def composite(*uses: str, saves: str = "", **members: Any) -> dict[str, Any]:
    """Return a capability without a request, whose handler calls others."""
    document = handled("work", **members)
    document["handler"] |= {"uses": list(uses), **({"saves": saves} if saves else {})}
    del document["request"]
    return document


class TestACall:
    def test_gives_the_outputs_of_a_call_of_its_own(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"text": "one"}), Say(200, {"text": "two"}))
        source = body(
            "first = context.call('read', id='1')",
            "second = context.call('read', id='2')",
            "return Reply({'found': [first['text'], second['text'], first['statusCode']]})",
        )

        result = start(composite("read"), READ, handlers=source).call("work", {})

        assert result.unwrap()["found"] == ["one", "two", 200]
        assert [request.path for request in server.received] == ["/items/1", "/items/2"]
        assert (result.attempts, result.outputs["rawResponse"]) == (2, {"text": "two"})

    def test_goes_to_the_same_region(self, start: Start, server: ScriptedServer) -> None:
        manifest = {"regions": _regions(server.url)}
        source = body("return Reply(context.call('read', id='1'))")
        server.answers(Say(200, {"text": "x"}))
        inputs = {"type": "object", "properties": {"region": {"type": "string"}}}
        started = start(composite("read", inputs=inputs), READ, handlers=source, manifest=manifest)

        request = started.prepare("work", {"region": "south"})

        assert request.url == f"{server.url}/items/1"

    def test_that_fails_is_the_failure_of_the_whole(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(409, {"message": "taken"}))
        source = body("context.call('read', id='1')")

        result = start(composite("read"), READ, handlers=source).call("work", {})

        assert isinstance(result.error, ConflictError)
        assert (result.outputs["statusCode"], result.attempts) == (409, 1)

    def test_that_fails_shows_its_answer_to_the_handler(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(409, {"message": "taken", "by": 7}))
        source = body(
            "try:",
            "    context.call('read', id='1')",
            "except InvocationError as error:",
            "    return Reply({'by': error.outputs['rawResponse']['by']})",
        )

        result = start(composite("read"), READ, handlers=source).call("work", {})

        assert result.unwrap()["by"] == 7

    def test_is_checked_as_any_other(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(200, {"text": 7}))
        wrong_input = start(
            composite("read"), READ, handlers=body("context.call('read', id=7)")
        ).call("work", {})

        assert isinstance(wrong_input.error, InvalidInputsError)
        assert server.received == []

    def test_that_gives_what_was_not_promised_fails(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"text": 7}))
        source = body("context.call('read', id='7')")

        result = start(composite("read"), READ, handlers=source).call("work", {})

        assert isinstance(result.error, InvalidOutputsError)
        assert result.outputs["rawResponse"] == {"text": 7}

    def test_reads_pages_and_waits_as_declared(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        pages = capability(
            "pages",
            inputs={"type": "object"},
            request={"method": "GET", "path": "/items", "query": {"after": "{{ inputs.after }}"}},
            response={"outputs": {"items": "{{ body }}"}},
            paging={"items": "items", "next": {"after": "{{ outputs.items | last }}"}},
        )
        server.answers(Say(200, [1, 2]), Say(200, [3]), Say(200, []))
        source = body("return Reply(context.call('pages', all=True))")

        outputs = start(composite("pages"), pages, handlers=source).call("work", {}).unwrap()

        assert (outputs["items"], outputs["hasMore"]) == ([1, 2, 3], False)

    def test_saves_bytes_where_the_handler_says(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Say(200, b"\x00\x01"))
        file = tmp_path / "bytes"
        source = body(f"import pathlib; path = pathlib.Path({str(file)!r})")
        source = body(
            "import pathlib",
            f"found = context.call('fetch', save_to=pathlib.Path({str(file)!r}))",
            "other = context.call('fetch')",
            "return Reply({'size': found['size'], 'other': len(other['content'])})",
        )

        outputs = start(composite("fetch"), FETCH, handlers=source).call("work", {}).unwrap()

        assert (outputs["size"], outputs["other"]) == (2, 2)
        assert file.read_bytes() == b"\x00\x01"

    def test_of_a_capability_that_was_not_named_is_a_defect(self, start: Start) -> None:
        started = start(composite("read"), READ, FETCH, handlers=body("context.call('fetch')"))

        with pytest.raises(InvalidHandlerError, match=r"it calls 'fetch', which .handler\.uses."):
            started.call("work", {})

    def test_of_its_own_runs_what_is_declared(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(200, {"n": 1}))
        document = handled("work", response={"outputs": {"n": "{{ body.n }}"}})
        document["handler"]["uses"] = ["work"]
        source = body(
            "found = context.call('work', **context.inputs)",
            "return Reply({**found, 'more': True})",
        )

        outputs = start(document, handlers=source).call("work", {"a": 1}).unwrap()

        assert (outputs["n"], outputs["more"]) == (1, True)
        assert [request.json for request in server.received] == [{"a": 1}]

    def test_may_call_another_handler(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(200, {"text": "deep"}))
        inner = composite("read")
        inner = {**inner, "id": "inner", "handler": {**inner["handler"], "name": "inner"}}
        source = {
            **body("return Reply({'text': context.call('inner')['text']})"),
            "inner": HEAD + "    return Reply({'text': context.call('read', id='1')['text']})\n",
        }

        result = start(composite("inner"), inner, READ, handlers=source).call("work", {})

        assert (result.unwrap()["text"], result.attempts) == ("deep", 1)


def _regions(url: str) -> dict[str, Any]:
    return {
        name: {"title": name.title(), "endpoints": {"api": url, "open": url}}
        for name in ("north", "south")
    }


class TestWithoutARequest:
    def test_a_dry_run_shows_the_first_call(self, start: Start, server: ScriptedServer) -> None:
        source = body("context.call('read', id='1')", "context.call('read', id='2')")

        request = start(composite("read"), READ, handlers=source).prepare("work", {})

        assert request.url.endswith("/items/1")
        assert server.received == []

    def test_a_dry_run_of_nothing_says_so(self, start: Start) -> None:
        started = start(composite("read"), READ, handlers=body("return Reply({})"))

        with pytest.raises(HandlerError, match="'work' sends nothing with these inputs"):
            started.prepare("work", {})

    def test_nothing_can_be_sent(self, start: Start) -> None:
        started = start(composite("read"), READ, handlers=body("context.send()"))

        with pytest.raises(InvalidHandlerError, match="the capability declares none"):
            started.call("work", {})

    def test_a_reply_without_any_answer_has_its_outputs_alone(self, start: Start) -> None:
        result = start(composite("read"), READ, handlers=body("return Reply({'a': 1})")).call(
            "work", {}
        )

        assert (result.unwrap(), result.attempts) == ({"a": 1}, 0)


class TestFilesAndFolders:
    def test_a_handler_writes_where_the_call_names_a_path(
        self, start: Start, tmp_path: Path
    ) -> None:
        source = body(
            "with PartFile(context.save_to) as part:",
            "    part.write(b'abc')",
            "return Reply({'file': str(context.save_to)})",
        )
        started = start(composite("read", saves="file"), READ, handlers=source)

        outputs = started.call("work", {}, save_to=tmp_path / "new").unwrap()

        assert outputs["file"] == str(tmp_path / "new")
        assert (tmp_path / "new").read_bytes() == b"abc"

    def test_one_that_writes_nothing_takes_no_path(self, start: Start, tmp_path: Path) -> None:
        source = body("return Reply({'path': context.save_to})")
        started = start(composite("read"), READ, handlers=source)

        assert started.call("work", {}).unwrap()["path"] is None
        refused = started.call("work", {}, save_to=tmp_path / "new")
        assert isinstance(refused.error, UnwritableFileError)

    def test_its_own_request_leaves_that_path_alone(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Say(200, {"n": 1}))
        document = handled("work")
        document["handler"] |= {"uses": ["work"], "saves": "folder"}
        source = body("answer = context.send()", "return Reply({}, answer)")

        outputs = start(document, handlers=source).call("work", {}, save_to=tmp_path / "new")

        assert outputs.unwrap()["rawResponse"] == {"n": 1}
        assert not (tmp_path / "new").exists()

    @pytest.fixture
    def takes_folder(self, start: Start) -> Dispatcher:
        inputs = {
            "type": "object",
            "properties": {"folder": {"type": "string", "format": "local-folder"}},
        }
        source = body(
            "return Reply({'names': [p.name for p in context.inputs['folder'].iterdir()]})"
        )
        return start(composite("read", inputs=inputs), READ, handlers=source)

    def test_a_folder_is_a_path(self, takes_folder: Dispatcher, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "a").touch()

        result = takes_folder.call("work", {"folder": tmp_path / "folder"})

        assert result.unwrap()["names"] == ["a"]

    def test_text_names_no_folder(self, takes_folder: Dispatcher, tmp_path: Path) -> None:
        result = takes_folder.call("work", {"folder": str(tmp_path)})

        assert result.error is not None
        assert [(p.code, p.pointer) for p in result.error.problems] == [
            ("folder-by-text", "/folder")
        ]

    @pytest.mark.parametrize("name", ["nothing", "file"])
    def test_a_path_that_is_no_folder_is_refused(
        self, takes_folder: Dispatcher, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / "file").touch()

        result = takes_folder.call("work", {"folder": tmp_path / name})

        assert result.error is not None
        assert [problem.code for problem in result.error.problems] == ["no-folder"]

    def test_anything_else_is_no_folder(self, takes_folder: Dispatcher) -> None:
        result = takes_folder.call("work", {"folder": 7})

        assert isinstance(result.error, InvalidInputsError)


def test_time_comes_from_outside(start: Start, steering: Steering) -> None:
    source = body(
        "before = context.clock()",
        "context.sleep(2.5)",
        "return Reply({'took': context.clock() - before, 'now': context.now().isoformat()})",
    )

    outputs = start(composite("read"), READ, handlers=source).call("work", {}).unwrap()

    assert outputs == {"took": 2.5, "now": "1970-01-01T00:16:42.500000+00:00"}
    assert steering.slept == [2.5]
