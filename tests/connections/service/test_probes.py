"""Tests of credentials: in turns, shared for a while, not too many, kept, and never secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from argosy.connections.probing import Check, ProbeResult
from argosy.connections.turns import Turns
from argosy.errors import TooManyRequestsError
from argosy.model.secret import MASK
from argosy.store import tables
from tests.connections.service.service import (
    GOOD,
    ON_SQLITE,
    REFUSED,
    ROOT,
    S3,
    SECRET,
    Clock,
    Service,
    error_of,
)


def test_a_test_tells_its_steps_and_whose_credentials_they_are(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)

    found = service.connections.test(ROOT, "S3")

    assert found == GOOD.to_json()
    assert "warnings" not in found


@pytest.mark.parametrize("document", [None, {}])
def test_without_a_body_what_is_stored_is_tested_and_the_result_kept(
    service: Service, document: Any
) -> None:
    service.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "first-bucket"}})

    service.connections.test(ROOT, "S3", document)

    assert service.prober.asked == [("S3", S3["credentials"], {"bucket": "first-bucket"}, "")]
    shown = service.connections.get(ROOT, "S3")
    assert shown["last_tested_timestamp"] == 1_800_000_000
    assert shown["last_result"] == GOOD.to_json()
    assert shown["modified_timestamp"] == shown["created_timestamp"]


def test_a_failure_is_kept_too(service: Service) -> None:
    service.prober.result = REFUSED
    service.connections.put(ROOT, "S3", S3)

    error = error_of(lambda: service.connections.test(ROOT, "S3"))

    assert error["error_data"] == {
        "name": "WRONG_DATA_TYPE",
        "error": "S3 refused the secret key. Check it.",
        "reason": "refused",
        "field": "credentials.aws_secret_access_key",
        "retryable": False,
        "remote": {"http_status": 403, "code": "SignatureDoesNotMatch", "retry_after": None},
        "status": "wrong_credentials",
        "checks": [check.to_json() for check in REFUSED.checks],
        "duration_ms": 9,
    }
    assert service.connections.get(ROOT, "S3")["last_result"]["reason"] == "refused"


@ON_SQLITE
def test_a_body_is_merged_with_what_is_stored_and_not_kept(service: Service) -> None:
    service.connections.put(ROOT, "S3", {**S3, "metadata": {"bucket": "first-bucket"}})
    body = {"credentials": {"aws_access_key_id": "AKIAOTHER", "aws_secret_access_key": MASK}}

    service.connections.test(ROOT, "S3", body)

    merged = {"aws_access_key_id": "AKIAOTHER", "aws_secret_access_key": SECRET}
    assert service.prober.asked == [("S3", merged, {"bucket": "first-bucket"}, "")]
    shown = service.connections.get(ROOT, "S3")
    assert shown["last_tested_timestamp"] is None
    assert shown["credentials"]["aws_access_key_id"] == "AKIAIOSFODNN7EXAMPLE"


@ON_SQLITE
def test_a_connection_that_is_not_made_yet_is_tested_by_its_type(service: Service) -> None:
    service.connections.test(ROOT, "archive", {**S3, "type": "S3"})

    assert service.prober.asked == [("S3", S3["credentials"], {}, "")]
    assert service.connections.list(ROOT) == {"connections": []}


@ON_SQLITE
def test_what_cannot_be_verified_is_a_success_with_a_warning(service: Service) -> None:
    check = Check("write", "warning", "The key was not tested.")
    service.prober.result = ProbeResult(True, False, "unverified", "unverifiable", (check,))

    found = service.connections.test(ROOT, "S3", S3)

    assert (found["ok"], found["verified"], found["status"]) == (True, False, "unverified")
    assert found["warnings"] == [
        "The key was not tested.",
        "The credentials could not be verified.",
    ]


@ON_SQLITE
def test_the_operator_can_turn_tests_of_new_credentials_off(service: Service) -> None:
    strict = service.having(test_unsaved=False)
    strict.connections.put(ROOT, "S3", S3)

    assert error_of(lambda: strict.connections.test(ROOT, "S3", S3))["http"] == 403
    assert strict.connections.test(ROOT, "S3")["ok"]


@ON_SQLITE
def test_who_may_not_test_is_told_before_secrets_are_read(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    blind = replace(service)
    blind.connections.ring = None  # type: ignore[assignment]

    error = error_of(lambda: blind.connections.test(replace(ROOT, role="frontend"), "S3"))

    assert error["http"] == 403


def test_the_same_is_asked_once_in_ten_seconds(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)

    for seconds in (0, 5, 4.9):
        service.clock.time += seconds
        service.connections.test(ROOT, "S3")
    assert len(service.prober.asked) == 1
    assert service.connections.get(ROOT, "S3")["last_tested_timestamp"] == 1_800_000_000

    service.clock.time += 0.2
    service.connections.test(ROOT, "S3")
    assert len(service.prober.asked) == 2


@ON_SQLITE
@pytest.mark.parametrize(
    "change",
    [
        {"credentials": {**S3["credentials"], "aws_secret_access_key": "new-secret"}},
        {**S3, "metadata": {"bucket": "first-bucket"}},
    ],
)
def test_what_was_changed_is_asked_anew(service: Service, change: dict[str, Any]) -> None:
    service.connections.put(ROOT, "S3", S3)
    service.connections.test(ROOT, "S3")

    answer = service.connections.put(ROOT, "S3", change)
    assert answer["last_result"] is None
    assert any("not been tested" in text for text in answer["warnings"])

    service.connections.test(ROOT, "S3")
    assert len(service.prober.asked) == 2


def test_a_result_is_not_kept_for_credentials_that_came_meanwhile(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    changed = {"credentials": {**S3["credentials"], "aws_secret_access_key": "new-secret"}}
    service.prober.before = lambda: service.connections.put(ROOT, "S3", changed)

    service.connections.test(ROOT, "S3")

    assert service.connections.get(ROOT, "S3")["last_tested_timestamp"] is None


def test_no_write_waits_while_a_test_runs(service: Service) -> None:
    """The prober writes to the store itself, from another thread: a lock held would stop it."""
    service.connections.put(ROOT, "S3", S3)

    def write() -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(service.connections.put, ROOT, "archive", {**S3, "type": "S3"}).result(10)

    service.prober.before = write

    assert service.connections.test(ROOT, "S3")["ok"]
    assert service.tables.patch(ROOT, "S3", "users", {"resource": "user"})["name"] == "users"


@ON_SQLITE
def test_clicks_at_the_same_time_share_one_test(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    go_on = threading.Event()
    service.prober.before = lambda: go_on.wait(10)

    with ThreadPoolExecutor(6) as pool:
        clicks = [pool.submit(service.connections.test, ROOT, "S3") for _ in range(6)]
        go_on.set()
        found = [click.result(10) for click in clicks]

    assert found == [GOOD.to_json()] * 6
    assert len(service.prober.asked) == 1


@ON_SQLITE
def test_an_organization_tests_a_type_only_so_often(service: Service) -> None:
    few = service.having(tests_per_minute=2, cache_seconds=0)
    few.connections.put(ROOT, "S3", S3)
    few.connections.put(ROOT, "archive", {**S3, "type": "S3"})
    few.connections.test(ROOT, "S3")
    few.clock.time += 20
    few.connections.test(ROOT, "archive")

    error = error_of(lambda: few.connections.test(ROOT, "S3"))

    assert (error["http"], error["error_code"]) == (429, 2)
    assert error["error_data"] == {"name": "RATE_LIMIT_OVERFLOW", "retry_after": 40}
    trio = {"credentials": {"domain": "a", "client_id": "b", "client_secret": "c"}}
    assert few.connections.test(ROOT, "SALESFORCE", trio)["ok"]
    few.clock.time += 40
    assert few.connections.test(ROOT, "S3")["ok"]


def test_a_secret_that_a_prober_lets_through_is_masked(service: Service) -> None:
    check = Check("authenticate", "failed", f"no such key {SECRET}", f"see {SECRET}", "credentials")
    service.prober.result = replace(REFUSED, checks=(check,), identity={"arn": SECRET})
    service.connections.put(ROOT, "S3", S3)

    error = error_of(lambda: service.connections.test(ROOT, "S3"))

    assert SECRET not in str(error)
    with service.store.read() as connection:
        assert SECRET not in str(connection.execute(select(tables.connections.c.last_result)).all())


class TestTurns:
    def _turns(self, clock: Clock) -> Turns:
        return Turns(clock, cache_seconds=10, wait=0.05)

    def test_work_that_fails_is_not_kept(self) -> None:
        turns = self._turns(Clock())
        results: Iterator[Exception | str] = iter([ValueError("once"), "fine"])

        def work() -> str:
            found = next(results)
            if isinstance(found, Exception):
                raise found
            return found

        with pytest.raises(ValueError, match="once"):
            turns.share(("a",), work, within=("w",), a_minute=9)
        assert turns.share(("a",), work, within=("w",), a_minute=9)[0] == "fine"

    def test_who_waits_for_work_that_fails_works_itself(self) -> None:
        turns = Turns(Clock(), cache_seconds=10, wait=10)
        started, go_on = threading.Event(), threading.Event()

        def fail() -> str:
            started.set()
            go_on.wait(10)
            raise ValueError("no")

        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(turns.share, ("a",), fail, within=("w",), a_minute=9)
            started.wait(10)
            second = pool.submit(turns.share, ("a",), lambda: "mine", within=("w",), a_minute=9)
            go_on.set()
            assert isinstance(first.exception(10), ValueError)
            assert second.result(10)[0] == "mine"

    def test_nobody_waits_longer_than_said(self) -> None:
        turns = self._turns(Clock())
        started, go_on = threading.Event(), threading.Event()

        def slow() -> str:
            started.set()
            go_on.wait(10)
            return "done"

        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(turns.share, ("a",), slow, within=("w",), a_minute=9)
            started.wait(10)
            with pytest.raises(TooManyRequestsError) as caught:
                turns.share(("a",), slow, within=("w",), a_minute=9)
            go_on.set()
            assert first.result(10)[0] == "done"
        assert caught.value.facts["retry_after"] == 1

    @pytest.mark.parametrize("move", [10.0, -1.0, 3600.0])
    def test_nothing_is_remembered_for_ever(self, move: float) -> None:
        clock = Clock()
        turns = self._turns(clock)
        for number in range(50):
            turns.share((number,), lambda: 1, within=(str(number),), a_minute=9)
        clock.time += move
        turns.share(("last",), lambda: 1, within=("last",), a_minute=9)

        assert len(turns._turns) == 1
        clock.time += 61
        turns.share(("very last",), lambda: 1, within=("x",), a_minute=9)
        assert list(turns._taken) == [("x",)]

    def test_no_turn_is_given_where_none_is_allowed(self) -> None:
        with pytest.raises(TooManyRequestsError):
            self._turns(Clock()).share(("a",), lambda: 1, within=("w",), a_minute=0)
