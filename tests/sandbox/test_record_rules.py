"""What a record may hold: time, uuid, names; and that a uuid is taken once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

UUID = "0b5a1c8e-1111-4222-8333-444455556666"


def outcome(client: Client, record: Any) -> str:
    """Post a record in a batch of one and give the name of its error, or nothing."""
    receipt = client.several([record]).json()["receipts"][0]
    return str(receipt["error"]["name"]) if "error" in receipt else ""


@pytest.mark.parametrize("time", [0, NOON, 99_999_999_999, -86_400])
def test_a_time_in_seconds_is_kept(client: Client, time: int) -> None:
    client.single({"time": time})

    assert client.rows() == [{"time": time}]


@pytest.mark.parametrize(
    "time", [NOON * 1000, 1.5, 1.0, "1700000000", True, None, [], 100_000_000_000]
)
def test_a_time_that_is_not_in_whole_seconds_fails_its_record(client: Client, time: Any) -> None:
    assert outcome(client, {"a": 1, "time": time}) == "InvalidPropertyValueError"
    assert client.rows() == []


def test_a_record_without_time_gets_the_clocks(client: Client) -> None:
    client.control("PUT", "clock", {"now": 1_234_567_890.9})

    client.single({"a": 1})

    assert client.rows() == [{"time": 1_234_567_890, "a": 1}]


@pytest.mark.parametrize("uuid", [UUID, UUID.upper()])
def test_a_valid_uuid_is_echoed_and_not_stored(client: Client, uuid: str) -> None:
    assert client.single({"a": 1, "uuid": uuid}).json()["uuid"] == uuid
    assert client.types() == {"time": "BIGINT", "a": "BIGINT"}


@pytest.mark.parametrize("uuid", ["x", "", None, 7, UUID[:-1], f"{{{UUID}}}", UUID + "\n"])
def test_an_invalid_uuid_fails_its_record(client: Client, uuid: Any) -> None:
    assert outcome(client, {"a": 1, "uuid": uuid}) == "InvalidPropertyValueError"


def test_a_failed_record_is_answered_with_its_own_uuid(client: Client) -> None:
    receipt = client.several([{"time": "x", "uuid": UUID}]).json()["receipts"][0]

    assert (receipt["success"], receipt["uuid"]) == (False, UUID)


def test_a_uuid_is_stored_once_and_answered_as_a_success(client: Client) -> None:
    first = client.single({"a": 1, "uuid": UUID})
    second = client.single({"a": 2, "uuid": UUID.upper()})

    assert first.status_code == second.status_code == 200
    assert [row["a"] for row in client.rows()] == [1]


def test_a_uuid_twice_in_one_batch_is_stored_once(client: Client) -> None:
    answer = client.several([{"a": 1, "uuid": UUID}, {"a": 2, "uuid": UUID}])

    assert [receipt["success"] for receipt in answer.json()["receipts"]] == [True, True]
    assert [row["a"] for row in client.rows()] == [1]


def test_a_uuid_the_sandbox_made_counts_too(client: Client) -> None:
    uuid = client.single({"a": 1}).json()["uuid"]

    client.single({"a": 2, "uuid": uuid})

    assert [row["a"] for row in client.rows()] == [1]


def test_a_uuid_is_known_in_its_own_table_only(client: Client) -> None:
    client.single({"a": 1, "uuid": UUID})
    client.single({"a": 2, "uuid": UUID}, "shop/orders")

    assert [row["a"] for row in client.rows("shop/orders")] == [2]


@pytest.mark.parametrize(("seconds", "stored"), [(3599, [1]), (3600, [1, 2])])
def test_a_uuid_is_remembered_for_an_hour_of_the_clock(
    client: Client, seconds: int, stored: list[int]
) -> None:
    client.single({"a": 1, "uuid": UUID})
    client.control("PUT", "clock", {"advance": seconds})

    client.single({"a": 2, "uuid": UUID})

    assert [row["a"] for row in client.rows()] == stored


def test_what_is_older_than_an_hour_is_forgotten_and_the_rest_is_not(client: Client) -> None:
    other = UUID.replace("0b5a", "ffff")
    client.single({"a": 1, "uuid": UUID})
    client.control("PUT", "clock", {"advance": 3000})
    client.single({"a": 2, "uuid": other})
    client.control("PUT", "clock", {"advance": 1000})

    client.several([{"a": 3, "uuid": UUID}, {"a": 4, "uuid": other}])

    assert [row["a"] for row in client.rows()] == [1, 2, 3]


def test_the_uuid_of_a_failed_record_is_not_remembered(client: Client) -> None:
    client.several([{"a": 1, "uuid": UUID, "time": "x"}])

    client.several([{"a": 2, "uuid": UUID}])

    assert [row["a"] for row in client.rows()] == [2]


def test_parallel_posts_with_the_same_uuids_store_each_once(client: Client) -> None:
    uuids = [f"00000000-0000-4000-8000-{index:012}" for index in range(40)]

    def post(worker: int) -> int:
        records = [{"worker": worker, "uuid": uuid} for uuid in uuids]
        return client.several(records, headers={"Connection": "close"}).status_code

    with ThreadPoolExecutor(8) as workers:
        statuses = list(workers.map(post, range(16)))

    assert statuses == [200] * 16
    assert client.table()["count"] == 40


def test_parallel_posts_that_widen_a_table_lose_nothing(client: Client) -> None:
    values: list[Any] = [1, 2.5, "x", True, {"a": 1}, [1]]

    def post(index: int) -> int:
        record = {"shared": values[index % 6], f"own_{index}": index}
        return client.single(record, headers={"Connection": "close"}).status_code

    with ThreadPoolExecutor(8) as workers:
        statuses = list(workers.map(post, range(48)))

    assert statuses == [200] * 48
    assert client.table()["count"] == 48
    assert len(client.types()) == 50


@pytest.mark.parametrize(
    "name",
    [
        'a"b',
        "a'b",
        'x"); DROP TABLE customers; --',
        ";",
        "--",
        "a.b",
        "select",
        "rowid",
        "名前",
        "É",
        "{{ x }}",
        " ",
        "x" * 128,
    ],
)
def test_a_hostile_name_is_only_a_name(client: Client, name: str) -> None:
    assert outcome(client, {name: 1}) == ""
    assert outcome(client, {name: "two"}) == ""
    assert [row[name] for row in client.rows()] == ["1", "two"]


@pytest.mark.parametrize("name", ["", "x" * 129, "x" * 10_000, "a\x00b", "a\nb", "\x7f", "\x85"])
def test_a_name_no_column_can_have_fails_its_record(client: Client, name: str) -> None:
    assert outcome(client, {name: 1}) == "InvalidPropertyNameError"
    assert client.types() == {"time": "BIGINT"}


@pytest.mark.parametrize("names", [("a", "A"), ("Time", "b"), ("time", "TIME")])
def test_names_that_differ_only_in_case_fail_their_record(
    client: Client, names: tuple[str, str]
) -> None:
    assert outcome(client, {names[0]: NOON, names[1]: NOON}) == "InvalidPropertyNameError"


def test_a_name_in_another_case_goes_to_the_column_there_is(client: Client) -> None:
    client.single({"Email": "ada@example.com"})
    client.several([{"email": "kenji@example.com"}, {"EMAIL": "marta@example.com"}])

    assert client.types() == {"time": "BIGINT", "Email": "VARCHAR"}
    assert len([row["Email"] for row in client.rows() if row["Email"]]) == 3


def test_letters_outside_ascii_are_not_folded(client: Client) -> None:
    assert outcome(client, {"É": 1, "é": 2}) == ""
    assert client.rows() == [{"time": NOON, "É": 1, "é": 2}]


def test_a_table_has_at_most_512_columns(client: Client) -> None:
    client.several([{f"c{index}": 1 for index in range(510)}])

    answer = client.several([{"c0": 2, "new_1": 1}, {"c0": 3, "new_2": 1}, {"c0": 4}])

    receipts: list[Any] = answer.json()["receipts"]
    assert [receipt["success"] for receipt in receipts] == [True, False, True]
    assert receipts[1]["error"]["name"] == "InvalidPropertyNameError"
    assert len(client.types()) == 512
    assert [row["c0"] for row in client.rows()] == [1, 2, 4]


def test_a_table_of_500_wide_records_is_taken(client: Client) -> None:
    answer = client.several([{f"c{index}": index for index in range(50)} for _ in range(500)])

    assert answer.status_code == 200
    assert client.table()["count"] == 500


def test_ids_repeat_with_the_same_random_seed(start_client: Callable[..., Client]) -> None:
    uuids = {start_client(random_seed=7).single({"a": 1}).json()["uuid"] for _ in range(2)}

    assert len(uuids) == 1
