"""`argosy accounts` over the store on this machine, on both databases."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from argosy.accounts import Accounts
from argosy.cli.data import data_folder, store_url
from argosy.cli.seen import known_secrets
from argosy.errors import AuthError
from argosy.store import open_ring, open_store
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS, private, read_until
from tests.databases import KINDS, ready_database

Run = Callable[..., Ran]
Golden = Callable[[Path, Any], None]
GOLDENS = Path(__file__).parent / "goldens"
EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"
NEW_PASSWORD = "new horse battery"


@pytest.fixture(autouse=True)
def _known_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)
    monkeypatch.setenv("FIRST", PASSWORD)
    monkeypatch.setenv("SECOND", NEW_PASSWORD)


@pytest.fixture(params=KINDS)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The empty database that ARGOSY_DATABASE_URL names."""
    with ready_database(str(request.param), tmp_path) as url:
        monkeypatch.setenv("ARGOSY_DATABASE_URL", url)
        yield url


@contextmanager
def opened() -> Iterator[Accounts]:
    """The accounts that the command line works with."""
    with open_store(store_url(data_folder(None, os.environ), os.environ), create=False) as store:
        yield Accounts(store, open_ring(store, os.environ))


def one_line(text: str) -> str:
    return " ".join(text.split())


def add(run: Run, name: str = "Example", email: str = EMAIL, *options: str) -> Ran:
    place = ("--email", email, "--database", "shop")
    given = options or ("--password-env", "FIRST")
    return run("accounts", "add-organization", name, *place, *given)


def test_organizations_are_added_and_listed(run: Run, database: str) -> None:
    first = add(run)
    second = add(run, "Second", "second@example.com")

    listed = run("accounts", "list")
    found = run("accounts", "list", "--json").json()["organizations"]
    assert (first.status, first.err) == (0, "")
    assert first.out == f"Added the organization Example; its root is {EMAIL}.\n"
    assert second.status == 0
    assert "Note: there are two organizations: from now on --organization NAME" in second.err
    row = re.compile(r"^(\w+) +(\S+) +individual +root +\d{4}-\d\d-\d\d$", re.MULTILINE)
    assert row.findall(listed.out) == [("Example", EMAIL), ("Second", "second@example.com")]
    assert [(one["name"], len(one["accounts"])) for one in found] == [("Example", 1), ("Second", 1)]
    account = found[0]["accounts"][0]
    assert (account["name"], account["kind"], account["role"]) == (EMAIL, "individual", "root")
    assert PASSWORD not in first.out + first.err + listed.out
    with opened() as accounts:
        assert accounts.logins.individual(EMAIL, PASSWORD, db_name="shop").database is not None


def test_a_lost_password_is_replaced(run: Run, database: str) -> None:
    add(run)
    with opened() as accounts:
        login = accounts.logins.individual(EMAIL, PASSWORD)

    ran = run("accounts", "reset-password", EMAIL.upper(), "--password-env", "SECOND")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"{EMAIL} has the new password; all sessions of before have ended.\n"
    with opened() as accounts:
        with pytest.raises(AuthError):
            accounts.identify(login.token)
        with pytest.raises(AuthError):
            accounts.logins.individual(EMAIL, PASSWORD)
        root = accounts.logins.individual(EMAIL, NEW_PASSWORD).principal
        rows, _ = accounts.audit(root)
    told = [(row.action, row.account_name) for row in rows]
    assert ("reset-password", "operator") in told
    assert ("add-organization", "operator") in told


