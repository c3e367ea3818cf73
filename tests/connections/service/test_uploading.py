"""Files that arrive: what becomes of their tables, and who wins where several come at once."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy.connections.opener import Opened
from argosy.connections.probing import Check
from argosy.connections.upload_parts import Part
from argosy.errors import (
    ServiceError,
    ServiceForbiddenError,
    ServiceNotFoundError,
    StorageFullError,
    WrongDataError,
)
from tests.connections.bodies import USERS
from tests.connections.service.service import ALLOWED, ON_SQLITE, ROOT, FakeOpener, Service
from tests.connections.service.test_tables import AVAILABLE

pytestmark = ON_SQLITE
BODY = b"user_id\n1\n"
BROKEN = Opened(
    ok=False,
    status="wrong_specification",
    reason="wrong_compression",
    checks=(Check("open", "failed", "It is no zip file.", "Set options.compression to none."),),
)


@pytest.fixture
def local(service: Service, tmp_path: Path) -> Service:
    """A service with a table of LOCAL that waits for its file."""
    made = service.having(upload_folder=tmp_path / "uploads").opening(AVAILABLE)
    made.tables.patch(ROOT, "LOCAL", "users.csv", USERS)
    return made


def send(service: Service, body: bytes = BODY) -> Any:
    """Send a whole file, and return the answer."""
    uploading = service.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")
    part = Part(length=len(body), total=len(body), is_last=True)
    return uploading.receive(upload, part, io.BytesIO(body)).answer


def test_a_table_is_opened_when_its_file_has_arrived(local: Service) -> None:
    answer = send(local)

    assert answer["bytes"] == len(BODY)
    assert answer["status"] == "available"
    assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "available"


def test_a_file_that_is_not_as_its_table_says_tells_why(local: Service) -> None:
    answer = send(local.opening(BROKEN))

    shown = local.tables.get(ROOT, "LOCAL", "users.csv")
    assert answer["status"] == shown["status"] == "wrong_specification"
    assert answer["status_detail"]["reason"] == "wrong_compression"
    assert answer["status_detail"]["error"] == (
        "It is no zip file. Set options.compression to none."
    )


def test_another_file_is_opened_anew(local: Service) -> None:
    """What was found of the file before tells nothing, however shortly ago that was."""
    send(local)
    assert isinstance(local.tables._openings._opener, FakeOpener)
    local.tables._openings._opener.result = BROKEN

    answer = send(local, b"other")

    assert answer["status"] == "wrong_specification"


def test_what_nobody_has_looked_into_is_for_the_uploader_to_say(
    service: Service, tmp_path: Path
) -> None:
    blind = service.having(upload_folder=tmp_path / "uploads")
    blind.tables.patch(ROOT, "LOCAL", "users.csv", USERS)

    answer = send(blind)
    said = blind.tables.patch(ROOT, "LOCAL", "users.csv", {"status": "available"})

    assert answer["status"] == "uploading"
    assert answer["warnings"] == ["The connection works; the table itself was not opened."]
    assert said["status"] == "available"


def test_a_table_that_is_opened_too_often_keeps_its_status_and_says_so(local: Service) -> None:
    rare = local.having(opens_per_minute=0)

    answer = send(rare)

    assert answer["status"] == "uploading"
    assert answer["warnings"][0].startswith("The table was not opened. There are too many requests")


def test_who_may_use_tables_may_upload_without_an_address(local: Service) -> None:
    uploading = local.tables.uploading
    for role in ("frontend", "demo_viewer"):
        assert role not in ALLOWED
        with pytest.raises(ServiceForbiddenError):
            uploading.begin_here(_having(role), "users.csv")
    with pytest.raises(ServiceNotFoundError):
        uploading.begin_here(ROOT, "gone")


def _having(role: str) -> Any:
    from dataclasses import replace

    return replace(ROOT, role=role)


def test_of_many_at_once_one_wins_whole(local: Service) -> None:
    size, count = 300_000, 6
    start = threading.Barrier(count)

    def send_one(number: int) -> Any:
        start.wait(30)
        return send(local, bytes([number]) * size)

    with ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(send_one, range(count)))

    place = local.tables.uploads.file("acme-shop", "users.csv")
    assert place is not None
    data = place.read_bytes()
    assert len(data) == size
    assert len(set(data)) == 1
    assert {answer["bytes"] for answer in answers} == {size}


def test_of_many_at_one_address_one_wins_whole_and_the_others_are_refused(local: Service) -> None:
    """An address is of one upload, so whoever comes later takes it over."""
    size, count = 300_000, 6
    uploading = local.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")
    start = threading.Barrier(count)

    def send_one(number: int) -> str:
        part = Part(length=size, total=size, is_last=True)
        start.wait(30)
        try:
            uploading.receive(upload, part, io.BytesIO(bytes([number]) * size))
        except WrongDataError as error:
            return str(error.facts["reason"])
        return "whole"

    with ThreadPoolExecutor(count) as pool:
        ended = list(pool.map(send_one, range(count)))

    data = upload.place.read_bytes()
    assert "whole" in ended
    assert set(ended) <= {"whole", "taken_over"}
    assert len(data) == size
    assert len(set(data)) == 1
    assert [one.name for one in upload.place.parent.iterdir() if one.name[0] != "."] == [
        upload.place.name
    ]


@pytest.mark.parametrize("at", range(0, 11, 5))
def test_whatever_breaks_off_goes_on_and_ends_as_the_same_file(local: Service, at: int) -> None:
    uploading = local.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")
    part = Part(length=10, total=10, is_last=True)
    if at < 10:
        with pytest.raises(ServiceError):
            uploading.receive(upload, part, io.BytesIO(b"0123456789"[:at]))
    else:
        uploading.receive(upload, part, io.BytesIO(b"0123456789"))

    asked = uploading.receive(upload, Part(total=10, length=0, is_question=True), io.BytesIO())
    if asked.answer is None:
        rest = b"0123456789"[asked.size :]
        more = Part(asked.size, len(rest), 10)
        assert uploading.receive(upload, more, io.BytesIO(rest)).answer

    assert asked.size == at
    assert upload.place.read_bytes() == b"0123456789"


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            Part(is_last=True, whole=(("sha256", b""),)),
            id="in chunks",
        ),
        pytest.param(Part(length=90, is_last=False), id="a part of a file without an end"),
    ],
)
def test_a_file_without_a_length_ends_where_the_quota_does(
    local: Service, part: Part, is_early: bool
) -> None:
    """Also where there was room when it began, and another file has taken it meanwhile."""
    small = local.having(most_database_bytes=120)
    if is_early:
        _send_other(small)
    uploading = small.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")

    told = r"the file has at least 90 bytes, and the other files of the database 40 of the 120"
    with pytest.raises(StorageFullError, match=told):
        uploading.receive(upload, part, _Coming(small))

    assert not upload.place.exists()
    assert [one.stat().st_size for one in upload.place.parent.glob(".upload-*-x-*")] == []


def test_a_file_whose_length_is_told_is_refused_with_that(local: Service) -> None:
    uploading = local.having(most_database_bytes=120).tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")

    with pytest.raises(StorageFullError, match="the file has 150 bytes, and"):
        uploading.receive(upload, Part(length=10, total=150), io.BytesIO(b"x" * 10))


class _Coming(io.BytesIO):
    """A body of 90 bytes; another file of the database arrives in its middle."""

    def __init__(self, service: Service) -> None:
        super().__init__(b"x" * 90)
        self._service = service

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() == 45:
            _send_other(self._service)
        return super().read(min(45, size or 0))


def _send_other(service: Service) -> None:
    service.tables.patch(ROOT, "LOCAL", "other.csv", USERS)
    part = Part(length=40, total=40, is_last=True)
    uploading = service.tables.uploading
    uploading.receive(uploading.begin_here(ROOT, "other.csv"), part, io.BytesIO(b"y" * 40))


def test_a_file_without_a_length_fits_where_there_is_room(local: Service) -> None:
    small = local.having(most_database_bytes=100)
    uploading = small.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")

    for _ in range(2):  # what it replaces takes no room from it
        arrived = uploading.receive(upload, Part(is_last=True), io.BytesIO(b"x" * 100))
        assert arrived.size == 100


def test_an_upload_whose_server_died_before_it_opened_the_table_is_opened_when_asked(
    local: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploading = local.tables.uploading
    upload = uploading.begin_here(ROOT, "users.csv")
    part = Part(length=len(BODY), total=len(BODY), is_last=True)
    with monkeypatch.context() as dying:
        dying.setattr(local.tables._openings, "open", _die)
        with pytest.raises(_Death):
            uploading.receive(upload, part, io.BytesIO(BODY))
    assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "uploading"
    local.clock.time += 30
    question = Part(total=len(BODY), length=0, is_question=True)

    asked = uploading.receive(upload, question, io.BytesIO())
    again = uploading.receive(upload, question, io.BytesIO())

    assert asked.answer is not None
    assert (asked.answer["bytes"], asked.answer["status"]) == (len(BODY), "available")
    assert again.answer is not None
    assert again.answer["status"] == "available"
    assert local.tables.get(ROOT, "LOCAL", "users.csv")["status"] == "available"
    assert isinstance(local.tables._openings._opener, FakeOpener)
    assert len(local.tables._openings._opener.asked) == 1


class _Death(BaseException):
    """The process ends."""


def _die(*_: object) -> None:
    raise _Death
