"""`argosy connections` over the store on this machine."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from argosy.cli.seen import known_secrets
from argosy.connections.probing import Prober
from argosy.connections.probing.result import Check, ProbeResult
from argosy.connections.service import Connections
from argosy.connections.types import load_types
from argosy.sandbox import RunningSandbox
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS, S3, private, read_until, steady
from tests.connections.bodies import SALESFORCE
from tests.servers import Say, ScriptedServer

Run = Callable[..., Ran]
Golden = Callable[[Path, Any], None]
GOLDENS = Path(__file__).parent / "goldens"
WRONG_KEY = "1/" + "f0" * 20


@pytest.fixture(autouse=True)
def _known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def s3(run: Run, tmp_path: Path) -> None:
    assert (
        run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3)).status == 0
    )


@pytest.fixture
def shop(run: Run, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """A connection to the sandbox, which has answered once; its name."""
    key = {"Authorization": f"TD1 {sandbox.master_key}"}
    requests.get(f"{sandbox.url}/v3/database/list", headers=key, timeout=60)
    monkeypatch.setenv("SHOP_KEY", sandbox.master_key)
    made = run(
        "connections", "set", "shop", "--type", "TREASURE_DATA", "--secret-env",
        "apiKey=SHOP_KEY", "--set", f"settings.endpoint={sandbox.url}",
    )  # fmt: skip
    assert made.status == 0, made.err
    return "shop"


def test_nothing_is_stored_at_first_and_the_store_is_made(run: Run, tmp_path: Path) -> None:
    ran = run("connections", "list")

    assert (ran.status, ran.out) == (0, "")
    assert "argosy connections set NAME makes one" in ran.err
    assert (tmp_path / "data" / "argosy" / "argosy.db").stat().st_mode & 0o777 == 0o600
    assert run("connections", "list", "--json").json() == {"connections": []}


def test_without_keys_in_the_environment_a_key_file_is_made_once(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGOSY_SECRET_KEYS")
    keys = tmp_path / "config" / "argosy" / "keys"

    stored = run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3))
    mode = keys.stat().st_mode & 0o777
    keys.unlink()
    lost = run("connections", "show", "S3")

    assert (stored.status, mode) == (0, 0o600)
    assert lost.status == 1
    assert "There is no secret key to read what is stored" in one_line(lost.err)


def test_the_example_of_the_brief_is_stored_and_read_back_masked(run: Run, tmp_path: Path) -> None:
    made = run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3), "--json")

    listed = run("connections", "list", "--json").json()["connections"]
    assert made.status == 0
    assert made.json()["connection"] == "S3"
    assert listed[0]["credentials"] == {**S3, "aws_secret_access_key": "******"}
    assert listed[0]["metadata"] == {}
    assert "PasSW0rD" not in made.out + made.err


def test_the_body_of_the_api_is_taken_as_it_is(run: Run, tmp_path: Path) -> None:
    file = private(tmp_path / "sf.json", SALESFORCE)

    ran = run("connections", "set", "SALESFORCE", "--secrets-file", file)

    shown = run("connections", "show", "SALESFORCE", "--json").json()
    assert ran.status == 0
    assert shown["credentials"] == {**SALESFORCE["credentials"], "client_secret": "******"}


def test_secrets_come_from_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    body = io.TextIOWrapper(io.BytesIO(json.dumps(S3).encode()))
    monkeypatch.setattr("sys.stdin", body)

    assert run("connections", "set", "S3", "--secrets-file", "-").status == 0


def test_a_set_changes_what_it_names_and_keeps_the_rest(run: Run, s3: None) -> None:
    before = run("connections", "show", "S3", "--json").json()

    run(
        "connections", "set", "S3", "--set", "region_name=eu-west-1", "--set", "metadata.bucket=one"
    )
    changed = run("connections", "show", "S3", "--json").json()
    run("connections", "set", "S3", "--unset", "region_name", "--unset", "metadata.bucket")
    after = run("connections", "show", "S3", "--json").json()

    assert changed["credentials"] == {**before["credentials"], "region_name": "eu-west-1"}
    assert changed["metadata"] == {"bucket": "one"}
    assert changed["fingerprints"] == before["fingerprints"]
    assert after["credentials"] == before["credentials"]
    assert after["metadata"] == {}


def test_a_secret_of_a_file_and_of_the_environment_replaces_the_stored_one(
    run: Run, s3: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_HERE", "a-session-token-of-the-environment")
    file = private(tmp_path / "secret", "another-secret-of-a-file\n")
    before = run("connections", "show", "S3", "--json").json()["fingerprints"]

    ran = run(
        "connections", "set", "S3", "--secret-file", f"aws_secret_access_key={file}",
        "--secret-env", "aws_session_token=TOKEN_HERE",
    )  # fmt: skip
    after = run("connections", "show", "S3", "--json").json()["fingerprints"]
    cleared = run("connections", "set", "S3", "--unset", "aws_session_token", "--json").json()

    assert ran.status == 0
    assert set(after) == {"aws_secret_access_key", "aws_session_token"}
    assert after["aws_secret_access_key"] != before["aws_secret_access_key"]
    assert "aws_session_token" not in cleared["fingerprints"]
    assert known_secrets().text("x another-secret-of-a-file") == "x ******"
    assert known_secrets().text("a-session-token-of-the-environment") == "******"


def test_replace_forgets_what_is_stored(
    run: Run, s3: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_HERE", "a-session-token-of-the-environment")
    more = ("--set", "region_name=eu-west-1", "--secret-env", "aws_session_token=TOKEN_HERE")
    run("connections", "set", "S3", *more)
    file = private(tmp_path / "other", {**S3, "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"})

    bare = run("connections", "set", "S3", "--replace", "--set", "region_name=eu-west-1")
    replaced = run("connections", "set", "S3", "--replace", "--secrets-file", file, "--json").json()

    assert bare.status == 2
    assert set(replaced["credentials"]) == set(replaced["fingerprints"]) | {"aws_access_key_id"}
    assert set(replaced["credentials"]) == set(S3)


def test_the_settings_of_calls_are_set_and_taken_away(
    run: Run, shop: str, sandbox: RunningSandbox
) -> None:
    hosts = run(
        "connections", "set", shop, "--set", 'settings.allowHosts=["a.example.com"]', "--json"
    )
    bare = run("connections", "set", shop, "--unset", "settings.endpoint", "--json").json()
    run("connections", "set", shop, "--unset", "settings.allowHosts")
    moved = run("connections", "set", shop, "--set", f"settings.endpoint={sandbox.url}")
    unreadable = run("connections", "set", shop, "--set", "settings.allowHosts=a.example.com")

    assert hosts.json()["settings"] == {"endpoint": sandbox.url, "allowHosts": ["a.example.com"]}
    assert bare["settings"] == {"allowHosts": ["a.example.com"]}
    assert run("connections", "show", shop, "--json").json()["settings"] == {}
    assert moved.status == 1
    assert "a new endpoint takes the secrets anew: give apiKey with it." in one_line(moved.err)
    assert unreadable.status == 2
    assert "the value is not JSON" in one_line(unreadable.err)


@pytest.mark.parametrize(
    "field", ["aws_secret_access_key", "credentials.external_id", "my_password", "metadata.token"]
)
def test_a_secret_in_an_argument_is_refused_and_not_repeated(
    run: Run, s3: None, field: str
) -> None:
    ran = run("connections", "set", "S3", "--set", f"{field}=hunter2hunter2")

    name = field.rpartition(".")[2]
    assert (ran.status, ran.out) == (2, "")
    assert f"{name} is a secret" in one_line(ran.err)
    assert f"--secret-env {name}=VARIABLE" in one_line(ran.err)
    assert "hunter2" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "shop"), "'shop' is neither stored nor the name of a type"),
        (("set", "x", "--type", "S4"), "There is no type 'S4'; there is S3"),
        (("set", "S3", "--set", "region_name"), "One --set has no '='"),
        (("set", "S3", "--set", "region_name="), "--set region_name is empty; --unset takes"),
        (("set", "S3", "--set", "region_name=a", "--set", "region_name=b"), "is given twice"),
        (("set", "S3", "--secret-env", "aws_secret_access_key=NO_SUCH"), "NO_SUCH is not set"),
        (("set", "S3", "--secret-file", "aws_secret_access_key=gone"), "cannot be read: No such"),
        (("set", "S3", "--secrets-file", "gone"), "--secrets-file gone cannot be read: No such"),
        (("set", "S3", "--ask", "aws_secret_access_key"), "stdin is no terminal"),
        (("set", "S3", "--set", "aws_access_key_id=A"), "S3 still needs aws_secret_access_key."),
        (("set", "SHOPIFY", "--set", "shop=acme"), "client_id and client_secret, or access_token"),
        (("delete", "S3"), "S3 is not stored yet"),
        (("list", "--data", ""), "--data is empty"),
        (("list", "--data", "a", "--server", "http://b"), "--data is this machine's store"),
        (("list", "--server", "ftp://b"), "--server is not an address"),
        (("list", "--server", "http://u:p@b"), "--server holds more than an address"),
        (("types", "S4"), "There is no type 'S4'"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    ran = run("connections", *arguments)

    assert ran.status in {1, 2}
    assert told in one_line(ran.err)
    assert "Traceback" not in ran.err


def test_what_is_missing_is_told_with_the_fields_of_the_type(run: Run) -> None:
    ran = run("connections", "set", "S3", "--set", "region_name=eu-west-1")

    assert ran.status == 2
    assert "Fields of S3" in ran.err
    assert "S3 still needs aws_access_key_id and aws_secret_access_key." in one_line(ran.err)
    assert run("connections", "list", "--json").json() == {"connections": []}


def test_what_the_service_refuses_names_the_field_and_where_to_look(run: Run, s3: None) -> None:
    ran = run("connections", "set", "S3", "--set", "region_name=Nowhere At All")
    as_json = run("connections", "set", "S3", "--set", "region_name=Nowhere At All", "--json")

    assert ran.status == 1
    assert "/credentials/region_name" in ran.err
    assert "argosy connections types S3 tells the fields." in ran.err
    error = as_json.json()
    assert (as_json.status, error["error_code"]) == (1, 40)
    assert error["error_data"]["field"] == "credentials.region_name"


def test_a_file_that_others_may_read_is_taken_with_a_word(run: Run, tmp_path: Path) -> None:
    file = Path(private(tmp_path / "s3.json", S3))
    file.chmod(0o644)

    ran = run("connections", "set", "S3", "--secrets-file", str(file))

    assert ran.status == 0
    assert f"Note: {file} may be read by others (mode 0644)" in ran.err


@pytest.mark.parametrize(
    "text", ["{", "[1]", '{"a": 1, "a": 2}', '{"credentials": {}, "metadata": 1}']
)
def test_a_secrets_file_that_is_no_object_is_refused(run: Run, tmp_path: Path, text: str) -> None:
    ran = run("connections", "set", "S3", "--secrets-file", private(tmp_path / "f", text))

    assert ran.status == 2
    assert "--secrets-file" in ran.err


def test_types_lists_all_sixteen_and_needs_no_store(run: Run, tmp_path: Path) -> None:
    listed = run("connections", "types", "--json").json()["connection_types"]
    one = run("connections", "types", "s3", "--json").json()

    assert [one["type"] for one in listed] == list(load_types())
    assert len(listed) == 16
    assert one["secret_fields"] == ["aws_secret_access_key", "aws_session_token", "external_id"]
    assert not (tmp_path / "data").exists()


def test_a_stored_connection_is_tested_and_its_result_kept(run: Run, shop: str) -> None:
    ran = run("connections", "test", shop)

    listed = run("connections", "list")
    assert ran.status == 0
    assert "✓ authenticate  The key is known in the region us01." in ran.out
    assert "Passed in" in ran.out
    assert "key_type: master" in ran.out
    assert "passed" in listed.out


def test_given_fields_are_tested_and_nothing_is_stored(
    run: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTHER_KEY", WRONG_KEY)
    before = run("connections", "show", shop, "--json").json()

    ran = run("connections", "test", shop, "--secret-env", "apiKey=OTHER_KEY")
    as_json = run("connections", "test", shop, "--secret-env", "apiKey=OTHER_KEY", "--json")

    assert ran.status == 1
    assert "✗ authenticate  The key is not known in the region us01." in ran.out
    assert "Field: credentials.apiKey" in ran.out
    assert "refused, HTTP 401" in ran.out
    assert (as_json.status, as_json.json()["error_data"]["reason"]) == (1, "refused")
    assert WRONG_KEY[2:] not in ran.out + ran.err + as_json.out
    assert run("connections", "show", shop, "--json").json() == before


def test_with_test_only_what_passes_is_stored(
    run: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = run("connections", "show", shop, "--json").json()
    monkeypatch.setenv("OTHER_KEY", WRONG_KEY)
    refused = run("connections", "set", shop, "--secret-env", "apiKey=OTHER_KEY", "--test")
    kept = run("connections", "show", shop, "--json").json()

    passed = run("connections", "set", shop, "--secret-env", "apiKey=SHOP_KEY", "--test")
    after = run("connections", "show", shop, "--json").json()

    assert refused.status == 1
    assert "shop is not stored: the test failed." in refused.err
    assert kept == before
    assert (passed.status, passed.err) == (0, "")
    assert after["last_result"]["ok"] is True


def test_what_cannot_be_verified_passes_and_says_so(
    run: Run, s3: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = Check("write", "warning", "Nothing tells whether the key works.")
    found = ProbeResult(
        ok=True, verified=False, status="unverified", reason="unverifiable", checks=(check,)
    )
    monkeypatch.setattr(Prober, "probe", lambda *_: found)

    ran = run("connections", "test", "S3")

    assert ran.status == 0
    assert "! write  Nothing tells whether the key works." in ran.out
    assert "Not verified" in ran.out
    assert "unverified" in run("connections", "list").out


def test_a_delete_asks_first_and_needs_a_yes_where_nobody_is(run: Run, s3: None) -> None:
    asked = run("connections", "delete", "S3")
    deleted = run("connections", "delete", "S3", "--yes")
    again = run("connections", "delete", "S3", "--yes")

    assert asked.status == 2
    assert "add --yes" in asked.err
    assert (deleted.status, deleted.out) == (0, "Deleted S3.\n")
    assert again.status == 1
    assert "S3 is not stored yet" in again.err


def test_a_store_with_several_databases_needs_no_choice_of_one(run: Run, s3: None) -> None:
    from argosy.cli.service import Choices, open_store_here

    with open_store_here(None, Choices(), os.environ) as services:
        services.accounts.databases.create(services.accounts.founding.operator(), "second")

    assert run("connections", "list").status == 0
    unsaid = one_line(run("tables", "list").err)
    assert "say which database: there is default, second. --database NAME does." in unsaid
    assert run("tables", "list", "--database", "second").status == 0


def test_secrets_are_asked_for_on_a_terminal_and_not_shown(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "argosy.cli.main", "connections", "set", "S3"]
    own, theirs = pty.openpty()

    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = read_until(own, b"aws_access_key_id: ")
        os.write(own, b"AKIAIOSFODNN7EXAMPLE\n")
        shown += read_until(own, b"aws_secret_access_key: ")
        os.write(own, b"typed-and-never-shown\n")
        shown += read_until(own, b"Stored S3")
    os.close(own)

    assert process.returncode == 0
    assert b"The id of the access key." in shown
    assert b"typed-and-never-shown" not in shown


def test_a_delete_is_asked_about_on_a_terminal(run: Run, s3: None) -> None:
    command = [sys.executable, "-m", "argosy.cli.main", "connections", "delete", "S3"]
    own, theirs = pty.openpty()

    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        read_until(own, b"Delete the connection S3 and its secrets? [y/N]: ")
        os.write(own, b"n\n")
        read_until(own, b"Interrupted.")
    os.close(own)

    assert process.returncode == 130
    assert len(run("connections", "list", "--json").json()["connections"]) == 1


@pytest.mark.parametrize("columns", ["60", "120"])
def test_what_a_terminal_shows(
    columns: str,
    run: Run,
    s3: None,
    shop: str,
    golden: Golden,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("OTHER_KEY", WRONG_KEY)
    run("connections", "set", "S3", "--set", "metadata.bucket=my-bucket")
    run("connections", "test", shop)
    shown = {
        "list": run("connections", "list").out,
        "show S3": run("connections", "show", "S3").out,
        "show shop": run("connections", "show", shop).out,
        "test shop": run("connections", "test", shop, "--secret-env", "apiKey=OTHER_KEY").out,
        "types": run("connections", "types").out,
        "types S3": run("connections", "types", "S3").out,
        "types SHOPIFY": run("connections", "types", "SHOPIFY").out,
    }
    lines = {name: steady(text) for name, text in shown.items()}

    assert max(len(line) for text in lines.values() for line in text) <= int(columns)
    golden(GOLDENS / f"connections-{columns}.golden.json", lines)


def test_marks_are_plain_where_letters_are_few(
    run: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")

    assert "\n+ authenticate  The key is known" in run("connections", "test", shop).out


def test_a_planted_secret_is_nowhere_to_be_found(
    run: Run,
    shop: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planted = "planted-0123456789-secret"
    monkeypatch.setenv("PLANTED", planted)
    field = ("--secret-env", "apiKey=PLANTED")
    ran = [
        run("connections", "set", shop, *field),
        run("connections", "set", shop, *field, "--set", "region=nowhere-at-all"),
        run("connections", "set", shop, *field, "--set", f"metadata.note=x {planted}"),
        run("connections", "set", shop, *field, "--set", f"wrong={planted}"),
        run("connections", "set", planted, "--type", "TREASURE_DATA", *field),
        run("connections", "test", shop),
        run("connections", "test", shop, "--json"),
        run("connections", "test", shop, *field, "--set", "settings.endpoint=http://127.0.0.1:9"),
        run("connections", "show", shop),
        run("connections", "show", shop, "--json"),
        run("connections", "list", "--json"),
        run("call", "list-databases", "--connection", shop),
        run("call", "list-databases", "--connection", shop, "--dry-run"),
    ]

    assert [one.status for one in ran] == [0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0]
    for one in ran[:2] + ran[5:]:
        assert planted not in one.out + one.err
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert any(file.name == "argosy.db" for file in files)
    assert [file for file in files if planted.encode() in file.read_bytes()] == []


def test_the_report_of_a_defect_holds_no_secret(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, _who: object, _name: str, document: Any) -> None:
        raise RuntimeError(f"no room for {document}")

    monkeypatch.setattr(Connections, "put", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    ran = run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", S3))

    (report,) = tmp_path.glob("argosy-error-*.txt")
    assert ran.status == 70
    assert "PasSW0rD" not in report.read_text(encoding="utf-8") + ran.out + ran.err
    assert "no room for" in report.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["connections list", "tables list", "server --local --port 0"])
def test_a_plain_installation_names_the_extra_that_is_needed(command: str, tmp_path: Path) -> None:
    absent = ("sqlalchemy", "alembic", "cryptography", "fastapi", "argon2", "jwt", "a2wsgi")
    source = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}));"
        f"from argosy.cli.main import main; sys.exit(main({command.split()!r}))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "Error: The store needs more than is installed: pip install 'argosy[server]'.\n"
    )
    assert not (tmp_path / "data").exists()


def test_types_and_servers_need_no_extra(run: Run) -> None:
    absent = ("sqlalchemy", "alembic", "cryptography", "fastapi", "argon2", "jwt", "a2wsgi")
    source = (
        f"import sys; sys.modules.update(dict.fromkeys({absent!r}));"
        "from argosy.cli.main import main;"
        "sys.exit(main(['connections', 'types']) or main(['connections', 'list', '--server', URL]))"
    )
    with ScriptedServer(Say(200, {"connections": []})) as server:
        ran = subprocess.run(
            [sys.executable, "-c", source.replace("URL", repr(server.url))],
            capture_output=True,
            text=True,
            check=False,
        )

    assert ran.returncode == 0, ran.stderr
    assert "TREASURE_DATA" in ran.stdout


def test_without_a_store_a_call_makes_none(run: Run, tmp_path: Path) -> None:
    ran = run("call", "list-databases", "--connection", "nowhere")

    assert ran.status == 2
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nope", "Error: There is no connection 'nope'; there is shop, S3."),
        (
            "BRAZE",
            "Error: BRAZE is not stored yet, argosy connections set BRAZE stores it; there is shop",
        ),
    ],
)
@pytest.mark.parametrize("command", [("show",), ("test",), ("delete", "--yes"), ("delete",)])
def test_one_that_is_not_stored_is_told_with_those_that_are(
    run: Run, shop: str, s3: None, command: tuple[str, ...], name: str, told: str
) -> None:
    ran = run("connections", *command, name)
    as_json = run("connections", *command, name, "--json")

    assert (ran.status, ran.out) == (1, "")
    assert told in one_line(ran.err)
    assert as_json.status == 1
    assert as_json.json()["error_data"]["name"] in {"WRONG_DATA_TYPE", "CONNECTION_NOT_FOUND"}


def test_of_a_failure_json_is_what_the_api_answers(
    run: Run, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it may be tried again stands in one place."""
    monkeypatch.setenv("OTHER_KEY", WRONG_KEY)

    for ran in (
        run("connections", "test", shop, "--secret-env", "apiKey=OTHER_KEY", "--json"),
        run("connections", "set", shop, "--secret-env", "apiKey=OTHER_KEY", "--test", "--json"),
        run("connections", "show", "LOCAL", "--json"),
        run("tables", "show", "LOCAL", "nix", "--json"),
    ):
        assert ran.status == 1
        assert set(ran.json()) == {"error_code", "error_name", "message", "error_data"}
