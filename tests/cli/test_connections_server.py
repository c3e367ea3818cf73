"""`argosy connections` and `argosy tables` against `argosy server` in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
import requests

from argosy.cli.remote import open_server
from argosy.cli.service import Choices
from argosy.errors import ArgosyError
from argosy.sandbox import start
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS, S3, private
from tests.cli.flows import FLOW, INPUT, INSERT, write_json
from tests.connections.bodies import REPORT, SALESFORCE, USERS
from tests.servers import Say, ScriptedServer, closed_port

Run = Callable[..., Ran]
PASSWORD = "correct horse battery"
EMAIL = "root@example.com"


@contextmanager
def serving(data: Path, *options: str) -> Iterator[tuple[str, str]]:
    """Start `argosy server`; give its address and the token of the set-up, empty with --local."""
    command = [sys.executable, "-u", "-m", "argosy.cli.main", "server", "--port", "0"]
    command += ["--data", str(data), "--no-access-log", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ARGOSY_")}
    environment = {**clean, "ARGOSY_SECRET_KEYS": KEYS}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout
            said = ""
            is_local = "--local" in options
            while ("asks nobody" if is_local else "setup?token=") not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            found = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert found
            _wait_until_it_answers(found[0], process)
            yield found[0], said.partition("token=")[2].strip()
        finally:
            process.terminate()


def _wait_until_it_answers(url: str, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        try:
            requests.get(f"{url}/v1/health/", timeout=30)
        except requests.ConnectionError:
            with pytest.raises(subprocess.TimeoutExpired):  # or else it has ended
                process.wait(0.05)
        else:
            return
    pytest.fail("the server does not answer")


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server without accounts, and its data folder."""
    data = tmp_path_factory.mktemp("local")
    with serving(data, "--local", "--allow-endpoint", "http://127.0.0.1:9") as (url, _):
        yield url, data


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Mapping[str, str]]]:
    """A server with accounts; a key of a service account, one that may nothing, and a token."""
    with serving(tmp_path_factory.mktemp("guarded")) as (url, token):
        founding = {"token": token, "organization": "Shop", "email": EMAIL}
        posted(url, "setup", {**founding, "password": PASSWORD, "database": "shop"})
        login = {"email": EMAIL, "password": PASSWORD, "db_name": "shop"}
        root = posted(url, "login/individual", login)["token"]
        keys = {"token": root}
        for name, role in (("builder", "backend"), ("viewer", "frontend")):
            posted(url, "accounts/service", {"name": name, "role": role}, root)
            keys[name] = posted(url, "accounts/service/keys", {"name": name}, root)["key"]
        yield url, keys


