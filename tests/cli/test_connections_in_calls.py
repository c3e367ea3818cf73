"""Calls and flows use stored connections by their names, and nothing else reads a key."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from argosy.cli.seen import known_secrets
from argosy.sandbox import RunningSandbox
from argosy.server.api import ApiSettings
from argosy.server.api.services import open_services
from argosy.store import open_store, tables
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS, S3, private
from tests.cli.flows import FLOW, INPUT, INSERT, write_json
from tests.conftest import ROOT
from tests.databases import KINDS, ready_database

Run = Callable[..., Ran]
TABLE = ("--set", "database=shop", "--set", "table=people")
CALL = ("call", "insert-record", *TABLE, "--set", 'record={"email": "ada@example.com"}')
START = {"id": "start", "kind": "trigger"}
NODE = {"id": "insert", "capability": "insert-record", "inputs": INSERT, "connection": "shop"}


@pytest.fixture(autouse=True)
def _known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)


@pytest.fixture
def shop(run: Run, sandbox: RunningSandbox, tmp_path: Path) -> str:
    body = {
        "credentials": {"apiKey": sandbox.write_key},
        "settings": {"endpoint": sandbox.url, "transport": {"maxAttempts": 1}},
    }
    file = private(tmp_path / "body.json", body)
    made = run("connections", "set", "shop", "--type", "TREASURE_DATA", "--secrets-file", file)
    assert made.status == 0, made.err
    return "shop"


def flow_of(path: Path, *nodes: Any, edges: Any = ()) -> Path:
    every = edges or [{"from": "start", "to": "insert"}]
    return write_json(path, {**FLOW, "nodes": [START, *nodes], "edges": every})


def rows(sandbox: RunningSandbox) -> int:
    answer = requests.get(f"{sandbox.url}/_sandbox/rows/shop/people", timeout=30)
    return int(answer.json()["count"]) if answer.ok else 0


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_a_call_uses_a_stored_connection_by_its_name(
    run: Run, shop: str, sandbox: RunningSandbox
) -> None:
    ran = run(*CALL, "--connection", shop)

    assert ran.status == 0, ran.err
    assert rows(sandbox) == 1
    assert known_secrets().text(f"key {sandbox.write_key}") == "key ******"


def test_of_several_organizations_one_is_named(
    run: Run, shop: str, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'data' / 'argosy' / 'argosy.db'}"
    with open_store(url) as store, store.write() as connection:
        own = connection.execute(select(tables.organizations.c.name)).scalar_one()
        other = {"id": "other", "name": "other", "created": 1.0, "modified": 1.0}
        connection.execute(tables.organizations.insert().values(other))
    flow = str(flow_of(tmp_path / "t.flow.json", NODE))

    unnamed = run(*CALL, "--connection", shop)
    called = run(*CALL, "--connection", shop, "--organization", own)
    elsewhere = run(*CALL, "--connection", shop, "--organization", "other")
    ran = run("run", flow, "--input", INPUT, "--organization", own)

    assert unnamed.status == 1
    assert "say which organization" in one_line(unnamed.err)
    assert (called.status, ran.status) == (0, 0), called.err + ran.err
    assert elsewhere.status == 2
    assert rows(sandbox) == 2


def test_a_store_elsewhere_is_named_by_its_folder(
    run: Run, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    body = {"credentials": {"apiKey": sandbox.write_key}, "settings": {"endpoint": sandbox.url}}
    file, data = private(tmp_path / "b.json", body), str(tmp_path / "elsewhere")
    run("connections", "set", "TREASURE_DATA", "--data", data, "--secrets-file", file)

    there = run(*CALL, "--connection", "TREASURE_DATA", "--data", data)
    here = run(*CALL, "--connection", "TREASURE_DATA")

    assert there.status == 0, there.err
    assert (here.status, here.out) == (2, "")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_in_a_database_is_named_by_its_address(
    run: Run,
    kind: str,
    sandbox: RunningSandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    body = {"credentials": {"apiKey": sandbox.write_key}, "settings": {"endpoint": sandbox.url}}
    with ready_database(kind, tmp_path) as url:
        monkeypatch.setenv("ARGOSY_DATABASE_URL", url)
        file = private(tmp_path / "b.json", body)
        made = run("connections", "set", "shop", "--type", "TREASURE_DATA", "--secrets-file", file)
        table = run("tables", "set", "LOCAL", "t", "--resource", "user")
        called = run(*CALL, "--connection", "shop")
        unknown = run(*CALL, "--connection", "nowhere")
        listed = run("tables", "list", "--json").json()["tables"]

    assert (made.status, table.status, called.status) == (0, 0, 0), made.err + called.err
    assert [one["name"] for one in listed] == ["t"]
    assert "in the database of ARGOSY_DATABASE_URL; there is shop." in one_line(unknown.err)
    assert not (tmp_path / "data" / "argosy" / "argosy.db").exists()


def test_a_file_of_the_same_name_goes_first(
    run: Run, shop: str, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    folder = tmp_path / "config" / "argosy" / "connections"
    folder.mkdir(parents=True)
    private(folder / "shop.json", {"endpoint": "http://127.0.0.1:9"})

    shown = run(*CALL, "--connection", shop, "--dry-run")

    assert "http://127.0.0.1:9/" in shown.out


def test_a_file_in_the_working_directory_hides_no_stored_connection(
    run: Run, shop: str, tmp_path: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    private(Path("shop"), "not a connection")
    private(Path("shop.json"), {"endpoint": "http://127.0.0.1:9"})

    stored = run(*CALL, "--connection", shop, "--dry-run")
    by_ending = run(*CALL, "--connection", "shop.json", "--dry-run")
    by_path = run(*CALL, "--connection", "./shop.json", "--dry-run")

    assert sandbox.url in stored.out, stored.err
    assert "http://127.0.0.1:9/" in by_ending.out
    assert "http://127.0.0.1:9/" in by_path.out


def test_a_path_is_a_file_whatever_it_ends_with(
    run: Run, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    private(Path("shop"), {"endpoint": "http://127.0.0.1:9"})

    ran = run(*CALL, "--connection", "./shop", "--dry-run")
    missing = run(*CALL, "--connection", "./nix", "--dry-run")

    assert "http://127.0.0.1:9/" in ran.out, ran.err
    assert missing.status == 2
    assert "--connection ./nix: nix cannot be read" in one_line(missing.err)


def test_a_key_in_a_plain_file_is_refused_with_how_to_store_it(
    run: Run, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    properties = {"apiKey": sandbox.write_key, "region": "us01"}
    keyed = {"endpoint": sandbox.url, "properties": properties}
    file = private(tmp_path / "eu.json", keyed)
    flow = str(flow_of(tmp_path / "t.flow.json", {**NODE, "connection": file}))

    ran = run("run", flow, "--input", INPUT, "--connection", file)
    called = run(*CALL, "--connection", file)

    assert (ran.status, called.status) == (1, 1)
    for one in (ran, called):
        assert (
            "'apiKey' stands in it in plain text, and no key is read from a file of connections"
        ) in one_line(one.err)
        assert (
            "Have it encrypted by argosy connections set eu --type TREASURE_DATA --set region=us01 "
            f"--set settings.endpoint={sandbox.url}, and delete the file."
        ) in one_line(one.err)
        assert sandbox.write_key not in one.err + one.out


def test_a_missing_key_is_asked_for_by_the_store_first(run: Run) -> None:
    ran = run(*CALL)

    hint = one_line(ran.err)
    assert "Give it by a connection (`argosy connections set`, or a file's" in hint
    assert hint.index("connections set") < hint.index("ARGOSY_API_KEY")


def test_a_name_that_is_nowhere_is_told_with_those_there_are(run: Run, shop: str) -> None:
    ran = run(*CALL, "--connection", "shp")

    assert (ran.status, ran.out) == (2, "")
    assert "There is no connection 'shp'" in one_line(ran.err)
    assert "there is shop." in one_line(ran.err)


def test_a_connection_of_another_type_is_refused_before_anything_is_sent(
    run: Run, shop: str, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3))

    ran = run(*CALL, "--connection", "S3", "--endpoint", sandbox.url)

    assert ran.status == 1
    assert "'S3' is of the type S3, which Treasure Data is not called with" in one_line(ran.err)
    assert "Connections to call with: shop." in one_line(ran.err)
    assert "PasSW0rD" not in ran.err


def test_a_key_is_not_given_to_another_connector(run: Run, shop: str) -> None:
    other = str(ROOT / "tests" / "connectors" / "notes")
    capability = json.loads(Path(other, "connector.json").read_text())["capabilities"][0]

    ran = run(
        "--connector", other, "call", Path(capability).name, "--connection", shop, "--dry-run"
    )

    assert ran.status == 1
    assert "which" in ran.err
    assert "is not called with" in one_line(ran.err)


def test_a_server_gives_its_flows_connections_of_the_connectors_type_alone(
    run: Run, shop: str, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    data = tmp_path / "data" / "argosy"
    run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3))
    own, other = ROOT, ROOT / "tests" / "connectors" / "notes"

    def settings(connector: Path) -> ApiSettings:
        url = f"sqlite:///{data / 'argosy.db'}"
        keys = {"ARGOSY_SECRET_KEYS": KEYS}
        return ApiSettings(store_url=url, connector=connector, data=data, environ=keys)

    with open_services(settings(own)) as services:
        found = services.find_connection(shop)
        for name in ("S3", "nowhere", ""):
            with pytest.raises(KeyError):
                services.find_connection(name)
    with open_services(settings(other)) as services, pytest.raises(KeyError):
        services.find_connection(shop)

    assert (found.properties, found.endpoint) == ({"apiKey": sandbox.write_key}, sandbox.url)


def test_a_node_uses_the_stored_connection_that_it_names(
    run: Run, shop: str, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    ran = run("run", str(flow_of(tmp_path / "t.flow.json", NODE)), "--input", INPUT)

    assert ran.status == 0, ran.err
    assert rows(sandbox) == 1


def test_a_connection_that_no_step_reaches_is_not_opened(
    run: Run, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    condition = {"id": "big", "kind": "condition", "inputs": {"when": "{{ input.times > 2 }}"}}
    edges = [{"from": "start", "to": "big"}, {"from": "big", "outcome": "true", "to": "insert"}]
    flow = flow_of(tmp_path / "t.flow.json", condition, NODE, edges=edges)
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS[::-1])  # what is stored cannot be read

    passed_by = run("run", str(flow), "--input", INPUT)
    reached = run("run", str(flow), "--input", '{"email": "a@example.com", "times": 3}')

    assert passed_by.status == 0, passed_by.err
    assert reached.status == 1
    assert "cannot be decrypted" in one_line(reached.err)


def test_a_flow_that_names_a_connection_that_is_nowhere_does_not_start(
    run: Run, shop: str, tmp_path: Path, sandbox: RunningSandbox
) -> None:
    flow = flow_of(tmp_path / "t.flow.json", {**NODE, "connection": "nowhere"})

    ran = run("run", str(flow), "--input", INPUT)

    assert (ran.status, ran.out) == (2, "")
    assert "There is no connection 'nowhere'" in one_line(ran.err)
    assert rows(sandbox) == 0


def test_with_an_endpoint_a_named_connection_need_not_be_there(
    run: Run, tmp_path: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", sandbox.write_key)
    flow = flow_of(tmp_path / "t.flow.json", NODE)

    assert run("run", str(flow), "--input", INPUT, "--endpoint", sandbox.url).status == 0
    assert not (tmp_path / "data").exists()


def test_a_flow_test_uses_no_stored_connection(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test is of the flow and runs on a sandbox, whatever is stored under the name."""
    flow_of(tmp_path / "t.flow.json", NODE)
    case = {"name": "inserts", "input": json.loads(INPUT), "expect": {"status": "succeeded"}}
    write_json(tmp_path / "t.test.json", {"formatVersion": 1, "cases": [case]})

    ran = run("test", str(tmp_path))

    assert ran.status == 0, ran.out + ran.err


