"""`argosy tables upload`, to the store on this machine and to a server."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from argosy.cli import tables_upload
from argosy.cli.tables_upload import FileSource, StreamSource, send_all
from argosy.connections.upload_parts import Arrived, Part, read_digests, read_part, write_part
from argosy.errors import RequestTimedOutError, ServerUnavailableError, WrongDataError
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS
from tests.cli.test_connections_server import one_line, serving
from tests.servers import Answering, Reset, Say, ScriptedServer

Run = Callable[..., Ran]
CREATE = ("--create", "--resource", "user", "--set", "file_format=CSV")
DATA = b"user_id,age\n" + b"0007,41\n" * 5000


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)
    monkeypatch.setattr(tables_upload, "PART_BYTES", 10_000)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "users.csv"
    path.write_bytes(DATA)
    return str(path)


@pytest.fixture
def source(file: str) -> Iterator[FileSource]:
    with closing(FileSource(file)) as opened:
        yield opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    data = tmp_path_factory.mktemp("served")
    with serving(data, "--local") as (url, _):
        yield url, data


def stored(data: Path) -> list[bytes]:
    return [one.read_bytes() for one in (data / "uploads").rglob("[!.]*") if one.is_file()]


def test_a_file_is_copied_beside_the_store(run: Run, file: str, tmp_path: Path) -> None:
    place = ("--data", str(tmp_path / "store"))

    made = run("tables", "upload", "users", file, *CREATE, *place)
    again = run("tables", "upload", "users", file, "--json", *place)

    assert made.status == 0, made.err
    assert made.out.startswith("Uploaded 40,012 bytes as users of LOCAL; its status is available.")
    assert again.json()["bytes"] == len(DATA)
    assert stored(tmp_path / "store") == [DATA]


def test_a_file_goes_to_a_server_part_by_part(
    run: Run, file: str, server: tuple[str, Path]
) -> None:
    url, data = server

    made = run("tables", "upload", "a b?.csv", file, *CREATE, "--server", url)
    run("tables", "delete", "LOCAL", "a b?.csv", "--yes", "--server", url)

    assert made.status == 0, made.err
    assert made.out.startswith(
        "Uploaded 40,012 bytes as a b?.csv of LOCAL; its status is available."
    )
    assert stored(data) == []


def test_standard_input_goes_to_a_server(
    run: Run, server: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, data = server
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(DATA)))

    made = run("tables", "upload", "piped", "-", *CREATE, "--server", url)

    assert made.status == 0, made.err
    assert stored(data) == [DATA]
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO()))
    empty = run("tables", "upload", "piped", "-", "--server", url)
    assert empty.status == 1
    assert "its status is wrong specification" in one_line(empty.out)
    assert stored(data) == [b""]
    run("tables", "delete", "LOCAL", "piped", "--yes", "--server", url)


def test_another_run_goes_on_where_one_broke_off(
    run: Run, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--data", str(tmp_path / "store"))
    run("tables", "set", "LOCAL", "users", *CREATE[1:], *place)
    real, told = FileSource.part, list[int]()

    def breaking(self: FileSource, start: int) -> Any:
        if start >= 20_000:
            raise KeyboardInterrupt
        return real(self, start)

    def noting(self: FileSource, start: int) -> Any:
        told.append(start)
        return real(self, start)

    with monkeypatch.context() as patched:
        patched.setattr(FileSource, "part", breaking)
        broken = run("tables", "upload", "users", file, *place)
    monkeypatch.setattr(FileSource, "part", noting)
    resumed = run("tables", "upload", "users", file, "--resume", *place)

    assert broken.status != 0
    assert resumed.status == 0, resumed.err
    assert told[0] == 20_000
    assert stored(tmp_path / "store") == [DATA]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("users", "FILE"), "There is no table 'users' of LOCAL; make it with --create"),
        (("users", "FILE", "--resource", "user"), "goes with --create"),
        (("users", "gone.csv", *CREATE), "gone.csv cannot be read: No such file or directory."),
        (("users", "/dev/null", *CREATE), "/dev/null is no file; a pipe is sent with - as FILE."),
        (("users", "-", "--resume", *CREATE), "standard input is read once only"),
        (("users", "FILE", "--create"), "resource is missing"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(
    run: Run, file: str, arguments: tuple[str, ...], told: str
) -> None:
    ran = run("tables", "upload", *(file if one == "FILE" else one for one in arguments))

    assert ran.status in {1, 2}
    assert told in one_line(ran.err)


def test_a_dropped_connection_is_gone_on_with(
    run: Run, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has got some of the part whose connection was dropped."""
    table = {
        "connection_table_params": {"url": "https://other.example.com/v1/uploads/d/users/?x=1"}
    }
    script: list[Answering] = [
        Say(200, table),
        Say(308, b"", {"Range": "bytes=0-9999"}),
        Reset(),
        Say(502, "<html>", {"Content-Type": "text/html"}),
        Say(308, b"", {"Range": "bytes=0-12345"}),
        Say(200, {"bytes": len(DATA), "status": "wrong_specification",
                  "status_detail": {"error": "It is no gzip file."}}),
    ]  # fmt: skip
    with ScriptedServer(*script) as server:
        monkeypatch.setattr("argosy.cli.tables_upload.send_all", _patient)
        ran = run("tables", "upload", "users", file, "--server", server.url)

    sent = server.received[1:]
    assert [one.headers["content-range"] for one in sent] == [
        "bytes 0-9999/40012",
        "bytes 10000-19999/40012",
        "bytes */40012",
        "bytes */40012",
        "bytes 12346-22345/40012",
    ]
    assert {one.target for one in sent} == {"/v1/uploads/d/users/?x=1"}
    assert not any("authorization" in one.headers for one in sent)
    assert {one.headers["repr-digest"] for one in sent} == {
        write_part(Part(whole=(("sha256", sha256(DATA).digest()),)))["Repr-Digest"]
    }
    assert ran.status == 1
    assert ran.out.splitlines() == [
        "Uploaded 40,012 bytes as users of LOCAL; its status is wrong specification.",
        "  It is no gzip file.",
    ]


