"""An open store: writes that are whole and take turns, reads of one moment, alike on both."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import IntegrityError, InternalError

from argosy.errors import (
    MissingExtraError,
    StoreAddressError,
    StoreError,
    StoreTooNewError,
    StoreUnavailableError,
)
from argosy.store import Store, open_store, tables
from tests.databases import postgres
from tests.store.rows import add_one, add_organization, created_of

ROOT = Path(__file__).resolve().parents[2]


def names(store: Store) -> list[str]:
    column = tables.organizations.c.name
    with store.read() as connection:
        return list(connection.execute(select(column).order_by(column)).scalars())


def python(source: str, *arguments: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", source, *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes: subprocess.Popen[str]) -> None:
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


class TestWrites:
    def test_a_write_that_ends_is_kept(self, store: Store) -> None:
        with store.write() as connection:
            add_organization(connection, "acme")

        assert names(store) == ["acme"]

    def test_a_write_that_fails_leaves_nothing(self, store: Store) -> None:
        def break_off() -> None:
            with store.write() as connection:
                add_organization(connection, "acme")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            break_off()

        assert names(store) == []

    def test_what_is_written_is_there_after_a_restart(self, store: Store, url: str) -> None:
        with store.write() as connection:
            add_organization(connection, "acme")
        store.close()

        with open_store(url, create=False) as again:
            assert names(again) == ["acme"]

    def test_a_write_within_a_write_is_a_mistake_and_not_a_wait(self, store: Store) -> None:
        refused = pytest.raises(RuntimeError, match="hand its connection on")
        with store.write(), refused, store.write():
            pass

        with store.write() as connection:
            add_organization(connection, "acme")

    def test_a_read_cannot_write(self, store: Store) -> None:
        with pytest.raises((StoreUnavailableError, InternalError)), store.read() as connection:
            add_organization(connection, "acme")

        assert names(store) == []

    def test_a_read_sees_one_moment(self, store: Store) -> None:
        with store.read() as connection:
            count = select(func.count()).select_from(tables.organizations)
            before = connection.execute(count).scalar()
            with store.write() as writing:
                add_organization(writing, "acme")
            after = connection.execute(count).scalar()

        assert (before, after) == (0, 0)
        assert names(store) == ["acme"]

    def test_what_refers_to_nothing_is_refused(self, store: Store) -> None:
        values = {"id": "d", "organization": "none", "name": "d", "created": 1, "modified": 1}

        with pytest.raises(IntegrityError), store.write() as connection:
            connection.execute(tables.databases.insert().values(values))

    def test_an_error_of_the_database_does_not_show_values(self, store: Store) -> None:
        with store.write() as connection:
            add_organization(connection, "hush-hush")

        with pytest.raises(IntegrityError) as caught, store.write() as connection:
            add_organization(connection, "hush-hush", created=77123.0)

        assert "77123" not in str(caught.value)


class TestValues:
    @pytest.mark.parametrize(
        "value", [{"b": 1, "a": [None, True, 1.5]}, [], {}, "é\U0001f600\0", 2**70, 0.1]
    )
    def test_json_comes_back_as_it_went_in(self, store: Store, value: Any) -> None:
        row = {"at": 1.0, "account_name": "x", "action": "a", "target": "t", "fields": value}

        with store.write() as connection:
            connection.execute(tables.audit.insert().values(row))
        with store.read() as connection:
            found = connection.execute(select(tables.audit.c.fields)).scalar_one()

        assert json.dumps(found) == json.dumps(value)

    def test_names_sort_by_code_point(self, store: Store) -> None:
        given = ["b", "B", "a", "Z", "é", "_", "~", "ab", "a b", "1"]

        with store.write() as connection:
            for name in given:
                add_organization(connection, name)

        assert names(store) == sorted(given)

    def test_times_keep_their_fractions(self, store: Store) -> None:
        with store.write() as connection:
            add_organization(connection, "acme", created=1764136881.123456)

        with store.read() as connection:
            assert created_of(connection, "acme") == 1764136881.123456


class TestTurns:
    def test_threads_that_read_and_write_lose_nothing(self, store: Store) -> None:
        with store.write() as connection:
            add_organization(connection, "counter", created=0)

        def count(_: int) -> None:
            with store.write() as connection:
                add_one(connection, "counter")

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(count, range(64)))

        with store.read() as connection:
            assert created_of(connection, "counter") == 64

    def test_processes_that_read_and_write_lose_nothing(self, store: Store, url: str) -> None:
        with store.write() as connection:
            add_organization(connection, "counter", created=0)
        source = """
import sys
from argosy.store import open_store
from tests.store.rows import add_one
with open_store(sys.argv[1]) as store:
    for _ in range(40):
        with store.write() as connection:
            add_one(connection, "counter")