def posted(url: str, path: str, body: Any, token: str = "") -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.post(f"{url}/v1/{path}/", json=body, headers=headers, timeout=60)
    assert answer.ok, answer.text
    return answer.json()


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_the_examples_of_the_brief_go_to_a_server_and_come_back(
    run: Run, local: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_SERVER", local[0])
    s3, sf = private(tmp_path / "s3", S3), private(tmp_path / "sf", SALESFORCE)

    made = run("connections", "set", "S3", "--secrets-file", s3)
    run("connections", "set", "S3", "--set", "endpoint_url=http://127.0.0.1:9")
    run("connections", "set", "SALESFORCE", "--secrets-file", sf)
    table = run("tables", "set", "S3", "users", "--file", private(tmp_path / "u", USERS))
    report = run("tables", "set", "LOCAL", "report", "--file", private(tmp_path / "r", REPORT))

    listed = run("connections", "list", "--json").json()["connections"]
    shown = run("tables", "show", "S3", "users", "--json").json()
    assert (made.status, table.status, report.status) == (0, 0, 0), made.err + table.err
    assert "Its file is uploaded to http://127.0.0.1:" in report.out
    assert [one["name"] for one in listed] == ["S3", "SALESFORCE"]
    assert listed[0]["credentials"]["aws_secret_access_key"] == "******"
    assert {name: shown[name] for name in USERS} == USERS
    names = [one["name"] for one in run("tables", "list", "--json").json()["tables"]]
    assert names == ["users", "report"]
    tested = run("tables", "test", "S3", "users")
    assert tested.status == 1
    assert "Failed" in tested.out
    assert not (tmp_path / "data").exists()
    assert run("tables", "delete", "S3", "users", "--yes").status == 0
    assert run("tables", "delete", "LOCAL", "report", "--yes").status == 0
    assert run("connections", "delete", "S3", "--yes").status == 0
    assert run("connections", "delete", "SALESFORCE", "--yes").status == 0


def test_a_test_on_a_server_tells_its_steps_and_its_refusals_are_those_of_the_store(
    run: Run, local: tuple[str, Path], tmp_path: Path
) -> None:
    server = ("--server", local[0])
    document = {**S3, "endpoint_url": "http://127.0.0.1:9"}
    file = private(tmp_path / "s3", document)

    ran = run("connections", "test", "S3", "--secrets-file", file, *server)
    absent = run("connections", "show", "KLAVIYO", *server)
    unknown = run("connections", "show", "S4", *server)
    wrong = run(
        "connections", "set", "S3", "--secrets-file", file, "--set", "region_name=#", *server
    )

    assert ran.status == 1
    assert "✗ list" in ran.out
    assert "Failed in" in ran.out
    assert (absent.status, one_line(absent.err)) == (
        1,
        "Error: KLAVIYO is not stored yet, argosy connections set KLAVIYO stores it; "
        "none is stored yet.",
    )
    assert (unknown.status, one_line(unknown.err)) == (
        1,
        "Error: There is no connection 'S4'; none is stored yet.",
    )
    assert "/credentials/region_name" in wrong.err
    assert run("connections", "types", "S3", *server, "--json").json()["type"] == "S3"


@pytest.mark.parametrize("name", ["a b.csv", "50%", "?x=1#y", "ä", "..;"])
def test_a_name_arrives_as_it_was_written(run: Run, local: tuple[str, Path], name: str) -> None:
    server = ("--server", local[0])

    made = run("tables", "set", "LOCAL", name, "--resource", "item", *server)
    shown = run("tables", "show", "LOCAL", name, "--json", *server)
    run("tables", "delete", "LOCAL", name, "--yes", *server)

    assert made.status == 0, made.err
    assert shown.json()["name"] == name


@pytest.mark.parametrize("name", ["..", ".", "a/b", ""])
def test_a_name_that_would_lead_elsewhere_is_not_sent(
    run: Run, local: tuple[str, Path], name: str
) -> None:
    ran = run("tables", "delete", "LOCAL", name, "--yes", "--server", local[0])

    assert ran.status == 1
    assert "There is an error in the submitted data: the name of a" in one_line(ran.err)


def test_a_server_with_accounts_takes_a_service_key_from_a_file_or_the_environment(
    run: Run,
    guarded: tuple[str, Mapping[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url, keys = guarded
    file = private(tmp_path / "key", keys["builder"] + "\n")
    account = ("--server", url, "--server-account", "builder")

    by_file = run("connections", "list", *account, "--server-key-file", file)
    tables = run("tables", "list", *account, "--server-key-file", file, "--database", "shop")
    only_one = run("tables", "list", *account, "--server-key-file", file, "--json")
    monkeypatch.setenv("ARGOSY_SERVER", url)
    monkeypatch.setenv("ARGOSY_SERVER_ACCOUNT", "builder")
    monkeypatch.setenv("ARGOSY_SERVER_KEY", keys["builder"])
    by_environment = run("connections", "list", "--json")
    monkeypatch.setenv("ARGOSY_SERVER_KEY", keys["token"])
    by_token = run("tables", "list", "--json")

    assert by_file.status == 0, by_file.err
    assert tables.status == 0, tables.err
    assert only_one.json()["tables"] == []
    assert by_environment.json() == {"connections": []}
    assert by_token.json()["tables"] == []
    said = by_file.err + tables.err + only_one.err
    assert keys["builder"] not in said


def test_a_command_ends_the_session_that_it_began(
    run: Run, guarded: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, keys = guarded
    monkeypatch.setenv("ARGOSY_SERVER_KEY", keys["builder"])
    login = {"name": "builder", "password": keys["builder"]}
    bearer = {"Authorization": f"Bearer {posted(url, 'login/service', login)['token']}"}

    def sessions() -> int:
        """The builder's own, this test's among them."""
        answer = requests.get(f"{url}/v1/sessions/?amt=64", headers=bearer, timeout=60)
        assert answer.ok, answer.text
        return len(answer.json()["sessions"])

    before = sessions()
    ran = run("connections", "list", "--server", url, "--server-account", "builder")
    refused = run("connections", "show", "S3", "--server", url, "--server-account", "builder")

    assert (ran.status, refused.status) == (0, 1)
    assert before >= 1
    assert sessions() == before


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Say(403, {"error_code": 50, "error_data": {"error": "no."}}), "no."),
        (Say(200, {"databases": [{}]}), "the list of databases gave no name"),
        (Say(200, {"databases": ["shop"]}), "the list of databases gave no name"),
    ],
)
def test_a_session_is_ended_where_its_database_cannot_be_chosen(answer: Say, told: str) -> None:
    login = Say(200, {"token": "t", "refresh_token": "r"})
    environ = {"ARGOSY_SERVER_KEY": "argk_key", "ARGOSY_SERVER_ACCOUNT": "builder"}

    with (
        ScriptedServer(login, answer, Say(200, {})) as server,
        pytest.raises(ArgosyError, match=told),
        open_server(server.url, Choices(), environ, needs_database=True),
    ):
        pass

    ends = [(one.method, one.path) for one in server.received][2:]
    assert ends == [("DELETE", "/v1/sessions/current/")]


def test_who_may_not_is_told_why(
    run: Run, guarded: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, keys = guarded
    nobody = run("connections", "list", "--server", url)
    monkeypatch.setenv("ARGOSY_SERVER_KEY", keys["viewer"])
    unnamed = run("connections", "list", "--server", url)
    viewer = run("connections", "list", "--server", url, "--server-account", "viewer")
    other = run("connections", "list", "--server", url, "--server-account", "builder")
    as_json = run("connections", "list", "--server", url, "--server-account", "builder", "--json")

    assert nobody.status == unnamed.status - 1 == viewer.status == other.status == 1
    assert "ARGOSY_SERVER_KEY" in nobody.err
    assert "name it by --server-account" in one_line(unnamed.err)
    assert "enough permissions" in one_line(viewer.err)
    assert "The login is refused" in one_line(other.err)
    assert "It was given in ARGOSY_SERVER_KEY, as a key of the service account builder." in (
        one_line(other.err)
    )
    assert as_json.json()["error_code"] == 21
    assert keys["viewer"] not in other.err + as_json.out


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("argk_wrong", "as a key of the service account builder"),
        ("eyJhbGciOiJub25lIn0.eyJhIjoxfQ.x-x", ""),
    ],
)
def test_a_key_that_is_refused_is_told_with_the_file_it_came_from(
    run: Run, guarded: tuple[str, Mapping[str, str]], tmp_path: Path, key: str, given: str
) -> None:
    file = private(tmp_path / "key.txt", key)
    account = ("--server", guarded[0], "--server-account", "builder")

    ran = run("connections", "list", *account, "--server-key-file", file)

    assert ran.status == 1
    told = "".join(ran.err.split())  # wherever a line ends
    assert "Theloginisrefused:" in told
    assert f"Itwasgivenin--server-key-file{file}{',' if given else '.'}" in told
    assert given in one_line(ran.err)
    assert "put a service key" not in one_line(ran.err)
    assert key not in ran.err


def test_of_several_databases_one_is_named_by_its_option(
    run: Run, guarded: tuple[str, Mapping[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, keys = guarded
    login = {"name": "builder", "password": keys["builder"]}
    second = posted(url, "databases", {"name": "blog"}, keys["token"])
    monkeypatch.setenv("ARGOSY_SERVER_KEY", keys["builder"])
    by_key = run("tables", "list", "--server", url, "--server-account", "builder")
    headers = {"Authorization": f"Bearer {keys['token']}"}
    requests.delete(f"{url}/v1/databases/{second['id']}/", headers=headers, timeout=60)
    monkeypatch.setenv("ARGOSY_SERVER_KEY", posted(url, "login/service", login)["token"])
    by_token = run("tables", "list", "--server", url)

    assert (by_key.status, by_token.status) == (1, 1)
    assert "no database selected; name the one of the tables by --database." in one_line(by_key.err)
    assert "the token is of none; log in with db_name" in one_line(by_token.err)


def test_a_key_does_not_travel_in_plain(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_SERVER_KEY", "argk_key")

    ran = run("connections", "list", "--server", "http://argosy.example.com")

    assert ran.status == 2
    assert "everybody on the way could read the key" in one_line(ran.err)


def test_secrets_of_connections_do_not_travel_in_plain_either() -> None:
    with open_server("http://argosy.example.com", Choices(), {}) as server:
        for send in (server.put_connection, server.test_connection):
            with pytest.raises(click.UsageError, match="could read the secrets of the connection"):
                send("S3", {"credentials": S3})


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (Say(502, "<html>", {"Content-Type": "text/html"}), "HTTP 502, and no JSON object"),
        (Say(200, [1]), "HTTP 200, and no JSON object"),
        (Say(404, {"detail": "Not Found"}), "HTTP 404, and none of the service's errors"),
        (Say(500, {"error_code": 0, "error_data": {}, "message": "It broke."}), "It broke."),
        (Say(404, {"error_code": 60, "error_data": {}, "message": "Gone."}), "Gone."),
        (Say(302, b"", {"Location": "http://127.0.0.1:9/"}), "redirects to http://127.0.0.1:9/"),
        (Say(429, {"error_code": 2, "error_data": {"retry_after": 7}}), "answered in 7 s"),
    ],
)
def test_what_is_no_answer_of_argosy_is_told(run: Run, answer: Say, told: str) -> None:
    with ScriptedServer(answer) as server:
        ran = run("connections", "list", "--server", server.url)

    assert ran.status in {1, 70}
    assert told in one_line(ran.err)
    assert "Traceback" not in ran.err


def test_a_server_that_is_not_there_is_told(run: Run) -> None:
    ran = run("connections", "list", "--server", f"http://127.0.0.1:{closed_port()}")

    assert ran.status == 1
    assert "the connection was refused" in one_line(ran.err)


def test_what_a_server_names_is_not_taken_for_commands_to_the_terminal(run: Run) -> None:
    one = {"name": "\x1b[2J", "type": "S3", "warnings": ["\x1b[31m"], "last_result": None}
    with ScriptedServer(Say(200, {"connections": [one]})) as server:
        ran = run("connections", "list", "--server", server.url)

    assert ran.status == 0
    assert "\x1b" not in ran.out + ran.err


def test_a_server_runs_flows_with_the_connections_of_the_same_store(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `argosy connections --data` stores, the server's flows use, also while it runs."""
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)
    data = tmp_path / "served"
    trigger = {"id": "start", "kind": "trigger", "inputs": {"on": "http"}}
    insert = {"id": "insert", "capability": "insert-record", "inputs": INSERT, "connection": "shop"}
    respond = {"id": "end", "kind": "respond", "inputs": {"body": "done"}}
    edges = [{"from": "start", "to": "insert"}, {"from": "insert", "to": "end"}]
    (data / "flows").mkdir(parents=True)
    flow = {**FLOW, "nodes": [trigger, insert, respond], "edges": edges}
    write_json(data / "flows" / "t.flow.json", flow)
    with start() as sandbox, serving(data, "--local") as (url, _):
        before = requests.post(f"{url}/flows/t", json=json.loads(INPUT), timeout=60)
        body = {"credentials": {"apiKey": sandbox.write_key}, "settings": {"endpoint": sandbox.url}}
        made = run(
            "connections", "set", "shop", "--type", "TREASURE_DATA", "--data", str(data),
            "--secrets-file", private(tmp_path / "b", body),
        )  # fmt: skip
        after = requests.post(f"{url}/flows/t", json=json.loads(INPUT), timeout=60)

    assert before.status_code == 500
    assert made.status == 0, made.err
    assert (after.status_code, after.json()) == (200, "done")
