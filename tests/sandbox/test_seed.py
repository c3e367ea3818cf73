"""Seeds: what they put into a sandbox, and what is said about a wrong one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from argosy.sandbox import Settings, ShapeError, start
from argosy.sandbox.seed import built_in_seed
from tests.sandbox.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

UUID = "0b5a1c8e-1111-4222-8333-444455556666"


def parent(**parts: Any) -> dict[str, Any]:
    """Make a seed with one parent segment."""
    folders = [{"id": "201", "name": "Root"}, {"id": "202", "name": "Sub"}]
    return {"parentSegments": [{"id": "101", "name": "Customers", "folders": folders} | parts]}


def test_the_built_in_seed_has_what_the_first_steps_need(client: Client) -> None:
    assert client.databases() == {"shop": {}}
    assert client.call("GET", "/audiences/101").json()["name"] == "Customers"
    assert client.call("GET", "/audiences/101/folders").json()[0]["id"] == "201"
    assert client.call("GET", "/audiences/101/tokens").json() == []


def test_the_built_in_seed_uses_example_addresses_only() -> None:
    files = [one for one in built_in_seed().rglob("*") if one.is_file()]
    found = re.findall(r"[\w.+-]+@[\w.-]+", " ".join(one.read_text("utf-8") for one in files))

    assert found
    assert all(address.endswith("@example.com") for address in found)


def test_an_empty_seed_leaves_the_sandbox_empty(start_client: Callable[..., Client]) -> None:
    client = start_client(seed={})

    assert client.control("GET", "databases") == {"databases": []}
    assert client.call("GET", "/audiences").json() == []


def test_rows_are_taken_as_the_records_api_takes_them(client: Client) -> None:
    rows = [{"n": 1}, {"n": 2.5, "time": 5, "uuid": UUID}, {"n": 3, "uuid": UUID}]

    client.control("POST", "seed", {"databases": {"shop": {"customers": rows, "orders": []}}})

    assert client.rows() == [{"time": NOON, "n": 1.0}, {"time": 5, "n": 2.5}]
    assert client.rows("shop/orders") == []


def test_more_rows_than_a_batch_holds_are_taken_in_order(client: Client) -> None:
    rows = [{"n": index} for index in range(1201)]

    client.control("POST", "seed", {"databases": {"shop": {"customers": rows}}})

    assert client.table()["count"] == 1201
    last = client.control("GET", "rows/shop/customers?offset=1200")["rows"]
    assert last == [{"time": NOON, "n": 1200}]


def test_a_seed_takes_the_place_of_what_was_there(client: Client) -> None:
    client.single({"a": 1})
    client.create_token()

    client.control("POST", "seed", parent())

    assert client.control("GET", "databases") == {"databases": []}
    assert client.call("GET", "/audiences/101/tokens").json() == []


def test_the_same_table_may_be_in_the_next_seed(client: Client) -> None:
    for rows in ([{"a": 1}], [{"a": "x"}, {"a": "y"}]):
        client.control("POST", "seed", {"databases": {"shop": {"customers": rows}}})

    assert [row["a"] for row in client.rows()] == ["x", "y"]


def test_a_token_of_a_seed_can_be_read(client: Client) -> None:
    token = {
        "id": "401",
        "name": "Site",
        "token": UUID.upper(),
        "description": "For pages.",
        "keyColumn": "email",
        "attributeColumns": ["email"],
        "folder": "202",
        "segments": ["301"],
    }
    seed = parent(segments=[{"id": "301", "name": "All", "kind": "realtime"}], tokens=[token])

    client.control("POST", "seed", seed)

    data = client.call("GET", "/entities/tokens/401").json()["data"]
    assert data["attributes"]["token"] == UUID
    assert data["attributes"]["keyColumn"] == "email"
    assert data["relationships"]["parentFolder"]["data"]["id"] == "202"
    assert data["relationships"]["segments"]["data"] == [{"id": "301", "type": "segment-realtime"}]


def test_a_made_id_passes_over_those_of_the_seed(client: Client) -> None:
    taken = [{"id": str(100_001 + index), "name": f"T{index}"} for index in range(3)]
    client.control("POST", "seed", parent(tokens=taken))

    assert client.create_token("New")["id"] == "100004"


def test_attributes_are_found_in_the_profiles(client: Client) -> None:
    profiles = [
        {"attributes": {"email": "ada@example.com", "orders": 1}},
        {"attributes": {"is_member": True, "tags": ["a"]}},
    ]
    client.control("POST", "seed", parent(profiles=profiles))

    attributes = client.call("GET", "/audiences/101").json()["attributes"]
    assert {one["name"]: one["type"] for one in attributes} == {
        "email": "string",
        "orders": "number",
        "is_member": "boolean",
        "tags": "string_array",
    }


WRONG: list[tuple[Any, str]] = [
    ([], "/: an object is needed here, not []."),
    ({"tables": {}}, "/: 'tables' is not known here; there are databases, "),
    ({"databases": []}, "/databases: an object is needed here, not []."),
    (
        {"databases": {"Shop": {}}},
        "/databases/Shop: 'Shop' is not a name that matches ^[a-z0-9_]{3,255}$.",
    ),
    (
        {"databases": {"pg_catalog": {}}},
        "/databases/pg_catalog: the sandbox cannot have a database named 'pg_catalog'.",
    ),
    ({"databases": {"shop": {"customers": [1]}}}, "/databases/shop/customers/0: an object is"),
    (
        {"databases": {"shop": {"customers": [{}, {"time": "x"}]}}},
        "/databases/shop/customers/1: The value of 'time' is not a whole number of seconds.",
    ),
    ({"parentSegments": [{}]}, "/parentSegments/0: 'id' is missing."),
    (parent(id="x1"), "/parentSegments/0/id: 'x1' is not a string of digits."),
    (parent(id=101), "/parentSegments/0/id: a text is needed here, not 101."),
    (parent(folders={}), "/parentSegments/0/folders: an array is needed here, not {}."),
    (parent(folders=[]), "/parentSegments/0/folders: an array of at least 1 is needed here."),
    (
        parent(folders=[{"id": "201", "name": "A"}, {"id": "201", "name": "B"}]),
        "/parentSegments/0/folders/1/id: there is a folder '201' already.",
    ),
    (
        parent(segments=[{"id": "301", "name": "A", "kind": "huge"}]),
        "/parentSegments/0/segments/0/kind: 'huge' is not one of batch, realtime, funnel-stage.",
    ),
    (
        parent(profiles=[{"attributes": {}, "segments": ["9"]}]),
        "/parentSegments/0/profiles/0/segments/0: '9' is not one of none.",
    ),
    (
        parent(tokens=[{"name": "1st"}]),
        "/parentSegments/0/tokens/0/name: '1st' is not a match of",
    ),
    (
        parent(tokens=[{"name": "A", "token": "x"}]),
        "/parentSegments/0/tokens/0/token: 'x' is not a UUID.",
    ),
    (
        parent(tokens=[{"name": "A", "attributeColumns": list("abcdef")}]),
        "/parentSegments/0/tokens/0/attributeColumns: an array of at most 5 is needed here.",
    ),
    (
        parent(tokens=[{"name": "A", "folder": "301"}]),
        "/parentSegments/0/tokens/0/folder: '301' is not one of 201, 202.",
    ),
    (
        parent(attributes=[{"name": "a", "type": "money"}]),
        "/parentSegments/0/attributes/0/type: 'money' is not one of string,",
    ),
]


@pytest.mark.parametrize(("seed", "text"), WRONG)
def test_a_wrong_seed_is_told_where_and_changes_nothing(
    client: Client, seed: Any, text: str
) -> None:
    client.single({"a": 1})

    answer = client.call("POST", "/_sandbox/seed", seed)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(text)
    assert client.rows() == [{"time": NOON, "a": 1}]
    assert client.call("GET", "/audiences/101/folders").json()[0]["id"] == "201"


def test_a_sandbox_does_not_start_with_a_wrong_seed() -> None:
    with pytest.raises(ShapeError, match=r"^/parentSegments/0: 'id' is missing\.$"):
        start(Settings(seed={"parentSegments": [{}]}))