def _patient(*arguments: Any, **options: Any) -> Any:
    return send_all(*arguments, **options, sleep=lambda _: None)


def test_who_never_gets_through_is_told_why(source: FileSource) -> None:
    waits: list[float] = []

    def send(part: Part, data: bytes) -> Arrived:
        raise RequestTimedOutError(host="example.com", attempts="1 attempt", detail="no answer")

    with pytest.raises(RequestTimedOutError):
        send_all(send, source, resume=False, tell=lambda _: None, sleep=waits.append)

    assert waits == [1, 2, 4, 8, 15]


def test_a_server_that_takes_nothing_is_not_asked_for_ever(source: FileSource) -> None:
    with pytest.raises(ServerUnavailableError, match="takes no more than 0 bytes"):
        send_all(
            lambda *_: Arrived(0), source, resume=False, tell=lambda _: None,
            sleep=lambda _: None,
        )  # fmt: skip


def test_what_is_refused_is_not_sent_again(source: FileSource) -> None:
    asked = []

    def send(part: Part, data: bytes) -> Arrived:
        asked.append(part)
        raise WrongDataError(detail="no.")

    with pytest.raises(WrongDataError):
        send_all(send, source, resume=False, tell=lambda _: None)
    assert len(asked) == 1


def test_of_a_stream_the_last_part_is_sent_again() -> None:
    source = StreamSource(io.BytesIO(DATA))
    first = source.part(0)
    source.part(10_000)

    assert first[1] == DATA[:10_000]
    assert source.part(12_000)[1] == DATA[12_000:20_000]
    with pytest.raises(click.UsageError, match="cannot be read again"):
        source.part(9_999)


@pytest.mark.parametrize(
    "part",
    [
        Part(0, 10, 20, content=(("sha256", b"x" * 32),), whole=(("sha512", b"y" * 64),)),
        Part(10, 10, None),
        Part(length=0, total=7, is_question=True),
        Part(length=0, is_question=True, whole=(("sha256", b"x" * 32),)),
    ],
)
def test_a_part_is_read_as_it_was_written(part: Part) -> None:
    fields = write_part(part)

    found = read_part(
        fields["Content-Range"],
        str(part.length),
        content=read_digests(fields.get("Content-Digest", ""), "Content-Digest"),
        whole=read_digests(fields.get("Repr-Digest", ""), "Repr-Digest"),
        most=1000,
    )

    assert found == part
