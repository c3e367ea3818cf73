"""The connectors that are built in: beside every other, read by the same rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from argosy import Connection, Connector, Dispatcher, load
from argosy.check import check_connector
from argosy.connector import companion_folders, load_capability, load_connector
from argosy.errors import (
    HandlerError,
    InvalidHandlerError,
    InvalidManifestError,
    TableError,
    UnknownCapabilityError,
)
from argosy.model import JsonObject
from tests.drafts import handled, write_connector
from tests.tables_fake import USERS, FakeTables

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "connectors" / "tables"


@pytest.fixture(scope="module")
def built_in() -> Connector:
    return load(TABLES)


@pytest.fixture
def dispatcher(built_in: Connector) -> Iterator[Dispatcher]:
    with Dispatcher(built_in, Connection(), tables=FakeTables()) as made:
        yield made


class TestCompanions:
    @pytest.mark.parametrize("root", [ROOT, ROOT / "tests" / "connectors" / "notes"])
    def test_they_stand_beside_whichever_connector_is_loaded(self, root: Path) -> None:
        loaded = load_connector(root)

        assert [one.root for one in loaded.companions] == list(companion_folders())
        assert [one.id for one in loaded.companions] == ["argosy-tables"]
        assert loaded.every_capability[-2:] == ("table-rows", "preview-table")

    def test_a_capability_is_at_home_in_one_of_them(self, connector: Connector) -> None:
        assert connector.home_of("insert-record") is connector
        assert connector.home_of("table-rows") is connector.companions[0]
        assert connector.home_of("nothing") is connector

    def test_none_is_its_own_companion(self, built_in: Connector) -> None:
        assert built_in.companions == ()
        assert built_in.home_of("table-rows") is built_in

    def test_an_id_of_theirs_is_no_id_of_anothers(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidManifestError) as caught:
            write_connector(tmp_path, handled("other"), handled("table-rows"))

        [problem] = caught.value.problems
        assert problem.pointer == "/capabilities/1"
        assert problem.message == (
            "'table-rows' is a capability of 'argosy-tables' too, which is built in;"
            " 'draft' has to give its own another id"
        )

    def test_a_dispatcher_says_whose_a_capability_is(self, connector: Connector) -> None:
        with (
            Dispatcher(connector, Connection()) as dispatcher,
            pytest.raises(UnknownCapabilityError, match="one of this name in 'argosy-tables'"),
        ):
            dispatcher.call("table-rows", {"table": "users.csv"})

    def test_they_pass_the_check_alone_and_with_the_connector_around_them(self) -> None:
        alone, around = check_connector(TABLES), check_connector(ROOT)

        assert (alone.problems, around.problems) == ((), ())
        assert around.files > alone.files == len(list(TABLES.rglob("*.json"))) + 3

    def test_their_problems_are_placed_within_the_connector_around_them(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_connector(tmp_path, handled("a"), handlers={"a": "def run(context): ..."})
        inner = tmp_path / "connectors" / "inner"
        write_connector(inner, handled("b"))
        monkeypatch.setattr("argosy.check.checker.companion_folders", lambda: (inner,))

        found = check_connector(tmp_path).problems

        handlers = [one.file for one in found if one.code == "handlers"]
        assert handlers == ["connectors/inner/capabilities/items/b.json"]


class Scripted(FakeTables):
    """Answers what an example says."""

    def __init__(self, answer: JsonObject) -> None:
        super().__init__()
        self.answer = answer

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        self.asked.append((connection, table, cursor, amount))
        return self.answer

    def preview(self, connection: str, table: str) -> JsonObject:
        self.asked.append((connection, table))
        return self.answer


class TestTables:
    @pytest.mark.parametrize("name", ["table-rows", "preview-table"])
    def test_examples_give_the_outputs_they_name(self, built_in: Connector, name: str) -> None:
        for example in load_capability(built_in, name).examples:
            tables = Scripted(example.response["body"])
            with Dispatcher(built_in, Connection(), tables=tables) as dispatcher:
                outputs = dispatcher.call(name, example.inputs).unwrap()

            basic: JsonObject = {"rawResponse": None, "statusCode": 200, "headers": {}}
            assert outputs == {**example.outputs, **basic}
            assert tables.asked[0][:2] == (example.inputs.get("connection", "LOCAL"), "users.csv")

    def test_pages_hold_every_row_once(self, dispatcher: Dispatcher) -> None:
        rows: list[Any] = []
        cursor, pages = "", 0
        while cursor or not pages:
            inputs = {"table": "users.csv", "cursor": cursor, "amount": 2}
            found = dispatcher.call("table-rows", inputs).unwrap()
            assert found["hasMore"] == bool(found["cursor"])
            rows, cursor, pages = rows + found["rows"], found["cursor"], pages + 1

        assert (rows, pages) == (USERS, 3)

    def test_a_page_has_500_rows_unless_said_otherwise(self, built_in: Connector) -> None:
        tables = FakeTables()
        with Dispatcher(built_in, Connection(), tables=tables) as dispatcher:
            dispatcher.call("table-rows", {"table": "users.csv"})

        assert tables.asked == [("LOCAL", "users.csv", "", 500)]

    def test_a_table_that_is_not_there_is_the_calls_error(self, dispatcher: Dispatcher) -> None:
        result = dispatcher.call("table-rows", {"table": "user.csv"})

        assert result.error is not None
        assert (result.error.code, result.attempts) == ("service-not-found", 0)

    def test_trouble_with_a_table_is_told_with_its_place(self, built_in: Connector) -> None:
        class Broken(FakeTables):
            def rows(self, *_: Any) -> JsonObject:
                detail, remedy = "it has 3 values and the header has 2.", "Mend the row."
                raise TableError(detail=detail, file="users.csv", line=5, remedy=remedy)

        with Dispatcher(built_in, Connection(), tables=Broken()) as dispatcher:
            error = dispatcher.call("table-rows", {"table": "users.csv"}).error

        assert error is not None
        assert (error.code, error.to_json()["line"]) == ("table", 5)
        assert str(error).startswith("users.csv, line 5: it has 3 values")

    @pytest.mark.parametrize("name", ["table-rows", "preview-table"])
    def test_without_a_store_the_error_says_how_to_get_one(
        self, built_in: Connector, name: str
    ) -> None:
        with Dispatcher(built_in, Connection()) as dispatcher:
            error = dispatcher.call(name, {"table": "users.csv"}).error

        assert isinstance(error, HandlerError)
        for words in ("`argosy run`", "a server its own", "`tables`"):
            assert words in error.message

    def test_there_is_no_request_to_show(self, built_in: Connector) -> None:
        tables = FakeTables()
        with (
            Dispatcher(built_in, Connection(), tables=tables) as dispatcher,
            pytest.raises(HandlerError, match="sends no request of its own"),
        ):
            dispatcher.prepare("table-rows", {"table": "users.csv"})

        assert tables.asked == []


READS = {"name": "peek", "reason": "The test is about handlers.", "reads": "tables"}
SOURCE = (
    "from argosy.sdk import Reply\n"
    "def run(context): return Reply(context.tables.preview('LOCAL', 'users.csv')['preview'])"
)


class TestOtherHandlers:
    """Stored tables are there for any connector's handlers that say that they read them."""

    def test_one_that_says_so_reads_tables(self, tmp_path: Path) -> None:
        document = {**handled("peek"), "handler": READS}
        del document["request"]
        made = write_connector(tmp_path, document, handlers={"peek": SOURCE})

        with Dispatcher(made, Connection(), tables=FakeTables()) as dispatcher:
            assert dispatcher.call("peek", {}).unwrap()["rows"] == USERS

    def test_one_that_does_not_is_its_authors_to_mend(self, tmp_path: Path) -> None:
        made = write_connector(tmp_path, handled("peek"), handlers={"peek": SOURCE})

        with (
            Dispatcher(made, Connection(), tables=FakeTables()) as dispatcher,
            pytest.raises(InvalidHandlerError, match="does not say so"),
        ):
            dispatcher.call("peek", {})

    def test_without_regions_a_call_has_none(self, tmp_path: Path) -> None:
        document = {**handled("peek"), "handler": READS}
        made = write_connector(tmp_path, document, handlers={"peek": SOURCE})
        manifest = json.loads((tmp_path / "connector.json").read_text())
        for name in ("regions", "settings", "auth"):
            del manifest[name]
        (tmp_path / "connector.json").write_text(json.dumps(manifest))

        bare = load_connector(tmp_path)

        assert (bare.regions, replace(made, regions={}).regions) == ({}, {})
        with Dispatcher(bare, Connection(), tables=FakeTables()) as dispatcher:
            assert dispatcher.call("peek", {}).error is None
