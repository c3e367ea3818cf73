"""The values of the product: pointers, secrets' forms, settings, names, reading from JSON."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.model import (
    Connection,
    Connector,
    Problem,
    Result,
    TransportSettings,
    identifier,
    is_deeper,
    join_pointer,
    lookup_pointer,
    split_pointer,
)
from argosy.model.connection import camel_case
from argosy.sdk import HandlerError


class TestPointers:
    @given(st.lists(st.text()))
    def test_a_path_reads_back(self, path: list[str]) -> None:
        assert split_pointer(join_pointer(path)) == path

    @given(st.lists(st.text() | st.integers(0, 3), max_size=4), st.integers())
    def test_what_lies_at_a_path_is_found(self, path: list[str | int], leaf: int) -> None:
        value: Any = leaf
        for key in reversed(path):
            value = {key: value} if isinstance(key, str) else [None] * key + [value]

        assert lookup_pointer(value, join_pointer(path)) == leaf

    @pytest.mark.parametrize(
        "pointer", ["/x", "/a/7", "/a/x", "/a/-1", "/a/0/b", "/t/0", "/n/x", "/a/01x"]
    )
    def test_a_pointer_that_leads_nowhere_gives_none(self, pointer: str) -> None:
        assert lookup_pointer({"a": [1], "t": "text", "n": None}, pointer) is None

    def test_the_empty_pointer_is_the_whole(self) -> None:
        assert lookup_pointer([1], "") == [1]

    def test_the_two_letters_are_escaped(self) -> None:
        assert join_pointer(["a/b", "m~n", 0]) == "/a~1b/m~0n/0"


class TestProblems:
    @pytest.mark.parametrize(
        ("problem", "place"),
        [
            (Problem("c", "m"), "/"),
            (Problem("c", "m", "/a"), "/a"),
            (Problem("c", "m", file="f.json"), "f.json"),
            (Problem("c", "m", "/a", file="f.json"), "f.json#/a"),
        ],
    )
    def test_a_place_is_file_and_pointer(self, problem: Problem, place: str) -> None:
        assert problem.place == place

    def test_what_is_empty_is_left_out_of_json(self) -> None:
        assert Problem("c", "m").to_json() == {
            "code": "c",
            "severity": "error",
            "pointer": "",
            "message": "m",
        }


class TestConnections:
    def test_a_file_is_read_with_its_transport(self) -> None:
        connection = Connection.from_json(
            {
                "name": "shop",
                "properties": {"apiKey": "k"},
                "endpoint": "http://localhost:1",
                "allowHosts": ["a", "b"],
                "transport": {"maxAttempts": 2, "readTimeout": 1.5, "caBundle": "x"},
            }
        )

        assert connection.allow_hosts == ("a", "b")
        assert connection.transport == TransportSettings(
            max_attempts=2, read_timeout=1.5, ca_bundle="x"
        )

    def test_an_empty_file_is_a_connection_with_the_usual_settings(self) -> None:
        assert Connection.from_json({}) == Connection()

    @pytest.mark.parametrize(
        ("name", "camel"),
        [
            ("connect_timeout", "connectTimeout"),
            ("insert-record", "insertRecord"),
            ("deadline", "deadline"),
            ("max_response_bytes", "maxResponseBytes"),
        ],
    )
    def test_a_name_is_written_in_camel_case(self, name: str, camel: str) -> None:
        assert camel_case(name) == camel

    def test_properties_do_not_show(self) -> None:
        assert "k-secret" not in repr(Connection({"apiKey": "k-secret"}, name="shop"))

    def test_values_cannot_be_changed(self) -> None:
        with pytest.raises(FrozenInstanceError):
            Connection().name = "x"  # type: ignore[misc]


class TestConnectors:
    def test_the_settings_that_are_secret_are_known(self, connector: Connector) -> None:
        assert connector.secret_settings == ("apiKey",)

    def test_a_capability_is_found_in_its_folder(self, connector: Connector) -> None:
        file = connector.capability_files["insert-record"]

        assert file == "capabilities/records/insert-record.json"

    def test_headers_are_compared_in_lower_case(self, connector: Connector) -> None:
        assert all(name == name.lower() for name in connector.request_id_headers)

    def test_a_handlers_name_is_derived_from_the_capabilitys(self) -> None:
        assert identifier("insert-records") == "insert_records"


class TestResults:
    def test_a_success_gives_its_outputs(self) -> None:
        result = Result("x", {"a": 1}, attempts=1)

        assert (result.status, result.unwrap()) == ("succeeded", {"a": 1})
        assert result.to_json() == {
            "capability": "x",
            "status": "succeeded",
            "attempts": 1,
            "outputs": {"a": 1},
        }

    def test_a_failure_raises_its_error_and_keeps_its_outputs(self) -> None:
        error = HandlerError(detail="no")
        result = Result("x", {"statusCode": 500}, error)

        with pytest.raises(HandlerError) as caught:
            result.unwrap()

        assert caught.value is error
        assert result.status == "failed"
        assert result.to_json()["error"]["code"] == "handler"


@pytest.mark.parametrize(
    ("value", "levels", "deeper"),
    [(1, 0, False), ([], 0, True), ([1], 1, False), ([[1]], 1, True), ({"a": [1]}, 2, False)],
)
def test_the_levels_of_a_value_are_counted(value: object, levels: int, deeper: bool) -> None:
    assert is_deeper(value, levels) is deeper
