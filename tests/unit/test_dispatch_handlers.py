"""Capabilities that Python runs: what a handler sees, what it may return, how it may fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    ApiError,
    HandlerCrashedError,
    HandlerError,
    InvalidHandlerError,
    InvalidOutputsError,
)
from argosy.model import Connection
from tests.drafts import KEY, handled, write_connector
from tests.servers import Reset, Say, ScriptedServer
from tests.steering import Steering

Start = Callable[..., Dispatcher]

HEAD = """
from argosy.sdk import HandlerError, InvocationError, PartialFailureError, Reply, TransportError


def run(context):
"""


def body(*lines: str) -> dict[str, str]:
    return {"work": HEAD + "".join(f"    {line}\n" for line in lines)}


class TestAHandler:
    def test_sees_the_validated_inputs_and_gives_outputs(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"n": 1}))
        inputs = {"type": "object", "properties": {"a": {"type": "integer", "default": 7}}}
        source = body("answer = context.send()", "return Reply({'seen': context.inputs}, answer)")

        result = start(handled("work", inputs=inputs), handlers=source).call("work", {"b": 1})

        assert result.unwrap()["seen"] == {"a": 7, "b": 1}
        assert (result.outputs["rawResponse"], result.outputs["statusCode"]) == ({"n": 1}, 200)
        assert server.last.json == {"a": 7, "b": 1}

    def test_sends_the_declared_request_with_inputs_put_over_the_given_ones(
        self, start: Start, server: ScriptedServer
    ) -> None:
        source = body("context.send(a=2)", "answer = context.send(b=3)", "return Reply({}, answer)")

        result = start(handled("work"), handlers=source).call("work", {"a": 1})

        assert [request.json for request in server.received] == [{"a": 2}, {"a": 1, "b": 3}]
        assert all(r.headers["x-notes-key"] == f"Key {KEY}" for r in server.received)
        assert result.attempts == 2

    def test_may_decode_an_answer(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(200, {"items": [1, 2]}))
        source = body(
            "answer = context.send()",
            "return Reply({'count': len(context.decode(answer)['items'])}, answer)",
        )

        assert start(handled("work"), handlers=source).call("work", {}).unwrap()["count"] == 2

    def test_waits_and_makes_ids_through_its_context(
        self, start: Start, steering: Steering
    ) -> None:
        source = body(
            "waits = []",
            "for _ in range(3):",
            "    answer = context.send()",
            "    waits.append(context.wait())",
            "ids = [context.new_uuid(), context.new_uuid()]",
            "return Reply({'waits': waits, 'ids': ids}, answer)",
        )
        settings = TransportSettings(max_attempts=3)

        outputs = (
            start(handled("work"), handlers=source, transport=settings).call("work", {}).outputs
        )

        assert outputs["waits"] == [True, True, False]
        assert steering.slept == [0.125, 0.25]
        assert outputs["ids"] == [f"00000000-0000-4000-8000-{n:012d}" for n in (1, 2)]

    def test_is_told_what_the_vendor_refuses(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(404), Say(200, {}))
        source = body(
            "try:",
            "    context.send()",
            "except InvocationError as error:",
            "    return Reply({'code': error.code}, context.send())",
        )

        assert (
            start(handled("work"), handlers=source).call("work", {}).unwrap()["code"] == "not-found"
        )

    def test_is_told_that_no_answer_came(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Reset(), Say(200, {}))
        source = body(
            "try:",
            "    context.send()",
            "except TransportError as error:",
            "    return Reply({'code': error.code}, context.send())",
        )

        result = start(handled("work"), handlers=source).call("work", {})

        assert result.unwrap()["code"] == "unreachable"
        assert result.attempts == 2


class TestFailures:
    def test_that_the_vendor_makes_are_the_results_error(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(409, {"message": "taken"}))

        result = start(handled("work"), handlers=body("context.send()")).call("work", {})

        assert isinstance(result.error, ApiError)
        assert result.outputs["rawResponse"] == {"message": "taken"}

    def test_that_a_handler_raises_on_purpose_are_told_in_its_words(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(200, {"a": 1}))
        source = body("context.send()", "raise HandlerError(detail='no item left')")

        result = start(handled("work"), handlers=source).call("work", {})

        assert isinstance(result.error, HandlerError)
        assert str(result.error) == "no item left"
        assert result.outputs["rawResponse"] == {"a": 1}

    def test_of_a_part_keep_the_outputs_of_the_rest(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(206, {"a": 1}))
        source = body(
            "reply = Reply({'done': 1}, context.send())",
            "raise PartialFailureError(detail='1 of 2', reply=reply)",
        )

        result = start(handled("work"), handlers=source).call("work", {})

        assert result.error is not None
        assert (result.error.code, str(result.error)) == ("partial-failure", "1 of 2")
        assert (result.outputs["done"], result.outputs["statusCode"]) == (1, 206)

    @pytest.mark.parametrize(
        ("line", "kind"),
        [
            ("raise ValueError('boom')", "ValueError"),
            ("return 1 / 0", "ZeroDivisionError"),
            ("return context.nothing", "AttributeError"),
            ("raise RecursionError", "RecursionError"),
            ("return None", "no Reply"),
            ("return {'a': 1}", "no Reply"),
            ("return Reply", "no Reply"),
            ("raise SystemExit(3)", "SystemExit"),
        ],
    )
    def test_that_are_defects_name_their_kind_and_keep_their_cause(
        self, start: Start, line: str, kind: str
    ) -> None:
        result = start(handled("work"), handlers=body(line)).call("work", {})

        assert isinstance(result.error, HandlerCrashedError)
        assert str(result.error) == f"The handler of 'work' crashed with {kind}."
        assert (result.error.__cause__ is not None) is (kind != "no Reply")

    @pytest.mark.parametrize(
        "line",
        [
            "return Reply(None, context.send())",
            "return Reply({}, 7)",
            "return Reply(7, 7)",
            "raise PartialFailureError(detail='x', reply=Reply(None, context.send()))",
            "raise PartialFailureError(detail='x', reply=None)",
        ],
    )
    def test_that_are_replies_of_the_wrong_things_are_defects_too(
        self, start: Start, line: str
    ) -> None:
        result = start(handled("work"), handlers=body(line)).call("work", {})

        assert isinstance(result.error, HandlerCrashedError)

    def test_do_not_show_the_words_of_a_defect(self, start: Start) -> None:
        source = body("raise ValueError(str(context.inputs))")

        result = start(handled("work"), handlers=source).call("work", {"a": "private"})

        assert "private" not in str(result.error) + json.dumps(result.to_json())

    def test_to_keep_the_promise_of_outputs_are_told(self, start: Start) -> None:
        outputs = {"type": "object", "properties": {"n": {"type": "integer"}}}
        source = body("return Reply({'n': 'x'}, context.send())")

        result = start(handled("work", outputs=outputs), handlers=source).call("work", {})

        assert isinstance(result.error, InvalidOutputsError)
        assert result.outputs["n"] == "x"

    def test_to_give_json_are_told(self, start: Start) -> None:
        source = (
            "from argosy.sdk import Reply\n\n"
            "def run(context):\n    return Reply({'a': object()}, context.send())\n"
        )

        result = start(handled("work"), handlers={"work": source}).call("work", {})

        assert result.status == "failed"


class TestLoading:
    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("", "has no function run(context)"),
            ("run = 1", "has no function run(context)"),
            ("def run(): pass", "has no function run(context)"),
            ("def run(a, b): pass", "has no function run(context)"),
            ("def run(:", "cannot be imported: SyntaxError"),
            ("import no_such_module_anywhere", "cannot be imported: ModuleNotFoundError"),
            ("raise RuntimeError('no')", "cannot be imported: RuntimeError: no"),
        ],
    )
    def test_a_handler_that_cannot_be_used_is_an_error_of_the_connector(
        self, start: Start, source: str, words: str
    ) -> None:
        dispatcher = start(handled("work"), handlers={"work": source})

        with pytest.raises(InvalidHandlerError) as caught:
            dispatcher.call("work", {})

        assert words in str(caught.value)

    def test_a_handler_that_is_not_there_is_an_error_of_the_connector(self, start: Start) -> None:
        with pytest.raises(InvalidHandlerError, match=r"there is no handlers/work\.py"):
            start(handled("work")).call("work", {})

    def test_a_handler_may_import_its_neighbours(self, start: Start) -> None:
        handlers = {
            "work": "from argosy.sdk import Reply\nfrom .words import WORD\n\n"
            "def run(context):\n    return Reply({'word': WORD}, context.send())\n",
            "words": "WORD = 'hello'\n",
        }

        result = start(handled("work"), handlers=handlers).call("work", {})

        assert result.unwrap()["word"] == "hello"

    def test_two_connectors_may_have_handlers_of_one_name(
        self, tmp_path: Path, server: ScriptedServer
    ) -> None:
        words = []
        for word in ("one", "two"):
            source = body(f"return Reply({{'word': '{word}'}}, context.send())")
            connector = write_connector(tmp_path / word, handled("work"), handlers=source)
            connection = Connection({"apiKey": KEY}, endpoint=server.url)
            with Dispatcher(connector, connection) as dispatcher:
                words.append(dispatcher.call("work", {}).unwrap()["word"])

        assert words == ["one", "two"]
