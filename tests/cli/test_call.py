"""`argosy call`: inputs, regions, keys, output, exit status."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from argosy.sandbox import RunningSandbox
from tests.cli.conftest import Ran

Run = Callable[..., Ran]
INSERT = ("call", "insert-record", "--set", "database=shop", "--set", "table=customers")
RECORD = ("--set", 'record={"plan": "pro"}')


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")
    return "1/sandbox"


def _rows(sandbox: RunningSandbox, table: str = "shop/customers") -> list[dict[str, object]]:
    answer = requests.get(f"{sandbox.url}/_sandbox/rows/{table}", timeout=10)
    rows: list[dict[str, object]] = answer.json()["rows"]
    return rows


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("tokyo", "ap01.records.in.treasuredata.com"),
        ("us01", "us01.records.in.treasuredata.com"),
        ("JP", "ap01.records.in.treasuredata.com"),
        ("ap03", "ap03.records.in.treasuredata.com"),
    ],
)
def test_a_dry_run_shows_the_regions_host_and_sends_nothing(
    run: Run, region: str, host: str
) -> None:
    ran = run(*INSERT, *RECORD, "--dry-run", "--region", region)

    assert ran.status == 0
    assert ran.out.splitlines()[0] == f"POST https://{host}/shop/customers"


def test_a_dry_run_masks_the_key_and_needs_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    without = run(*INSERT, *RECORD, "--dry-run")
    monkeypatch.setenv("ARGOSY_API_KEY", "1/0123456789abcdef")
    with_key = run(*INSERT, *RECORD, "--dry-run", "--json")

    assert "Authorization: TD1 ******" in without.out
    assert with_key.json()["headers"]["Authorization"] == "TD1 ******"
    assert "0123456789abcdef" not in with_key.out + with_key.err


def test_a_dry_run_of_a_handler_shows_its_first_request(run: Run) -> None:
    ran = run(
        *("call", "insert-records", "--set", "database=shop", "--set", "table=customers"),
        *("--set", 'records=[{"n": 1}, {"n": 2}]', "--dry-run", "--json"),
    )

    shown = ran.json()
    assert shown["headers"]["Content-Type"] == "application/vnd.treasuredata.v1+json"
    assert [record["n"] for record in json.loads(shown["body"])["records"]] == [1, 2]


def test_an_unknown_region_lists_the_known_ones(run: Run) -> None:
    ran = run(*INSERT, *RECORD, "--dry-run", "--region", "mars")

    assert ran.status == 1
    assert " ".join(ran.err.split()) == (
        "Error: There is no region 'mars'; the regions are us01 (us, aws), "
        "ap01 (jp, jp01, tokyo), eu01 (eu), ap02 (korea), ap03."
    )


@pytest.mark.usefixtures("key")
def test_a_call_inserts_and_prints_the_named_outputs(run: Run, sandbox: RunningSandbox) -> None:
    ran = run(*INSERT, *RECORD, "--endpoint", sandbox.url)

    assert ran.status == 0
    assert ran.out.startswith("Succeeded: insert-record (HTTP 200, 1 request)\n")
    assert '"uuid": "' in ran.out
    assert [row["plan"] for row in _rows(sandbox)] == ["pro"]


@pytest.mark.usefixtures("key")
def test_json_prints_one_object_with_the_whole_result(run: Run, sandbox: RunningSandbox) -> None:
    result = run(*INSERT, *RECORD, "--endpoint", sandbox.url, "--json").json()

    assert (result["status"], result["attempts"]) == ("succeeded", 1)
    assert set(result["outputs"]) == {"uuid", "rawResponse", "statusCode", "headers"}


@pytest.mark.usefixtures("key")
def test_every_problem_of_the_inputs_is_printed_with_its_place_and_hint(
    run: Run, sandbox: RunningSandbox
) -> None:
    ran = run(
        *("call", "insert-record", "--set", "database=Shop", "--set", "region=mars"),
        *("--set", 'record={"time": 1767225600000}', "--endpoint", sandbox.url),
    )

    assert ran.status == 1
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert lines[0] == "Error: The inputs of 'insert-record' are not valid: 4 problems."
    assert [line.split()[0] for line in lines if line.startswith("  /")] == [
        "/",
        "/database",
        "/record/time",
        "/region",
    ]
    assert "divide milliseconds by 1000" in ran.err


@pytest.mark.usefixtures("key")
def test_a_refusal_of_the_vendor_is_printed_with_its_status_message_and_note(
    run: Run, sandbox: RunningSandbox
) -> None:
    ran = run("call", "get-profiles-token", "--set", "id=999", "--endpoint", sandbox.url)

    assert ran.status == 1
    host = sandbox.url.removeprefix("http://")
    assert f"Error: {host} answered 404: Record not found" in ran.err
    assert "There is no token with this id in this region." in ran.err


def test_without_a_key_the_call_says_where_to_give_one(run: Run, sandbox: RunningSandbox) -> None:
    ran = run(*INSERT, *RECORD, "--endpoint", sandbox.url)

    assert ran.status == 1
    assert "The connection has no apiKey" in ran.err
    assert "ARGOSY_API_KEY" in ran.err
    assert run(*INSERT, *RECORD, "--endpoint", sandbox.url, "--json").json()["error"]["hint"]


def test_the_key_is_read_from_a_file_or_standard_input(
    run: Run, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text("1/sandbox\n", encoding="utf-8")
    from_file = run(
        *INSERT, *RECORD, "--endpoint", sandbox.url, "--api-key-file", str(tmp_path / "key")
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"1/sandbox\n")))
    from_stdin = run(*INSERT, *RECORD, "--endpoint", sandbox.url, "--api-key-file", "-")

    assert (from_file.status, from_stdin.status) == (0, 0)


def test_there_is_no_option_that_takes_the_key_itself(run: Run) -> None:
    assert run(*INSERT, *RECORD, "--api-key", "1/sandbox").status == 2


def test_a_connection_file_gives_region_and_endpoint(
    run: Run, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")
    file = tmp_path / "shop.json"
    properties = {"region": "tokyo"}
    file.write_text(json.dumps({"endpoint": sandbox.url, "properties": properties}))

    ran = run(*INSERT, *RECORD, "--connection", str(file))

    assert ran.status == 0
    assert len(_rows(sandbox)) == 1


def test_a_connection_file_of_the_user_is_found_by_its_name(
    run: Run, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "argosy" / "connections"
    folder.mkdir(parents=True)
    file = folder / "shop.json"
    file.write_text(json.dumps({"endpoint": sandbox.url}))
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")

    assert run(*INSERT, *RECORD, "--connection", "shop").status == 0
    assert run(*INSERT, *RECORD, "--connection", "store").status == 2


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_connection_file_that_others_may_read_is_refused(
    run: Run, tmp_path: Path, mode: int
) -> None:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"properties": {"apiKey": "1/sandbox"}}))
    file.chmod(mode)

    ran = run(*INSERT, *RECORD, "--connection", str(file), "--dry-run")

    assert ran.status == 1
    assert f"mode {mode:04o}" in ran.err
    assert "chmod 600" in ran.err


def test_a_connection_file_without_a_secret_may_be_read_by_all(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"properties": {"region": "tokyo"}}))
    file.chmod(0o644)

    ran = run(*INSERT, *RECORD, "--connection", str(file), "--dry-run")

    assert "ap01.records" in ran.out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "it is not JSON"),
        ('{"apiKey": "1/sandbox"}', "'apiKey' is not a member here"),
        ('{"properties": {"apikey": "1/sandbox"}}', "there is apiKey, region"),
        ('{"endpoint": "ftp://example.com"}', "is not a base URL"),
        ('{"endpoint": "http://api.example.com"}', "only https is allowed"),
        ('{"transport": {"deadline": 0}}', "/transport/deadline"),
    ],
)
def test_a_broken_connection_file_says_what_is_wrong(
    run: Run, tmp_path: Path, content: str, words: str
) -> None:
    file = tmp_path / "shop.json"
    file.write_text(content)
    file.chmod(0o600)

    ran = run(*INSERT, *RECORD, "--connection", str(file), "--dry-run")

    assert ran.status == 1
    assert words in " ".join(ran.err.split())


def test_values_are_read_by_the_inputs_schema(run: Run) -> None:
    ran = run(
        *("call", "make-custom-api-call", "--set", "method=POST", "--dry-run", "--json"),
        *("--set", "endpoint=https://api.treasuredata.com/v3/x", "--set", "body=[1, 2]"),
        *("--set", 'queryParameters={"page": 2}'),
    )

    assert ran.json()["url"] == "https://api.treasuredata.com/v3/x?page=2"
    assert ran.json()["body"] == "[1,2]"


def test_a_text_of_digits_stays_text_where_a_text_or_a_list_is_wanted(run: Run) -> None:
    ran = run(
        "call", "lookup-profile", "--set", "token=501", "--set", 'key={"a": "b"}', "--dry-run"
    )

    assert '"501" does not match' in " ".join(ran.err.split())


def test_text_inputs_are_never_read_as_json(run: Run) -> None:
    ran = run("call", "get-profiles-token", "--set", "id=501", "--dry-run", "--json")

    assert ran.json()["url"].endswith("/entities/tokens/501")


def test_inputs_come_from_a_file_or_standard_input_and_assignments_win(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = {"database": "shop", "table": "customers", "record": {"n": 1}}
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps(inputs))
    from_file = run(
        *("call", "insert-record", "--inputs", str(file), "--set", "table=orders", "--dry-run")
    )
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(inputs).encode())))
    from_stdin = run("call", "insert-record", "--inputs", "-", "--dry-run")

    assert "/shop/orders" in from_file.out
    assert "/shop/customers" in from_stdin.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--set", "database"), "has no '='"),
        (("--set", "databse=shop"), "has no input 'databse'; there is database"),
        (("--inputs", "missing.json"), "cannot be read"),
        (("--connection", "missing.json"), "cannot be read"),
        (("--api-key-file", "missing"), "cannot be read"),
    ],
)
def test_a_wrong_command_line_ends_with_2_and_says_why(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    ran = run("call", "insert-record", *arguments)

    assert ran.status == 2
    assert words in " ".join(ran.err.split())


def test_an_unknown_capability_names_the_nearest(run: Run) -> None:
    ran = run("call", "insert-recrd")

    assert ran.status == 2
    assert "There is no capability 'insert-recrd'; there is insert-record," in ran.err


@pytest.mark.usefixtures("key")
def test_an_error_as_json_goes_to_standard_output(run: Run, sandbox: RunningSandbox) -> None:
    ran = run("call", "get-profiles-token", "--set", "id=0", "--endpoint", sandbox.url, "--json")

    assert (ran.status, ran.err) == (1, "")
    error = ran.json()["error"]
    assert (error["code"], error["problems"][0]["pointer"]) == ("invalid-inputs", "/id")


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("option", ["--endpoint", "--region", "--connection", "--api-key-file"])
def test_an_empty_option_is_refused_and_not_left_out(run: Run, option: str) -> None:
    """An unset variable in a script must not send the call to the vendor."""
    ran = run(*INSERT, *RECORD, option, "")

    assert ran.status == 2
    assert f"{option} is empty" in ran.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--set", 'record={"a": 1, "a": 2}'), "the key 'a' stands twice"),
        (("--set", 'record={"a": NaN}'), "NaN has no form in JSON"),
        (("--set", "record=" + "[" * 100_000), "nested too deeply"),
        (("--set", "table=a", "--set", "table=b"), "--set table is given twice"),
    ],
)
def test_a_value_that_would_be_lost_or_misread_is_refused(
    run: Run, arguments: tuple[str, ...], words: str
) -> None:
    ran = run("call", "insert-record", *arguments)

    assert ran.status == 2
    assert words in " ".join(ran.err.split())


def test_a_wrong_command_line_with_json_is_told_as_json(run: Run) -> None:
    ran = run("call", "insert-record", "--set", "nothing=1", "--json")

    assert (ran.status, ran.err) == (2, "")
    assert ran.json()["error"]["code"] == "usage"


def test_a_file_may_begin_with_a_byte_order_mark(run: Run, tmp_path: Path) -> None:
    inputs = {"database": "shop", "table": "customers", "record": {"n": 1}}
    file = tmp_path / "inputs.json"
    file.write_text(json.dumps(inputs), encoding="utf-8-sig")

    assert run("call", "insert-record", "--inputs", str(file), "--dry-run").status == 0


@pytest.mark.usefixtures("key")
def test_a_servers_words_cannot_steer_the_terminal(run: Run, sandbox: RunningSandbox) -> None:
    body = {"message": "\x1b[31mred\x1b]0;title\x07 \u202eturned"}
    fault = {"kind": "status", "status": 400, "body": body, "when": "before"}
    requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=10).raise_for_status()

    ran = run(*INSERT, *RECORD, "--endpoint", sandbox.url)

    assert "\\u001b[31mred\\u001b]0;title\\u0007 \\u202eturned" in " ".join(ran.err.split())
    assert "\x1b" not in ran.err + ran.out
    assert "\u202e" not in ran.err + ran.out


@pytest.mark.usefixtures("key")
def test_a_key_that_no_text_can_hold_is_told_and_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/\udcff12345678")

    ran = run(*INSERT, *RECORD, "--region", "us01")

    assert ran.status == 1
    assert "does not look like one" in " ".join(ran.err.split())
    assert "12345678" not in ran.err
