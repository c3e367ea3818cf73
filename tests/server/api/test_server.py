"""The server as it is run: started, set up, stopped and started again."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from argosy.accounts import Accounts
from argosy.cli.main import main
from argosy.connections.service import Connections
from argosy.connections.types import load_types
from argosy.store import KeyRing, open_store
from tests.conftest import ROOT
from tests.connections.service.service import FakeProber
from tests.databases import KINDS, empty_database
from tests.server.api.conftest import cheap_passwords
from tests.server.api.running import running
from tests.server.documents import DOCUMENTS, INSERT, flow, respond

PASSWORD = "correct horse battery"
OLD, NEW = bytes(range(32)), bytes(range(100, 132))
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE"
S3 = {"credentials": {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": SECRET}}


@pytest.mark.parametrize("kind", KINDS)
def test_a_restart_keeps_everything(kind: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with empty_database(kind, data) as url:
        environ = {} if kind == "sqlite" else {"ARGOSY_DATABASE_URL": url}
        with running(data, environ=environ) as server:
            server.found(PASSWORD)
            login = server.log_in(PASSWORD)
            put = server.ask("PUT", "/v1/connections/S3/", S3, login["token"])
            path = "/v1/connections/LOCAL/tables/names & más.csv"
            patched = server.ask("PATCH", path, {"resource": "item"}, login["token"])
            upload = patched.json()["connection_table_params"]["url"].removeprefix(server.url)
            long = b"id,name\n" + b"1,x\n" * 700_000
            uploaded = _upload(server.url + upload, long)
        first = server

        with running(data, environ=environ) as server:
            shown = server.ask("GET", "/v1/connections/S3/", token=login["token"])
            table = server.ask("GET", path, token=login["token"])
            refreshed = server.ask(
                "POST", "/v1/login/refresh-token/", {"refresh_token": login["refresh_token"]}
            )

    assert put.status_code == patched.status_code == 200
    assert uploaded["bytes"] == len(long)
    assert shown.json()["fingerprints"] == put.json()["fingerprints"]
    assert table.json()["name"] == "names & más.csv"
    assert refreshed.status_code == 200
    assert first.process.returncode == server.process.returncode == 0
    assert _files(data) == [long]
    assert "setup?token" in "".join(first.said)
    assert "setup?token" not in "".join(server.said)
    logged = "".join([*first.log, *server.log])
    assert "GET /v1/connections/S3/ 200" in logged
    for text in (SECRET, PASSWORD, login["token"], login["refresh_token"], first.setup_token):
        assert text not in logged
    if kind == "sqlite":
        stored = b"".join(one.read_bytes() for one in data.glob("argosy.db*"))
        assert SECRET.encode() not in stored
        assert PASSWORD.encode() not in stored


def _upload(url: str, body: bytes, **headers: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.put(url, data=body, headers=headers, timeout=60)
    return answer.json() if answer.content else dict(answer.headers)


def _files(data: Path) -> list[bytes]:
    """Return the files of tables, without what is on the way."""
    found = (data / "uploads").rglob("[!.]*")
    return [one.read_bytes() for one in found if one.is_file()]


def test_an_upload_that_broke_off_changes_nothing_and_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    path = "/v1/connections/LOCAL/tables/users"
    with running(data, "--local") as server:
        made = server.ask("PATCH", path, {"resource": "user"}).json()
        url = made["connection_table_params"]["url"]
        _upload(url, b"user_id\n1\n")
        parts = urlsplit(url)
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as broken:
            broken.sendall(f"{head}Content-Length: 1000000\r\n\r\n17 bytes, no more".encode())
            broken.shutdown(socket.SHUT_WR)
            while broken.recv(4096):
                pass
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as chunked:
            chunked.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".encode())
            answer = chunked.recv(65_536)
        old = _files(data)
        size = 1_000_000
        there = _upload(url, b"", **{"Content-Range": f"bytes */{size}"})["range"]
        rest = b"x" * (size - 17)
        done = _upload(url, rest, **{"Content-Range": f"bytes 17-{size - 1}/{size}"})

    assert b"400 Bad Request" in answer
    assert b"Content-Length" in answer
    assert old == [b"user_id\n1\n"]
    assert there == "bytes=0-16"
    assert done["bytes"] == size
    assert _files(data) == [b"17 bytes, no more" + rest]


def test_without_accounts_flows_are_for_this_machine_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "flows").mkdir(parents=True)
    echo = data / "flows" / "echo.flow.json"
    echo.write_text(json.dumps(DOCUMENTS["echo"]), encoding="utf-8")
    strange = (
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    )

    with running(data, "--local") as server, requests.Session() as session:
        session.trust_env = False
        own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
        found = [
            session.post(f"{server.url}{path}", json={}, headers=headers, timeout=30)
            for path in ("/flows/echo", "/flows/nix", "/v1/connections/S3/test/")
            for headers in strange
        ]
        good = session.post(f"{server.url}/flows/echo", json={}, headers=own, timeout=30)

    assert [one.status_code for one in found] == [403] * 9
    assert {one.headers["content-type"] for one in found} == {"application/problem+json"}
    assert good.status_code != 403


def test_with_accounts_flows_answer_other_names(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "flows").mkdir(parents=True)
    echo = data / "flows" / "echo.flow.json"
    echo.write_text(json.dumps(DOCUMENTS["echo"]), encoding="utf-8")
    headers = {"Host": "flows.example.com", "Origin": "https://shop.example.com"}

    with running(data) as server, requests.Session() as session:
        session.trust_env = False
        body = {"greeting": "hello"}
        found = session.post(f"{server.url}/flows/echo", json=body, headers=headers, timeout=30)

    assert found.status_code == 200


def test_flows_and_the_api_are_one_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "flows").mkdir(parents=True)
    echo = data / "flows" / "echo.flow.json"
    echo.write_text(json.dumps(DOCUMENTS["echo"]), encoding="utf-8")

    with running(data, "--local", "--processes", "2") as server:
        flow = server.ask("POST", "/flows/echo", {"greeting": "hello"})
        unknown = server.ask("POST", "/flows/nix", {})
        with ThreadPoolExecutor(8) as threads:
            paths = [f"/v1/connections/LOCAL/tables/t{n}/" for n in range(24)]
            made = list(
                threads.map(lambda one: server.ask("PATCH", one, {"resource": "item"}), paths)
            )
        listed = server.ask("GET", "/tables?amt=64")
        large = server.ask("PUT", "/v1/connections/S3/", {"credentials": "x" * 5_000_000})

    assert flow.status_code == 200
    assert unknown.json()["code"] == "unknown-path"
    assert {one.status_code for one in made} == {200}
    assert len(listed.json()["tables"]) == 24
    assert (large.status_code, large.json()["error_code"]) == (400, 40)
    assert re.search(r"POST http://127.0.0.1:\d+/flows/echo  echo", "".join(server.said))


def test_the_sandbox_is_started_and_used_by_tests_and_by_flows(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "flows").mkdir(parents=True)
    named = {**INSERT, "connection": "nightly"}
    guarded = flow(named, respond({"code": "{{ nodes.insert.error.code }}"}))
    guarded["edges"][1]["outcome"] = "error"
    inserted = respond({"uuid": "{{ nodes.insert.outputs.uuid }}"})
    documents = {"usual": flow(INSERT, inserted), "named": flow(named, inserted)}
    for name, document in {**documents, "guarded": guarded}.items():
        file = data / "flows" / f"{name}.flow.json"
        file.write_text(json.dumps(document), encoding="utf-8")
    good, bad = ({"credentials": {"apiKey": key}} for key in ("1/sandbox", "1/nobody"))

    with running(data, "--local", "--sandbox") as server:
        types = server.ask("GET", "/v1/connection-types/").json()["connection_types"]
        (type_,) = (one["type"] for one in types if "apiKey" in one["credentials"]["properties"])
        tested = server.ask("POST", f"/v1/connections/{type_}/test/", good)
        refused = server.ask("POST", f"/v1/connections/{type_}/test/", bad)

        usual = server.ask("POST", "/flows/usual", {"a": 1})
        missing = server.ask("POST", "/flows/named", {"a": 1})
        server.ask("PUT", "/v1/connections/nightly/", {**good, "type": type_})
        stored = server.ask("POST", "/flows/named", {"a": 1})
        server.ask("PUT", "/v1/connections/nightly/", bad)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:  # a connection is soon used as it is now
            changed = server.ask("POST", "/flows/named", {"a": 1})
            if changed.status_code != 200:
                break
        server.ask("DELETE", "/v1/connections/nightly/")
        while time.monotonic() < deadline:  # and one that is deleted is soon gone
            deleted = server.ask("POST", "/flows/guarded", {"a": 1})
            if deleted.json()["code"] == "unknown-connection":
                break

    assert (tested.status_code, tested.json().get("verified")) == (200, True), tested.text
    assert refused.json()["error_data"]["reason"] == "refused"
    assert "The sandbox answers at http://127.0.0.1:" in "".join(server.said)
    assert (data / "sandbox").is_dir()
    statuses = [one.status_code for one in (usual, missing, stored, changed, deleted)]
    assert statuses == [200, 500, 200, 500, 200]
    assert deleted.json() == {"code": "unknown-connection"}
    assert not [line for line in server.log if "crashed" in line]


class TestOrganizations:
    """Several organizations, and flows that are for one of them."""

    def founded(self, folder: Path, *names: str) -> Path:
        """Make organizations, and flows: two that use what is stored, two that do not."""
        data = folder / "data"
        (data / "flows").mkdir(parents=True)
        inner = {"id": "inner", "kind": "subflow", "inputs": {"flow": "inner"}}
        inserting = {**flow({**INSERT, "connection": "sb"}), "name": "Inner"}
        inserting["nodes"][0]["inputs"] = {"on": "manual"}
        documents = {
            "named": flow({**INSERT, "connection": "sb"}),
            "calling": flow(inner),
            "inner": inserting,
            "echo": DOCUMENTS["echo"],
        }
        for name, document in documents.items():
            (data / "flows" / f"{name}.flow.json").write_text(json.dumps(document))
        with open_store(f"sqlite:///{data}/argosy.db") as store:
            founding = Accounts(store, KeyRing([OLD]), passwords=cheap_passwords()).founding
            for name in names:
                email = f"root@{name.lower()}.example.com"
                founding.create_organization(
                    organization=name, email=email, password=PASSWORD, database="shop"
                )
        return data

    def test_one_that_is_not_there_is_refused_at_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = self.founded(tmp_path, "Example", "Other")
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", OLD.hex())

        assert main(["server", "--data", str(data), "--organization", "Nope"]) == 1
        said = " ".join(capsys.readouterr().err.split())
        assert "The server cannot start: there is no organization 'Nope'; there is " in said
        assert "Example" in said
        assert "Other" in said

    def test_a_database_that_is_not_there_is_refused_at_the_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = self.founded(tmp_path, "Example")
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", OLD.hex())

        assert main(["server", "--data", str(data), "--local", "--database", "nope"]) == 1
        assert "The database 'nope' does not exist." in capsys.readouterr().err

    def test_flows_that_are_for_nobody_are_named_and_why_they_fail_is_logged(
        self, tmp_path: Path
    ) -> None:
        data = self.founded(tmp_path, "Example", "Other")

        with running(data, environ={"ARGOSY_SECRET_KEYS": OLD.hex()}) as server:
            failed = server.ask("POST", "/flows/named", {})
            worked = server.ask("POST", "/flows/echo", {})
        chosen = ("--organization", "Other")
        with running(data, *chosen, environ={"ARGOSY_SECRET_KEYS": OLD.hex()}) as other:
            missing = other.ask("POST", "/flows/named", {})

        (warning,) = (line for line in server.log if line.startswith("Warning: "))
        assert warning == (
            "Warning: flows use what is stored, and will fail: calling, named. Say whose "
            "connections and tables they are for with --organization NAME: "
            "there is Example, Other.\n"
        )
        assert worked.status_code == 200
        assert failed.json()["code"] == "run-failed"
        assert not {"Example", "--organization", "sb"} & set(re.findall(r"[\w-]+", failed.text))
        (reason,) = (line for line in server.log if failed.json()["run"] in line)
        assert "WARNING argosy.server: run" in reason
        assert "of the flow named failed at insert: wrong-data: " in reason
        assert "start it with --organization NAME." in reason
        assert not [line for line in other.log if "Warning: " in line]
        (reason,) = (line for line in other.log if missing.json()["run"] in line)
        assert "unknown-connection: There is no connection 'sb'" in reason


class TestRotation:
    def stored(self, folder: Path) -> Path:
        data = folder / "data"
        with open_store(f"sqlite:///{data}/argosy.db", folder=data) as store:
            connections = Connections(
                store, KeyRing([OLD]), load_types(), FakeProber(), now=time.time
            )
            accounts = Accounts(store, KeyRing([OLD]), passwords=cheap_passwords())
            connections.put(accounts.founding.operator(), "S3", S3)
        return data

    def test_stored_secrets_are_encrypted_with_the_first_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = self.stored(tmp_path)
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", f"{NEW.hex()},{OLD.hex()}")

        first = main(["server", "--data", str(data), "--rotate-keys"])
        again = main(["server", "--data", str(data), "--rotate-keys"])

        id_ = KeyRing([NEW]).ids[0]
        assert (first, again) == (0, 0)
        assert capsys.readouterr().out.splitlines() == [
            f"Encrypted with the key {id_} now: 1 connection.",
            f"Encrypted with the key {id_} now: 0 connections.",
        ]

    def test_what_no_key_decrypts_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        data = self.stored(tmp_path)
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", NEW.hex())

        assert main(["server", "--data", str(data), "--rotate-keys"]) == 1
        assert "No key decrypts the connection S3 of the organization" in capsys.readouterr().err


class TestRefusals:
    def test_local_does_not_listen_to_others(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["server", "--local", "--host", "0.0.0.0"]) == 2
        assert "--local asks nobody who they are, so it does not listen on 0.0.0.0" in (
            capsys.readouterr().err
        )

    def test_a_folder_of_flows_that_is_not_there_is_told(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["server", "--flows", "no-such-folder"]) == 2
        assert "--flows no-such-folder: there is no such folder." in capsys.readouterr().err

    def test_an_address_that_is_no_database_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARGOSY_DATABASE_URL", "mysql://ada:hunter2hunter2@db/x")

        assert main(["server", "--data", str(tmp_path)]) != 0
        said = capsys.readouterr().err
        assert "The address of the store cannot be used" in said
        assert "hunter2" not in said

    def test_a_key_that_is_none_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", "hunter2hunter2")

        assert main(["server", "--data", str(tmp_path / "data")]) != 0
        said = capsys.readouterr().err
        assert "The secret keys cannot be used: key 1 is not 32 bytes" in said
        assert "hunter2" not in said

    def test_a_network_that_is_none_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ARGOSY_SECRET_KEYS", "00" * 16 + "0f1e2d3c4b5a69788796a5b4c3d2e1f0")

        assert main(["server", "--data", str(tmp_path / "d"), "--allow-network", "10.0.0"]) == 2
        assert "'10.0.0' is not a network, as 10.1.0.0/16 is." in capsys.readouterr().err

    @pytest.mark.parametrize(
        "origin",
        [
            "minio:9000",
            "ftp://minio",
            "https://",
            "https://x/path",
            "https://x:port",
            "https://x?a",
        ],
    )
    def test_an_origin_that_is_none_is_told(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], origin: str
    ) -> None:
        for command in (["server"], ["connections", "test", "S3"]):
            given = ["--data", str(tmp_path / "d"), "--allow-endpoint", origin]
            assert main([*command, *given]) == 2
            said = " ".join(capsys.readouterr().err.split())
            assert "is not an origin, as https://minio.example.com:9000 is." in said
        assert not (tmp_path / "d").exists()

    def test_an_origin_with_a_password_is_not_repeated(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["server", "--allow-endpoint", "https://ada:hunter2@x"]) == 2
        said = capsys.readouterr().err
        assert "an origin holds no user and no password" in said
        assert "hunter2" not in said

    def test_a_database_is_named_without_accounts_alone(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["server", "--database", "shop"]) == 2
        assert "--database goes with --local" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["a2wsgi", "fastapi", "sqlalchemy", "jwt", "argon2"])
    def test_a_missing_package_is_told_with_its_extra(self, name: str) -> None:
        text = (
            f"import sys; sys.modules['{name}'] = None;"
            "from argosy.cli.main import main; sys.exit(main(['server']))"
        )

        shown = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, check=False
        )

        assert shown.returncode != 0
        assert "pip install 'argosy[server]'" in shown.stderr

    def test_the_command_needs_no_server_to_show_its_help(self) -> None:
        text = (
            "import sys; from argosy.cli.main import main; main(['server', '--help']);"
            "names = ('fastapi', 'sqlalchemy', 'granian', 'pydantic');"
            "print([name for name in names if name in sys.modules])"
        )
        command = [sys.executable, "-c", text]

        shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)

        assert shown.stdout.splitlines()[-1] == "[]"
