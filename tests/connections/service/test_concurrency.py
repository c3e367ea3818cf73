"""Many at once, in threads and processes: nothing is lost, nothing is made twice."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from argosy.connections.settings import ConnectionsSettings
from argosy.model.secret import MASK
from argosy.store import KeyRing, open_store, tables
from tests.connections.bodies import USERS
from tests.connections.service.service import (
    KEY,
    ROOT,
    S3,
    SECRET,
    Clock,
    FakeProber,
    Service,
)

CHECKOUT = Path(__file__).resolve().parents[3]
PARTS = ("resource_params", "connection_table_params", "connection_table_metadata")
ROUNDS = 6


def _at_once(work: Iterable[Callable[[], Any]]) -> list[Any]:
    jobs = list(work)
    with ThreadPoolExecutor(len(jobs)) as pool:
        return [job.result(60) for job in [pool.submit(one) for one in jobs]]


def _audited(service: Service, action: str) -> int:
    query = select(func.count()).where(tables.audit.c.action == action)
    with service.store.read() as connection:
        return connection.execute(query).scalar_one()


def change_members(service: Service, member: str, rounds: int) -> None:
    """Count a member of one table up, in a table that others change too."""
    for number in range(1, rounds + 1):
        service.tables.patch(ROOT, "S3", "users", {member: {"count": number}})


def test_changes_of_different_members_all_stay(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    service.tables.patch(ROOT, "S3", "users", USERS)

    _at_once(lambda part=part: change_members(service, part, ROUNDS) for part in PARTS)  # type: ignore[misc]

    table = service.tables.get(ROOT, "S3", "users")
    assert [table[part] for part in PARTS] == [{"count": ROUNDS}] * 3
    assert _audited(service, "patch-table") == 1 + 3 * ROUNDS


def test_a_table_that_many_make_is_made_once(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)

    answers = _at_once(
        lambda part=part: service.tables.patch(  # type: ignore[misc]
            ROOT, "S3", "users", {"resource": "user", part: {"made": True}}
        )
        for part in PARTS * 2
    )

    table = service.tables.get(ROOT, "S3", "users")
    assert [table[part] for part in PARTS] == [{"made": True}] * 3
    assert {answer["name"] for answer in answers} == {"users"}
    assert len(service.tables.filter(ROOT)["tables"]) == 1


def test_a_connection_that_many_make_is_made_once(service: Service) -> None:
    _at_once(lambda: service.connections.put(ROOT, "S3", S3) for _ in range(6))

    assert len(service.connections.list(ROOT)["connections"]) == 1
    assert _audited(service, "put-connection") == 6


def test_many_connections_are_all_made(service: Service) -> None:
    names = [f"archive-{number}" for number in range(6)]

    _at_once(
        lambda name=name: service.connections.put(ROOT, name, {**S3, "type": "S3"})  # type: ignore[misc]
        for name in names
    )

    listed = service.connections.list(ROOT)["connections"]
    assert [one["name"] for one in listed] == names


def test_a_secret_that_all_keep_stays(service: Service) -> None:
    service.connections.put(ROOT, "S3", S3)
    masked = {**S3["credentials"], "aws_secret_access_key": MASK}

    _at_once(
        lambda number=number: service.connections.put(  # type: ignore[misc]
            ROOT, "S3", {"credentials": masked, "metadata": {"bucket": f"bucket-{number}"}}
        )
        for number in range(6)
    )

    assert service.connections.open("acme", "S3").credentials == S3["credentials"]


def test_writes_tests_and_reads_go_on_together(service: Service) -> None:
    free = service.having(tests_per_minute=1000, opens_per_minute=1000, cache_seconds=0)
    free.connections.put(ROOT, "S3", S3)
    free.tables.patch(ROOT, "S3", "users", USERS)

    _at_once(
        [
            *(lambda: free.connections.put(ROOT, "S3", S3) for _ in range(3)),
            *(lambda: free.connections.test(ROOT, "S3") for _ in range(3)),
            *(lambda: free.tables.test(ROOT, "S3", "users") for _ in range(3)),
            *(lambda: free.connections.list(ROOT) for _ in range(3)),
        ]
    )

    assert free.connections.open("acme", "S3").credentials == S3["credentials"]
    assert SECRET not in str(free.connections.list(ROOT))


_PROCESS = """
import sys
from tests.connections.service.test_concurrency import change_in_this_process
change_in_this_process(*sys.argv[1:])
"""


def change_in_this_process(url: str, member: str, rounds: str) -> None:
    """What one of several processes does to a store that they share."""
    with open_store(url, create=False) as store:
        service = Service(store, KeyRing([KEY]), Clock(), FakeProber(), ConnectionsSettings())
        change_members(service, member, int(rounds))
        for number in range(int(rounds)):
            service.connections.put(ROOT, f"{member}-{number}", {**S3, "type": "S3"})


def test_two_processes_lose_nothing(service: Service, url: str) -> None:
    service.connections.put(ROOT, "S3", S3)
    service.tables.patch(ROOT, "S3", "users", USERS)

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, url, part, str(ROUNDS)],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            cwd=CHECKOUT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for part in PARTS[:2]
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors

    table = service.tables.get(ROOT, "S3", "users")
    assert [table[part] for part in PARTS[:2]] == [{"count": ROUNDS}] * 2
    assert table["connection_table_metadata"] == USERS["connection_table_metadata"]
    names = {one["name"] for one in service.connections.list(ROOT)["connections"]}
    assert names == {"S3", *(f"{p}-{n}" for p in PARTS[:2] for n in range(ROUNDS))}