"""

        finish(*(python(source, url) for _ in range(2)))

        with store.read() as connection:
            assert created_of(connection, "counter") == 80

    def test_a_writer_waits_no_longer_than_is_allowed(self, url: str) -> None:
        with (
            open_store(url) as first,
            open_store(url, wait=0.05) as second,
            first.write(),
            pytest.raises(StoreUnavailableError) as caught,
            second.write(),
        ):
            pass

        assert caught.value.retryable

    def test_a_thread_waits_no_longer_than_is_allowed(self, url: str) -> None:
        with open_store(url, wait=0.05) as store, ThreadPoolExecutor(1) as pool:

            def wait() -> None:
                with store.write():
                    pass

            with store.write():
                waiting = pool.submit(wait)
                with pytest.raises(StoreUnavailableError):
                    waiting.result()

    def test_readers_do_not_wait_for_a_writer(self, url: str) -> None:
        with open_store(url, wait=0.05) as store, store.write() as connection:
            add_organization(connection, "acme")
            found: list[list[str]] = []
            reader = threading.Thread(target=lambda: found.append(names(store)))
            reader.start()
            reader.join()

        assert found == [[]]

    def test_a_process_killed_in_the_middle_of_a_write_leaves_a_whole_store(
        self, store: Store, url: str
    ) -> None:
        source = """
import sys, time
from argosy.store import open_store
from tests.store.rows import add_organization
store = open_store(sys.argv[1])
with store.write() as connection:
    add_organization(connection, "whole")
with store.write() as connection:
    for number in range(2000):
        add_organization(connection, f"half {number}")
    print("middle", flush=True)
    time.sleep(60)
"""
        process = python(source, url)
        assert process.stdout is not None
        assert process.stdout.readline() == "middle\n", process.communicate()

        process.send_signal(signal.SIGKILL)
        process.communicate()

        with store.write() as connection:
            add_organization(connection, "after")
        assert names(store) == ["after", "whole"]
        if store.database == "sqlite":
            with store.read() as connection:
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


class TestMigrations:
    def test_an_empty_database_becomes_a_store(self, empty_url: str) -> None:
        with open_store(empty_url) as store:
            assert names(store) == []

    def test_the_migrations_lead_to_the_tables_there_are(self, empty_url: str) -> None:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        with open_store(empty_url) as store, store.read() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables.metadata) == []

    def test_the_newest_migration_is_the_one_that_is_looked_for(self) -> None:
        from alembic.script import ScriptDirectory

        from argosy.store.migrating import config

        assert ScriptDirectory.from_config(config()).get_heads() == [tables.HEAD]

    def test_two_processes_that_open_a_new_store_at_once_migrate_it_once(
        self, empty_url: str
    ) -> None:
        source = """
