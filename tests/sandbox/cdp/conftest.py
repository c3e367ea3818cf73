"""A shop with customers, orders and visits, whose parent segment is built; without HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from argosy.sandbox import Settings, start
from argosy.sandbox.clock import Clock
from argosy.sandbox.state import State
from tests.sandbox.conftest import Client
from tests.sandbox.contract_watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.cdp.models import ParentSegment

NOON = 1_700_000_000
"""Tuesday, 2023-11-14 22:13:20 UTC, which is Wednesday morning in Tokyo."""
DAY = 86_400

CUSTOMERS: list[dict[str, Any]] = [
    {
        "customer_id": "c1",
        "email": "ada@example.com",
        "country": "JP",
        "age": 36,
        "score": 0.5,
        "is_member": True,
        "signed_up": NOON - 3 * DAY,
        "birthday": "1987-11-14",
        "tags": ["new", "vip"],
        "sizes": [38, 40],
        "household": "h1",
    },
    {
        "customer_id": "c2",
        "email": "kenji@example.com",
        "country": "JP",
        "age": 20,
        "score": 1.5,
        "is_member": False,
        "signed_up": NOON - 40 * DAY,
        "birthday": "2003-01-31",
        "tags": ["vip"],
        "sizes": [42],
        "household": "h1",
    },
    {
        "customer_id": "c3",
        "email": "marta@example.com",
        "country": "PL",
        "age": 51,
        "is_member": True,
        "signed_up": NOON - 400 * DAY,
        "birthday": "1972-05-01",
        "tags": [],
        "sizes": [38, 38, 39],
        "household": "h2",
    },
    {"customer_id": "c4", "email": "o'hara@example.com", "country": "IE", "age": 36, "score": -2.0},
    {"customer_id": "c5", "country": "GB", "signed_up": NOON + 2 * DAY, "tags": ["new"]},
]
ORDERS: list[dict[str, Any]] = [
    {"time": NOON - 1 * DAY, "customer": "c1", "item": "hat", "price": 30, "shop": "web"},
    {"time": NOON - 2 * DAY, "customer": "c1", "item": "tie", "price": 20, "shop": "web"},
    {"time": NOON - 30 * DAY, "customer": "c1", "item": "hat", "price": 35, "shop": "store"},
    {"time": NOON - 5 * DAY, "customer": "c2", "item": "coat", "price": 200, "shop": "store"},
    {"time": NOON - 6 * DAY, "customer": "c2", "item": "hat", "price": 25, "shop": "web"},
    {"time": NOON - 100 * DAY, "customer": "c3", "item": "tie", "price": 15, "shop": "web"},
    {"time": NOON - 1 * DAY, "customer": "nobody", "item": "hat", "price": 999, "shop": "web"},
]
PLANS: list[dict[str, Any]] = [
    {"time": NOON - 9, "id": "c1", "plan": "basic"},
    {"time": NOON - 5, "id": "c1", "plan": "gold"},
    {"time": NOON - 5, "id": "c3", "plan": "basic"},
]
HOUSEHOLDS: list[dict[str, Any]] = [
    {"time": NOON, "household": "h1", "city": "Tokyo", "members": 2},
    {"time": NOON, "household": "h2", "city": "Gdansk", "members": 1},
]
PARENT: dict[str, Any] = {
    "id": "101",
    "name": "Customers",
    "timezone": "Asia/Tokyo",
    "master": {"database": "shop", "table": "customers"},
    "attributes": [
        {"name": "Signed up", "type": "timestamp", "column": "signed_up"},
        {"name": "birthday", "type": "date"},
        {"name": "tags", "type": "string_array"},
        {"name": "sizes", "type": "number_array"},
        {
            "name": "plan",
            "type": "string",
            "database": "shop",
            "table": "plans",
            "key": "id",
            "foreignKey": "customer_id",
        },
    ],
    "behaviors": [
        {
            "id": "151",
            "name": "Orders",
            "database": "shop",
            "table": "orders",
            "key": "customer",
            "foreignKey": "customer_id",
            "columns": [
                {"name": "item", "type": "string"},
                {"name": "amount", "type": "number", "column": "price"},
                {"name": "shop", "type": "string"},
            ],
        }
    ],
    "customerGroup": {
        "name": "household",
        "parentDatabaseName": "shop",
        "parentTableName": "households",
        "parentKey": "household",
        "foreignKey": "household",
    },
    "folders": [{"id": "201", "name": "Customers", "folders": [{"id": "202", "name": "Sub"}]}],
    "funnels": [
        {
            "id": "701",
            "name": "Buying",
            "stages": [{"id": "711", "name": "A"}, {"id": "712", "name": "B"}, {"name": "C"}],
        }
    ],
    "segments": [
        {"id": "301", "name": "Japan", "rule": None},
        {"id": "302", "name": "Everyone", "rule": {}},
        {"id": "303", "name": "Stage A", "kind": "funnel-stage", "stage": "711", "rule": None},
    ],
}


def value(left: Any, operator: Any, **more: Any) -> dict[str, Any]:
    """Make a condition; a text on the left is an attribute, and what is left out is usual."""
    left = {"name": left} if isinstance(left, str) else left
    usual = {"arrayMatching": None, "exclude": False}
    return {"type": "Value", "leftValue": left, "operator": operator, **usual, **more}


def rule(*conditions: Any, kind: str = "And", **more: Any) -> dict[str, Any]:
    """Make a rule of one group."""
    return {"type": "And", "conditions": [{"type": kind, "conditions": [*conditions]}], **more}


def equal(right: Any, *, negated: bool = False) -> dict[str, Any]:
    """Make the operator Equal."""
    return {"type": "Equal", "not": negated, "rightValue": right}


JAPAN = rule(value("country", equal("JP")))


def shop_seed(**changes: Any) -> dict[str, Any]:
    """Make the shop's seed; `changes` go into its parent segment."""
    segments = [one | {"rule": JAPAN if one["rule"] is None else {}} for one in PARENT["segments"]]
    rows = {"orders": ORDERS, "plans": PLANS, "households": HOUSEHOLDS}
    customers = [{"time": NOON} | one for one in CUSTOMERS]
    return {
        "databases": {"shop": {"customers": customers, **rows}},
        "parentSegments": [PARENT | {"segments": segments} | changes],
    }