def test_a_database_that_holds_no_store_is_not_made_one(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_DATABASE_URL", f"sqlite:///{tmp_path / 'none.db'}")

    ran = run("accounts", "list")

    assert ran.status == 1
    assert f"there is no file {tmp_path / 'none.db'}" in one_line(ran.err)
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("command", [("list",), ("reset-password", EMAIL)])
def test_without_a_store_it_is_told_where_one_was_looked_for(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    ran = run("accounts", *command)

    folder = tmp_path / "data" / "argosy"
    assert ran.status == 2
    assert f"There is no store in {folder}; name the server's data folder by --data" in ran.err
    assert not folder.exists()


def test_the_first_organization_takes_over_what_the_command_line_stored(
    run: Run, tmp_path: Path
) -> None:
    s3 = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "PasSW0rD"}
    run("connections", "set", "S3", "--secrets-file", private(tmp_path / "s3", s3))
    before = run("accounts", "list").out

    added = add(run)

    assert "local         none yet" in before
    assert (added.status, added.err) == (0, "")
    assert [one["name"] for one in run("accounts", "list", "--json").json()["organizations"]] == [
        "Example"
    ]
    assert len(run("connections", "list", "--json").json()["connections"]) == 1


def test_a_new_store_is_made_with_a_word(run: Run, tmp_path: Path) -> None:
    ran = add(run, "Example", EMAIL, "--password-env", "FIRST", "--data", str(tmp_path / "here"))

    assert ran.status == 0
    assert f"Note: there is no store in {tmp_path / 'here'} yet; it is made." in ran.err
    assert (tmp_path / "here" / "argosy.db").stat().st_mode & 0o777 == 0o600
    assert EMAIL in run("accounts", "list", "--data", str(tmp_path / "here")).out


def test_a_store_without_organizations_says_what_makes_one(run: Run, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'argosy.db'}").close()

    ran = run("accounts", "list", "--data", str(tmp_path))

    assert (ran.status, ran.out) == (0, "")
    assert "argosy accounts add-organization makes one" in ran.err


def test_a_password_comes_from_a_file_or_standard_input_as_it_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(run, "Example", EMAIL, "--password-file", private(tmp_path / "p", "  spaced horse  \n"))
    with opened() as accounts:
        accounts.logins.individual(EMAIL, "  spaced horse  ")

    typed = io.TextIOWrapper(io.BytesIO(f"{NEW_PASSWORD}\r\n".encode()))
    monkeypatch.setattr("sys.stdin", typed)
    ran = run("accounts", "reset-password", EMAIL, "--password-file", "-")

    assert ran.status == 0
    with opened() as accounts:
        accounts.logins.individual(EMAIL, NEW_PASSWORD)


def test_a_password_that_was_read_is_in_no_report(run: Run) -> None:
    add(run)

    assert known_secrets().text(f"it was {PASSWORD}") == "it was ******"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "Nobody is here to be asked for the password; give it by --password-file FILE or"),
        (("--password-env", "NO_SUCH"), "--password-env names a variable that is not set"),
        (("--password-env", ""), "--password-env names a variable that is not set"),
        (("--password-file", "none.txt"), "--password-file none.txt cannot be read"),
        (("--password-file", "empty"), "--password-file empty does not hold one line"),
        (("--password-file", "lines"), "--password-file lines does not hold one line"),
        (("--password-file", "lines", "--password-env", "SECOND"), "both give it"),
        (("--password-env", "SECOND", "--data", ""), "--data is empty"),
    ],
)
def test_a_password_that_is_not_given_rightly_changes_nothing(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    told: str,
) -> None:
    add(run)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    private(tmp_path / "empty", "\n")
    private(tmp_path / "lines", "one horse battery\ntwo horse battery\n")

    ran = run("accounts", "reset-password", EMAIL, *options)

    assert ran.status == 2
    assert told in one_line(ran.err)
    assert "NO_SUCH" not in ran.err  # it may be the password itself
    with opened() as accounts:
        accounts.logins.individual(EMAIL, PASSWORD)


def test_what_is_refused_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    add(run)
    monkeypatch.setenv("SHORT", "hunter2")

    nobody = run("accounts", "reset-password", "nobody@example.com", "--password-env", "SECOND")
    short = run("accounts", "reset-password", EMAIL, "--password-env", "SHORT")
    same_name = add(run, "Example", "x@example.com")
    same_email = add(run, "Second")
    no_email = add(run, "Second", "ada")
    no_name = add(run, " ", "x@example.com")

    assert nobody.err == (
        "Error: The account 'nobody@example.com' does not exist.\n"
        "argosy accounts list tells the accounts there are.\n"
    )
    assert "password has 7 bytes; it needs 12 to 200" in one_line(short.err)
    assert "The organization 'Example' exists already." in same_name.err
    assert f"The account '{EMAIL}' exists already." in same_email.err
    assert "email is not an e-mail address" in one_line(no_email.err)
    assert "organization is empty" in one_line(no_name.err)
    refused = (nobody, short, same_name, same_email, no_email, no_name)
    assert {ran.status for ran in refused} == {1}
    assert "hunter2" not in short.out + short.err
    assert run("accounts", "list").out.count("root") == 1


def test_a_password_is_never_an_argument(run: Run) -> None:
    ran = run("accounts", "reset-password", EMAIL, "--password", NEW_PASSWORD)

    assert ran.status == 2
    assert NEW_PASSWORD not in ran.err


def test_a_password_is_asked_for_twice_and_not_shown(run: Run) -> None:
    add(run)
    command = [sys.executable, "-m", "argosy.cli.main", "accounts", "reset-password", EMAIL]
    own, theirs = pty.openpty()

    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        prompt = f"New password of {EMAIL} (at least 12 characters): ".encode()
        shown = read_until(own, prompt)
        os.write(own, f"{NEW_PASSWORD}\n".encode())
        shown += read_until(own, b"The same again: ")
        os.write(own, b"another horse battery\n")
        shown += read_until(own, prompt)
        os.write(own, f"{NEW_PASSWORD}\n".encode())
        shown += read_until(own, b"The same again: ")
        os.write(own, f"{NEW_PASSWORD}\n".encode())
        shown += read_until(own, b"has the new password")
    os.close(own)

    assert process.returncode == 0
    assert b"do not match" in shown
    assert NEW_PASSWORD.encode() not in shown
    with opened() as accounts:
        accounts.logins.individual(EMAIL, NEW_PASSWORD)


@pytest.mark.parametrize("columns", ["60", "120"])
def test_what_a_terminal_shows(
    columns: str, run: Run, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    add(run)
    add(run, "Sons & Daughters of the Sea", "somebody.with.a.long.name@shop.example.com")
    with opened() as accounts:
        operator = accounts.founding.operator("Example")
        accounts.members.create_service(operator, "nightly", "backend")
    shown = {
        "help": run("accounts", "--help").out,
        "add-organization": run("accounts", "add-organization", "--help").out,
        "list": run("accounts", "list").out,
        "reset-password": run("accounts", "reset-password", "--help").out,
    }
    lines = {
        name: re.sub(r"\d{4}-\d\d-\d\d", "2026-01-02", text).splitlines()
        for name, text in shown.items()
    }

    assert max(len(line) for text in lines.values() for line in text) <= int(columns)
    golden(GOLDENS / f"accounts-{columns}.golden.json", lines)
