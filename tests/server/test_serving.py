"""Starting and stopping the server, and what keeps it from starting."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy import Connection, Dispatcher, load
from argosy.errors import InvalidFlowError, ServerSetupError
from argosy.flow import Engine
from argosy.flow.library import parse_flow
from argosy.server import RunRing, ServerSettings, Triggers, serve
from argosy.server.serving import open_application
from argosy.server.triggers import routes_of
from tests.conftest import ROOT
from tests.server.conftest import KEY, serving, write_flows
from tests.server.documents import DOCUMENTS, ECHO, INSERT, flow


def settings(folder: Path, **more: Any) -> ServerSettings:
    return ServerSettings(ROOT, folder, {"": Connection({"apiKey": KEY})}, **{"port": 0, **more})


def refuse(*_: Any) -> None:
    pytest.fail("it started")


def environ(path: str, method: str = "POST") -> dict[str, Any]:
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "wsgi.input": type("Empty", (), {"read": lambda _self, _size: b""})(),
    }


class TestStart:
    def test_two_flows_of_one_route_are_refused(self, tmp_path: Path) -> None:
        same = flow(ECHO, path="same")
        folder = write_flows(tmp_path, {"a": same, "b": same})

        with pytest.raises(ServerSetupError) as caught:
            serve(settings(folder), refuse)

        assert str(caught.value) == (
            "The server cannot start: the flows 'a' and 'b' are both triggered by POST same; "
            "give one another path."
        )

    def test_a_folder_without_such_a_flow_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ServerSetupError, match=r"has a trigger with 'on': 'http'\.$"):
            serve(settings(tmp_path), refuse)

    def test_a_flow_that_cannot_run_is_told_before_the_start(self, tmp_path: Path) -> None:
        wrong = flow({"id": "a", "kind": "no-such-kind"})

        with pytest.raises(InvalidFlowError):
            serve(settings(write_flows(tmp_path, {"wrong": wrong})), refuse)

    def test_a_port_in_use_is_told(self, tmp_path: Path) -> None:
        folder = write_flows(tmp_path, {"echo": DOCUMENTS["echo"]})
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(ServerSetupError) as caught:
                serve(settings(folder, port=port), refuse)

        assert f"127.0.0.1:{port} cannot be listened on: Address already in use" in str(
            caught.value
        )

    def test_a_missing_package_is_named_with_its_extra(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "granian", None)

        with pytest.raises(ServerSetupError, match=r"run pip install 'argosy\[server\]'\.$"):
            serve(settings(tmp_path), refuse)

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"threads": 0}, "threads is 0, not more than 0"),
            ({"kept_runs": -1}, "kept_runs is -1, not more than 0"),
            ({"prefix": "/flows"}, "the prefix '/flows' does not begin and end with a slash"),
        ],
    )
    def test_a_setting_that_makes_no_sense_is_told(
        self, tmp_path: Path, wrong: dict[str, Any], words: str
    ) -> None:
        with pytest.raises(ServerSetupError) as caught:
            settings(tmp_path, **wrong)

        assert str(caught.value) == f"The server cannot start: {words}."

    def test_settings_do_not_show_the_key(self, tmp_path: Path) -> None:
        assert KEY not in repr(settings(tmp_path))


class TestStop:
    def test_a_run_that_is_at_work_is_answered(self, tmp_path: Path) -> None:
        folder = write_flows(tmp_path, {"short": DOCUMENTS["short"], "echo": DOCUMENTS["echo"]})
        with serving(folder, "http://127.0.0.1:9") as running, ThreadPoolExecutor(1) as pool:
            answer = pool.submit(running.ask, "POST", "/flows/short", {"a": 1})
            for _ in range(3):  # a later request is answered while that one is at work
                assert running.ask("POST", "/flows/echo").status == 200
            assert not answer.done()
            running.process.send_signal(signal.SIGTERM)

            assert answer.result().json == {"a": 1}
            assert running.process.wait(20) == 0

    @pytest.mark.skipif(sys.platform == "win32", reason="nothing there can be told to end")
    def test_no_process_outlives_the_main_one(self, tmp_path: Path) -> None:
        folder = write_flows(tmp_path, {"short": DOCUMENTS["short"], "echo": DOCUMENTS["echo"]})
        with (
            serving(folder, "http://127.0.0.1:9", processes=2) as running,
            ThreadPoolExecutor(1) as pool,
        ):
            answer = pool.submit(running.ask, "POST", "/flows/short", {"a": 1})
            for _ in range(3):  # a later request is answered while that one is at work
                assert running.ask("POST", "/flows/echo").status == 200
            assert not answer.done()
            running.process.kill()

            assert answer.result().json == {"a": 1}
            running.process.communicate(timeout=30)  # every process has let go of its output
            with socket.create_server((running.host, running.port)):
                pass

    def test_a_run_that_does_not_end_is_given_up_after_the_main_process(
        self, tmp_path: Path
    ) -> None:
        endless = flow({"id": "rest", "kind": "wait", "inputs": {"seconds": 60}})
        folder = write_flows(tmp_path, {"endless": endless, "echo": DOCUMENTS["echo"]})
        with (
            serving(folder, "http://127.0.0.1:9", grace=1) as running,
            ThreadPoolExecutor(1) as pool,
        ):
            answer = pool.submit(running.ask, "POST", "/flows/endless")
            for _ in range(3):
                assert running.ask("POST", "/flows/echo").status == 200
            running.process.kill()

            running.process.communicate(timeout=30)
            assert isinstance(answer.exception(), OSError)

    def test_several_processes_answer(self, tmp_path: Path) -> None:
        folder = write_flows(tmp_path, {"echo": DOCUMENTS["echo"]})
        with serving(folder, "http://127.0.0.1:9", processes=2) as running:
            found = [running.ask("POST", "/flows/echo", {"n": n}).json["n"] for n in range(20)]

        assert found == list(range(20))


class TestRecords:
    def test_the_latest_runs_are_kept_with_their_steps(self, tmp_path: Path) -> None:
        folder = write_flows(tmp_path, {"echo": DOCUMENTS["echo"]})
        ring = RunRing(2)
        with Engine(load(ROOT), {}) as engine:
            document = json.loads((folder / "echo.flow.json").read_text())
            triggers = Triggers(engine, [parse_flow(document, "echo", "")], ring)
            ids = []
            for _ in range(3):
                triggers(environ("/flows/echo"), lambda _s, headers: ids.append(headers[2][1]))

        assert [run.id for run in ring.latest()] == ids[1:]
        assert [step.node for step in ring.latest()[0].steps] == ["start", "answer"]
        assert ring.find(ids[2]) is ring.latest()[1]
        assert ring.find(ids[0]) is None

    def test_a_crash_is_answered_and_logged(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Engine(load(ROOT), {}) as engine:
            served = [parse_flow(DOCUMENTS["echo"], "echo", "")]
            triggers = Triggers(engine, served, RunRing(1))
            monkeypatch.setattr(engine, "run", lambda *_a, **_k: os.environ["OPEN_SESAME"])
            said: list[str] = []
            triggers(environ("/flows/echo"), lambda status, _headers: said.append(status))

        assert said == ["500 Internal Server Error"]
        assert "of the flow echo crashed with KeyError" in caplog.text
        assert "OPEN_SESAME'" not in caplog.text


class TestLog:
    def logged(self, caplog: pytest.LogCaptureFixture, document: Any, given: bytes = b"") -> str:
        """Run a flow, and return the line that the log has of it, which names the run."""
        ids: list[str] = []
        asked = environ("/flows/it")
        asked["wsgi.input"] = io.BytesIO(given)
        asked["CONTENT_LENGTH"], asked["CONTENT_TYPE"] = str(len(given)), "application/json"
        connection = Connection({"apiKey": KEY}, endpoint="http://127.0.0.1:9")
        with (
            Dispatcher(load(ROOT), connection) as dispatcher,
            Engine(load(ROOT), {"": dispatcher}) as engine,
        ):
            triggers = Triggers(engine, [parse_flow(document, "it", "")], RunRing(1))
            triggers(asked, lambda _s, headers: ids.append(dict(headers)["argosy-run"]))
        if not caplog.records:
            return ""
        (record,) = caplog.records
        assert record.levelname == "WARNING"
        return record.getMessage().replace(ids[0], "RUN")

    def test_a_failed_run_is_told_with_its_node_and_the_code(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop = {"id": "stop", "kind": "fail", "inputs": {"message": "no {{ input.word }}"}}
        each = {
            "id": "each",
            "kind": "for-each",
            "inputs": {"items": [1]},
            "body": {"nodes": [stop], "edges": []},
        }

        line = self.logged(caplog, flow(each), b'{"word": "good"}')

        assert line == "run RUN of the flow it failed at each/0/stop: failed-on-purpose: no good"

    def test_a_missing_connection_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        line = self.logged(caplog, flow({**INSERT, "connection": "sb"}))

        assert line == (
            "run RUN of the flow it failed at insert: unknown-connection: "
            "There is no connection 'sb'; there is none."
        )

    def test_a_run_that_timed_out_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        line = self.logged(caplog, DOCUMENTS["slow"])

        assert (
            line == "run RUN of the flow it failed: run-timed-out: The run took longer than 0.2 s."
        )

    def test_it_is_one_short_line_without_the_key(self, caplog: pytest.LogCaptureFixture) -> None:
        stop = {"id": "stop", "kind": "fail", "inputs": {"message": "{{ input.word }}"}}
        word = f"a\nb\u001b[31m\u202e {KEY} " + "x" * 5000

        line = self.logged(caplog, flow(stop), json.dumps({"word": word}).encode())

        assert line.startswith("run RUN of the flow it failed at stop: failed-on-purpose: a b ")
        assert line.isprintable()
        assert "******" in line
        assert KEY not in line
        assert len(line) < 1100

    def test_a_run_that_did_not_fail_is_not_told(self, caplog: pytest.LogCaptureFixture) -> None:
        assert self.logged(caplog, DOCUMENTS["refused"]) == ""


def test_an_application_serves_every_flow_of_its_folder(tmp_path: Path) -> None:
    folder = write_flows(tmp_path, {"echo": DOCUMENTS["echo"], "silent": DOCUMENTS["silent"]})
    said: list[str] = []

    with open_application(settings(folder)) as application:
        application(environ("/flows/silent"), lambda status, _headers: said.append(status))

    assert said == ["204 No Content"]


def test_a_flow_of_another_trigger_has_no_route() -> None:
    manual = flow(ECHO, on="manual")

    assert routes_of([parse_flow(manual, "manual", "")]) == []