@dataclass
class Shop:
    """A state with the shop in it."""

    state: State

    @property
    def parent(self) -> ParentSegment:
        """Give the parent segment."""
        found = self.state.cdp.audiences.parent_segment("101")
        assert found is not None
        return found

    def sql(self, rule: Any) -> str:
        """Write a rule."""
        return self.state.cdp.populations.sql(self.parent, rule)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run Presto SQL."""
        outcome = self.state.foundation.queries.run(sql, "presto", "cdp_audience_101")
        return [tuple(row) for row in outcome.rows]

    def members(self, rule: Any) -> set[str]:
        """Give the customers that a rule takes."""
        listed = "SELECT customer_id FROM customers WHERE cdp_customer_id IN"
        found = [row[0] for row in self.run(f"{listed} ({self.sql(rule)})")]
        assert len(found) == len(set(found))
        return set(found)

    def by_hand(self, where: str) -> set[str]:
        """Give the customers for whom a condition holds, by DuckDB over the source tables."""
        found = self.state.store.run(f"SELECT m.customer_id FROM td.shop.customers m WHERE {where}")
        return {row[0] for row in found}


@pytest.fixture(scope="session")
def resting_shop() -> Iterator[Shop]:
    """Build the shop once for tests that change nothing."""
    state = State(Settings(now=NOON, seed=shop_seed()), "us01", 0, Clock(NOON))
    yield Shop(state)
    state.close()


@pytest.fixture(scope="session")
def shop_watch() -> Watch:
    """Watch the sandbox that the tests over HTTP share."""
    return Watch()


@pytest.fixture(scope="session")
def shared_shop(shop_watch: Watch) -> Iterator[Client]:
    """Start the sandbox that the tests over HTTP share."""
    with start(Settings(now=NOON, seed=shop_seed(), observer=shop_watch)) as sandbox:
        client = Client(sandbox)
        yield client
        client.session.close()


@pytest.fixture
def shop(shared_shop: Client, shop_watch: Watch) -> Iterator[Client]:
    """Give a client of a sandbox with the shop in it; no answer may be undocumented."""
    shared_shop.control("POST", "reset", {})
    yield shared_shop
    shop_watch.check()