def test_names_are_completed(
    shop: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def completed(*words: str) -> list[str]:
        monkeypatch.setenv("_ARGOSY_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(("argosy", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        from argosy.cli.main import cli

        with pytest.raises(SystemExit):
            cli.main(prog_name="argosy")
        return [line.partition(",")[2] for line in capsys.readouterr().out.splitlines()]

    assert completed("call", "insert-record", "--connection", "s") == ["shop"]
    assert completed("connections", "show", "s") == ["shop"]
    assert completed("connections", "types", "se") == ["SEGMENT", "SENDLANE"]


#: Where the environment is looked at, and for what; everything else is given what it needs.
READS_THE_ENVIRONMENT = {
    "__init__.py": "where the connector is",
    "flow/kinds/davinci/javascript.py": "the system's folder, for a child without the rest",
    "server/api/gate.py": "names of variables that look like headers",
    "server/reading.py": "names of variables that look like headers",
}


def test_the_environment_is_read_by_the_command_line_alone() -> None:
    """So no key is found anywhere but where the command line looks for one."""
    folder = ROOT / "src" / "argosy"
    readers = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"environ", "environb", "getenv"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "os"
    }
    outside = {name for name in readers if name.partition("/")[0] not in {"cli", "sandbox"}}

    assert outside == set(READS_THE_ENVIRONMENT)


def test_a_key_of_the_connector_is_read_in_two_places() -> None:
    """The environment's variable and `--api-key-file`; files and the store hold connections."""
    folder = ROOT / "src" / "argosy"
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.py")
    }

    by_name = {name for name, text in texts.items() if "variable_name(" in text}
    by_file = {name for name, text in texts.items() if "api_key_file" in text}
    spelled = {name for name, text in texts.items() if '"ARGOSY_API_KEY"' in text}
    assert by_name == {"cli/named.py", "dispatch/properties.py", "model/connection.py"}
    assert by_file == {"cli/call.py", "cli/connections.py", "cli/run.py", "cli/server.py"}
    assert spelled == set()


def test_handlers_read_no_environment() -> None:
    for path in (ROOT / "handlers").glob("*.py"):
        assert "os.environ" not in path.read_text(encoding="utf-8")
        assert "getenv" not in path.read_text(encoding="utf-8")
