"""Keys: who gets 401, who gets 403, who gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.conftest import SINGLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

BAD_HEADERS = ["", "TD1", "TD1 ", "1/sandbox", "TD1 1/other", "TD2 1/sandbox", "Bearer 1/sandbox"]


@pytest.mark.parametrize("header", BAD_HEADERS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/shop/customers"), ("GET", "/audiences"), ("GET", "/entities/tokens/1")],
)
def test_a_missing_malformed_or_unknown_key_is_unauthorized(
    client: Client, method: str, path: str, header: str
) -> None:
    body = {"a": 1} if method == "POST" else None

    answer = client.call(
        method, path, body, key=None, media_type=SINGLE, headers={"Authorization": header}
    )

    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message"}


def test_no_header_at_all_is_unauthorized(client: Client) -> None:
    assert client.single({"a": 1}, key=None).status_code == 401
    assert client.call("GET", "/audiences", key=None).status_code == 401


def test_a_write_only_key_may_import(client: Client) -> None:
    client.single({"a": 1})

    assert client.single({"a": 2}, key="2/sandbox").status_code == 200


@pytest.mark.parametrize(
    "path", ["/audiences", "/audiences/101/tokens", "/entities/parent_segments"]
)
def test_a_write_only_key_is_asked_for_a_master_key_by_the_cdp(client: Client, path: str) -> None:
    answer = client.call("GET", path, key="2/sandbox")

    assert answer.status_code == 401
    assert "Master" in answer.json()["message"]


def test_the_status_for_a_write_only_key_on_the_cdp_is_a_setting(
    start_client: Callable[..., Client],
) -> None:
    client = start_client(write_key_on_cdp=403)

    assert client.call("GET", "/audiences", key="2/sandbox").status_code == 403
    assert client.call("GET", "/audiences", key="3/other").status_code == 401


def test_a_key_without_write_access_may_read_and_not_import(
    start_client: Callable[..., Client],
) -> None:
    client = start_client(query_only_keys=("3/reader",))

    assert client.single({"a": 1}, key="3/reader").status_code == 403
    assert client.call("GET", "/audiences", key="3/reader").status_code == 200


def test_the_keys_are_settings(start_client: Callable[..., Client]) -> None:
    client = start_client(master_key="9/master", write_key="9/write")

    assert client.sandbox.master_key == "9/master"
    assert client.sandbox.write_key == "9/write"
    assert client.single({"a": 1}, key="9/master").status_code == 200
    assert client.single({"a": 1}, key="9/write").status_code == 200
    assert client.single({"a": 1}, key="1/sandbox").status_code == 401