import sys
from argosy.store import open_store
print("ready", flush=True)
sys.stdin.readline()
open_store(sys.argv[1]).close()
"""
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", source, empty_url],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"

        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        finish(*processes)

        with open_store(empty_url, create=False) as store, store.read() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).all()
        assert [row[0] for row in found] == [tables.HEAD]

    def test_threads_that_open_a_new_store_at_once_migrate_it_once(self, empty_url: str) -> None:
        with ThreadPoolExecutor(4) as pool:
            stores = list(pool.map(open_store, [empty_url] * 4))

        assert [names(store) for store in stores] == [[]] * 4
        for store in stores:
            store.close()

    def test_a_migration_that_fails_leaves_the_database_as_it_was(
        self, empty_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from argosy.store import migrating

        upgrade = migrating._upgrade

        def break_off(connection: Connection, found: str | None) -> None:
            upgrade(connection, found)
            raise KeyboardInterrupt

        monkeypatch.setattr(migrating, "_upgrade", break_off)
        with pytest.raises(KeyboardInterrupt):
            open_store(empty_url)
        monkeypatch.undo()

        with pytest.raises(StoreAddressError, match="holds no store"):
            open_store(empty_url, create=False)
        open_store(empty_url).close()

    def test_a_store_of_a_later_release_is_refused_and_not_touched(
        self, store: Store, url: str
    ) -> None:
        with store.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(StoreTooNewError) as caught:
            open_store(url)

        assert str(caught.value) == (
            "The store was written by a later release: its schema is 9999; this one knows 0001."
        )
        assert caught.value.hint
        with store.read() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        assert found == "9999"

    def test_a_database_of_another_program_is_refused(self, store: Store, url: str) -> None:
        with store.write() as connection:
            connection.execute(text("DROP TABLE alembic_version"))

        with pytest.raises(StoreError, match="a table 'accounts' of another program"):
            open_store(url)


class TestAddresses:
    @pytest.mark.parametrize(
        ("url", "detail"),
        [
            ("nonsense", "it is not an address"),
            ("", "it is not an address"),
            ("sqlite://", "names no file"),
            ("sqlite:///:memory:", "names no file"),
            ("sqlite://host/file.db", "names no file"),
            ("mysql://root@localhost/x", "'mysql' is not a database known here"),
            ("postgresql://user@localhost", "names no database"),
        ],
    )
    def test_an_address_that_names_no_store_says_what_is_wrong(self, url: str, detail: str) -> None:
        with pytest.raises(StoreAddressError, match=detail) as caught:
            open_store(url)

        assert "sqlite:///FILE" in caught.value.hint

    def test_a_store_that_is_not_there_is_not_made_unless_asked(self, tmp_path: Path) -> None:
        with pytest.raises(StoreAddressError, match="there is no file"):
            open_store(f"sqlite:///{tmp_path}/none.db", create=False)

        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_no_database_is_refused_and_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "notes.txt"
        file.write_text("remember the milk\n" * 100)

        with pytest.raises(StoreError, match="file is not a database"):
            open_store(f"sqlite:///{file}")

        assert file.read_text().startswith("remember the milk")

    def test_a_file_that_another_program_holds_is_waited_for(self, tmp_path: Path) -> None:
        file = tmp_path / "argosy.db"
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("CREATE TABLE other (x)")
        other.execute("BEGIN EXCLUSIVE")

        with pytest.raises(StoreUnavailableError, match="locked"):
            open_store(f"sqlite:///{file}", wait=0.05, sleep=lambda _: None)
        with open_store(f"sqlite:///{file}", wait=0.05, sleep=lambda _: other.rollback()) as store:
            assert names(store) == []
        other.close()

    @pytest.mark.parametrize("data", [None, "data"])
    def test_a_folder_that_is_not_there_is_not_made_unless_it_is_that_of_the_data(
        self, tmp_path: Path, data: str | None
    ) -> None:
        folder = None if data is None else tmp_path / data
        words = f"there is no folder {tmp_path}/nonexistent; make it first."

        with pytest.raises(StoreAddressError, match=words):
            open_store(f"sqlite:///{tmp_path}/nonexistent/x.db", folder=folder)

        assert list(tmp_path.iterdir()) == []

    def test_a_folder_is_no_store(self, tmp_path: Path) -> None:
        with pytest.raises(StoreAddressError, match="Is a directory"):
            open_store(f"sqlite:///{tmp_path}")

    def test_a_server_that_refuses_what_a_store_needs_is_told(self) -> None:
        server = postgres()
        server.execute("CREATE DATABASE guarded")
        server.execute("CREATE ROLE guest LOGIN")
        address = server.url("guarded").replace("postgres@", "guest@")

        with pytest.raises(StoreError, match="permission denied for schema public"):
            open_store(address)

    def test_a_server_that_is_not_there_is_named_without_the_password(self, tmp_path: Path) -> None:
        with pytest.raises(StoreUnavailableError) as caught:
            open_store(f"postgresql://user:hunter2hunter2@/x?host={tmp_path}")

        assert str(tmp_path) in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_a_store_shows_no_password(self) -> None:
        from argosy.store.opening import _postgres_engine, _read_address

        engine = _postgres_engine(_read_address("postgres://user:hunter2@host/x"), 1)

        assert repr(Store(engine, wait=1)) == "<Store postgresql+psycopg://user:***@host/x>"

    def test_without_the_driver_the_error_names_the_extra(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)

        with pytest.raises(MissingExtraError, match=r"pip install 'argosy\[postgres\]'"):
            open_store("postgresql://user@localhost/x")

    def test_without_the_libraries_the_error_names_the_extra(self) -> None:
        source = (
            "import sys; sys.modules['sqlalchemy'] = None\n"
            "from argosy.errors import MissingExtraError\n"
            "try:\n    import argosy.store\n"
            "except MissingExtraError as error:\n    print(error)"
        )

        output, _ = python(source).communicate()

        assert output == "The store needs more than is installed: pip install 'argosy[server]'.\n"


class TestFiles:
    def test_the_file_and_its_folder_are_their_owners_alone(self, tmp_path: Path) -> None:
        file = tmp_path / "data" / "argosy.db"

        url = f"sqlite:///{file}"
        with open_store(url, folder=file.parent) as store, store.write() as connection:
            add_organization(connection, "acme")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in file.parent.iterdir()}

        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert modes == dict.fromkeys(("argosy.db", "argosy.db-wal", "argosy.db-shm"), 0o600)

    def test_a_file_that_others_may_read_is_closed_to_them(self, tmp_path: Path) -> None:
        file = tmp_path / "argosy.db"
        open_store(f"sqlite:///{file}").close()
        file.chmod(0o644)

        open_store(f"sqlite:///{file}").close()

        assert stat.S_IMODE(file.stat().st_mode) == 0o600

    def test_a_folder_that_is_there_keeps_its_mode(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o755)

        open_store(f"sqlite:///{tmp_path}/argosy.db").close()

        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
