"""Pools and the rules that put attempts into them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.workflow.conftest import Workflows


def create(api: Workflows, name: Any = "small", limit: Any = 10, status: int = 201) -> Any:
    return api.send("POST", "pools", {"name": name, "concurrencyLimit": limit}, status)


def rule(api: Workflows, pool: str, status: int = 201, **more: Any) -> Any:
    conditions = [{"type": "project_name", "operator": "starts_with", "values": ["sh"]}]
    body = {"poolId": pool, "priority": 5, "conditions": conditions} | more
    return api.send("POST", "pool_rules", body, status)


def test_pools_share_the_accounts_limit(api: Workflows) -> None:
    default = api.get("pools")["pools"][0]
    assert (default["name"], default["concurrencyLimit"], default["default"]) == (
        "default",
        100,
        True,
    )

    made = create(api)

    assert api.get(f"pools/{made['id']}") == made
    assert [one["concurrencyLimit"] for one in api.get("pools")["pools"]] == [90, 10]
    changed = api.send("PATCH", f"pools/{made['id']}", {"concurrencyLimit": 30, "name": "big"})
    assert changed == {**made, "concurrencyLimit": 30, "name": "big"}
    assert [one["concurrencyLimit"] for one in api.get("pools")["pools"]] == [70, 30]
    assert api.send("DELETE", f"pools/{made['id']}") == changed
    assert api.get("pools")["pools"] == [default]


def test_what_a_pool_cannot_be_is_refused(api: Workflows) -> None:
    made = create(api)
    default = api.get("pools")["pools"][0]["id"]

    assert create(api, status=409)["status"] == 409
    for name, limit in (("", 1), ("x", 0), ("x", "1"), ("x", 100), (None, 1), ("x" * 257, 1)):
        assert create(api, name, limit, 400)["status"] == 400
    assert api.send("PATCH", f"pools/{default}", {"concurrencyLimit": 1}, 400)["status"] == 400
    assert api.send("DELETE", f"pools/{default}", status=400)["status"] == 400
    assert api.get("pools/999", 404) == {"message": "Pool not found", "status": 404}
    rule(api, made["id"])
    assert "rule refers" in api.send("DELETE", f"pools/{made['id']}", status=400)["message"]


def test_rules_choose_the_pool(api: Workflows) -> None:
    pools = [create(api, name, 1)["id"] for name in ("one", "two")]
    first = rule(api, pools[0])
    on_demand = [{"type": "invocation_type", "values": ["on_demand"]}]
    second = rule(api, pools[1], priority=1, conditions=on_demand)
    assert api.get("pool_rules") == {"poolRules": [second, first]}
    api.upload({"daily.dig": "+a: {echo>: x}"})

    assert api.start()["poolId"] == pools[1]
    changed = api.send("PATCH", f"pool_rules/{second['id']}", {"priority": 9})
    assert changed == {**second, "priority": 9}
    assert api.start(time="2023-11-15T00:00:00Z")["poolId"] == pools[0]
    assert api.send("DELETE", f"pool_rules/{first['id']}") == first
    assert api.get(f"pool_rules/{first['id']}", 404)["status"] == 404
    assert api.get(f"pool_rules/{second['id']}") == changed


@pytest.mark.parametrize(
    "wrong",
    [
        {"priority": 0},
        {"priority": 10_001},
        {"priority": 5},
        {"priority": "1"},
        {"poolId": "999"},
        {"conditions": []},
        {"conditions": [{"type": "invocation_type", "values": ["on_demand"]}] * 3},
        {"conditions": [{"type": "invocation_type", "values": ["sometimes"]}]},
        {"conditions": [{"type": "workflow_type", "values": ["other"]}]},
        {"conditions": [{"type": "project_name", "values": ["x"]}]},
        {"conditions": [{"type": "weather", "values": ["x"]}]},
        {"conditions": [{"type": "project_name", "operator": "starts_with", "values": []}]},
        {"conditions": "x"},
    ],
)
def test_what_a_rule_cannot_be_is_refused(api: Workflows, wrong: Any) -> None:
    pool = create(api)["id"]
    rule(api, pool)

    answer = rule(api, pool, 400, **({"priority": 6} | wrong))

    assert answer["status"] == 400
    assert len(api.get("pool_rules")["poolRules"]) == 1
