"""What a service keeps of the columns of its tables, and what it makes of those that changed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from argosy.connections.opener import Opened
from argosy.connections.probing import Check
from argosy.errors import ServiceError, WrongDataError
from tests.connections.bodies import USERS
from tests.connections.service.service import ON_SQLITE, ROOT, FakeOpener, Service
from tests.connections.service.test_tables import AVAILABLE, PASSING

pytestmark = ON_SQLITE
DRIFTED = Opened(
    ok=False,
    status="wrong_specification",
    reason="drift",
    checks=(Check("mapping", "failed", "It was integer and is text now.", "Set it again."),),
)
OTHER = {"resource_params": {"columns_mapping": {"user_id": "id"}}}


@pytest.fixture
def local(service: Service, tmp_path: Path) -> Service:
    """A service with a table of LOCAL that is available."""
    made = service.having(upload_folder=tmp_path / "uploads").opening(AVAILABLE)
    made.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
    place = made.tables.uploads.file("acme-shop", "users.csv")
    assert place is not None
    place.parent.mkdir(parents=True)
    place.write_bytes(b"id\n1\n")
    assert status_after_test(made) == "available"
    return made


def opener(service: Service) -> FakeOpener:
    found = service.opener
    assert found is not None
    return found


def status_after_test(service: Service) -> str:
    """Test the table, and return its status; nothing that was found before is found again."""
    service.clock.time += 60
    with suppress(ServiceError):
        service.tables.test(ROOT, "LOCAL", "users.csv")
    return str(service.tables.get(ROOT, "LOCAL", "users.csv")["status"])


def known(service: Service) -> object:
    """What the table is held against when it is opened the next time."""
    status_after_test(service)
    return opener(service).asked[-1][1].known


def test_the_columns_of_a_good_opening_are_what_the_next_is_held_against(local: Service) -> None:
    assert known(local) == AVAILABLE.fingerprint


@pytest.mark.parametrize("result", [PASSING, replace(DRIFTED, reason="wrong_format")])
def test_a_change_forgets_the_columns_also_where_it_cannot_be_opened(
    local: Service, result: Opened
) -> None:
    opener(local).result = result

    local.tables.patch(ROOT, "LOCAL", "users.csv", OTHER)

    assert known(local) is None


def test_a_change_that_is_not_opened_at_all_forgets_the_columns(local: Service) -> None:
    local.having(opens_per_minute=0).tables.patch(ROOT, "LOCAL", "users.csv", OTHER)

    assert known(local) is None


def test_a_remark_about_a_table_forgets_nothing(local: Service) -> None:
    note = {"connection_table_metadata": {"description": "of the shop"}}
    local.tables.patch(ROOT, "LOCAL", "users.csv", note)

    assert known(local) == AVAILABLE.fingerprint


def test_a_table_that_is_set_again_takes_its_columns_as_they_are_now(local: Service) -> None:
    opener(local).result = DRIFTED
    assert status_after_test(local) == "wrong_specification"
    opener(local).result = PASSING

    local.tables.patch(ROOT, "LOCAL", "users.csv", {})

    assert known(local) is None


def test_what_has_drifted_is_not_read_until_it_is_as_it_was(local: Service) -> None:
    opener(local).result = DRIFTED
    status_after_test(local)
    local.clock.time += 60

    with pytest.raises(WrongDataError, match=r"It was integer and is text now\. Set it again\."):
        local.tables.to_read(ROOT, "LOCAL", "users.csv")
    opener(local).result = AVAILABLE
    local.clock.time += 60
    _, found = local.tables.to_read(ROOT, "LOCAL", "users.csv")

    assert found.name == "users.csv"
    assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "available"


def test_what_has_drifted_is_not_read_because_a_test_failed_for_another_reason(
    local: Service,
) -> None:
    opener(local).result = DRIFTED
    status_after_test(local)
    opener(local).result = PASSING
    assert status_after_test(local) == "unknown_error"
    opener(local).result = DRIFTED
    local.clock.time += 60

    with pytest.raises(WrongDataError, match=r"It was integer and is text now\."):
        local.tables.to_read(ROOT, "LOCAL", "users.csv")


@pytest.mark.parametrize("is_set", [True, False])
def test_what_is_good_again_is_read_without_another_test(local: Service, is_set: bool) -> None:
    opener(local).result = DRIFTED
    status_after_test(local)
    opener(local).result = AVAILABLE
    local.clock.time += 60
    if is_set:
        local.tables.patch(ROOT, "LOCAL", "users.csv", OTHER)
    else:
        status_after_test(local)
    count = len(opener(local).asked)

    local.tables.to_read(ROOT, "LOCAL", "users.csv")

    assert len(opener(local).asked) == count


def test_what_is_wrong_for_another_reason_shows_when_it_is_read(local: Service) -> None:
    opener(local).result = replace(DRIFTED, reason="wrong_format")
    status_after_test(local)
    count = len(opener(local).asked)

    local.tables.to_read(ROOT, "LOCAL", "users.csv")

    assert len(opener(local).asked) == count
