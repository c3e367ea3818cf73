"""An answer never fails on a text, wherever it came from and whenever it was stored."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from argosy.connections.opener import Opened
from argosy.connections.probing import Check
from argosy.connections.probing.calling import plain
from argosy.connections.probing.redacting import CallRedactor
from argosy.server.api.whole_texts import with_whole_texts
from argosy.store import tables
from tests.connections.service.service import FakeOpener
from tests.databases import ready_database
from tests.server.api.conftest import open_site

HALF = "x\udcff.csv"
BODY = {"resource": "user", "connection_table_params": {"file_format": "CSV", "bucket": "b-one"}}
TABLE = "/v1/connections/S3/tables/t/"
REFUSED = Opened(
    ok=False,
    status="wrong_specification",
    reason="unsupported",
    checks=(Check("open", "failed", f"The name {HALF} cannot be said."),),
)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("as it is 😀", "as it is 😀"),
        (HALF, "x\N{REPLACEMENT CHARACTER}.csv"),
        ("\ud83d\ude00", "😀"),
        ({HALF: [1, {"a": (HALF, None)}]}, {"x�.csv": [1, {"a": ["x�.csv", None]}]}),
        ({"a": 2**70}, {"a": 2**70}),
    ],
)
def test_half_characters_are_replaced_and_all_else_stays(given: Any, sent: Any) -> None:
    assert with_whole_texts(given) == sent


def test_a_text_of_another_system_has_no_half_characters() -> None:
    assert plain(HALF, CallRedactor([])) == "x .csv"


def test_what_needs_no_change_is_not_copied() -> None:
    given = {"rows": [{"a": "b"}]}

    assert with_whole_texts(given) is given


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_was_stored_with_half_a_character_is_answered(kind: str, tmp_path: Any) -> None:
    with (
        ready_database(kind, tmp_path) as url,
        open_site(url, tmp_path, opener=lambda _: FakeOpener(REFUSED)) as site,
    ):
        client = site.as_("manager")
        credentials = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "a/b"}
        client.ask("PUT", "/v1/connections/S3/", {"credentials": credentials})

        made = client.ask("PATCH", TABLE, BODY)
        previewed = client.ask("POST", f"{TABLE}test/", BODY)
        with site.services.store.write() as opened:
            detail = {"error": HALF, "at": 1.0}
            opened.execute(update(tables.data_tables).values(status_detail=detail))
        shown = [
            client.ask("GET", path) for path in (TABLE, "/v1/tables/", "/v1/connections/S3/tables/")
        ]
        tested = client.ask("GET", f"{TABLE}test/")

    assert made.status == 200
    assert made.json["warnings"] == ["The name x�.csv cannot be said."]
    assert (previewed.status, tested.status) == (400, 400)
    assert previewed.json["error_data"]["error"] == "The name x�.csv cannot be said."
    assert [one.status for one in shown] == [200, 200, 200]
    assert shown[0].json["status_detail"]["error"] == "x�.csv"
