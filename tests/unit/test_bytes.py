"""Bytes in and out: uploads, forms with files, answers that stay bytes or go to a file."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy import Dispatcher, TransportSettings
from argosy.errors import (
    AnswerTooLargeError,
    InvalidInputsError,
    NotFoundError,
    UnreachableError,
    UnwritableFileError,
)
from argosy.model import MASK, Redactor
from tests.drafts import KEY, capability, unsafe
from tests.servers import Raw, Say, ScriptedServer

Start = Callable[..., Dispatcher]

ARCHIVE = {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/gzip"}
DATA = bytes(range(256)) * 3


def upload(encoding: str = "bytes", body: Any = "{{ inputs.archive }}", **request: Any) -> Any:
    return unsafe(
        "upload",
        inputs={
            "type": "object",
            "required": ["archive"],
            "properties": {
                "archive": ARCHIVE,
                "name": {"type": ["string", "null"]},
                "tags": {"type": "array"},
                "deep": {"type": "object"},
            },
        },
        request={
            "method": "PUT",
            "path": "/archive",
            "encoding": encoding,
            "body": body,
            **request,
        },
    )


def download(**more: Any) -> dict[str, Any]:
    return capability(
        "download",
        request={"method": "GET", "path": "/archive"},
        response={"format": "bytes", "outputs": {"etag": "{{ headers.etag }}"}},
        outputs={
            "type": "object",
            "required": ["size"],
            "properties": {"size": {"type": "integer"}, "file": {}, "content": {}, "etag": {}},
        },
        **more,
    )


class TestUploads:
    @pytest.mark.parametrize("form", ["bytes", "bytearray", "base64", "file"])
    def test_take_bytes_in_every_form(
        self, start: Start, server: ScriptedServer, tmp_path: Path, form: str
    ) -> None:
        file = tmp_path / "a.tgz"
        file.write_bytes(DATA)
        forms: dict[str, Any] = {
            "bytes": DATA,
            "bytearray": bytearray(DATA),
            "base64": base64.b64encode(DATA).decode(),
            "file": file,
        }
        headers = {"Content-Type": "application/gzip"}

        start(upload(headers=headers)).call("upload", {"archive": forms[form]}).unwrap()

        assert server.last.body == DATA
        assert server.last.headers["content-type"] == "application/gzip"
        assert server.last.headers["content-length"] == str(len(DATA))

    def test_without_a_declared_type_are_octets(self, start: Start, server: ScriptedServer) -> None:
        start(upload()).call("upload", {"archive": b"x"}).unwrap()

        assert server.last.headers["content-type"] == "application/octet-stream"

    def test_text_is_never_the_name_of_a_file(self, start: Start, server: ScriptedServer) -> None:
        result = start(upload()).call("upload", {"archive": "/etc/hostname"})

        assert isinstance(result.error, InvalidInputsError)
        problem = result.error.problems[0]
        assert (problem.pointer, problem.message) == ("/archive", "the text is not base64")
        assert server.received == []

    def test_a_file_that_is_not_there_is_told(self, start: Start, tmp_path: Path) -> None:
        result = start(upload()).call("upload", {"archive": tmp_path / "none.tgz"})

        assert isinstance(result.error, InvalidInputsError)
        told = f"{tmp_path / 'none.tgz'} cannot be read: No such file or directory"
        assert result.error.problems[0].message == told

    def test_a_file_over_the_limit_is_not_read(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        file = tmp_path / "a.tgz"
        file.write_bytes(b"12345")

        result = start(upload(maxBodyBytes=4)).call("upload", {"archive": file})

        assert isinstance(result.error, InvalidInputsError)
        assert result.error.problems[0].message.endswith("has 5 bytes; at most 4 are accepted")
        assert server.received == []

    @pytest.mark.parametrize("value", [7, None, ["x"]])
    def test_what_is_no_bytes_is_refused_by_the_schema(self, start: Start, value: Any) -> None:
        result = start(upload()).call("upload", {"archive": value})

        assert isinstance(result.error, InvalidInputsError)
        assert result.error.problems[0].pointer == "/archive"

    def test_are_masked_in_a_dry_run(self, start: Start) -> None:
        request = start(upload()).prepare("upload", {"archive": KEY.encode()})

        assert request.body == MASK.encode()


class TestForms:
    def test_a_form_has_a_field_a_value_and_empty_text_for_null(
        self, start: Start, server: ScriptedServer
    ) -> None:
        body = {
            "name": "{{ inputs.name }}",
            "tags": "{{ inputs.tags }}",
            "deep": "{{ inputs.deep }}",
            "flag": True,
            "gone": "{{ inputs.gone }}",
        }
        inputs = {"archive": b"", "name": None, "tags": ["a b", 2], "deep": {"x": [1]}}

        start(upload("form", body)).call("upload", inputs).unwrap()

        assert server.last.headers["content-type"] == "application/x-www-form-urlencoded"
        assert parse_qsl(server.last.body.decode(), keep_blank_values=True) == [
            ("name", ""),
            ("tags", "a b"),
            ("tags", "2"),
            ("deep", '{"x":[1]}'),
            ("flag", "true"),
        ]

    def test_a_form_with_files_has_a_part_a_value(
        self, start: Start, server: ScriptedServer
    ) -> None:
        body = {"archive": "{{ inputs.archive }}", "name": "{{ inputs.name }}"}

        start(upload("multipart", body)).call("upload", {"archive": DATA, "name": "ä"}).unwrap()

        head = f"Content-Type: {server.last.headers['content-type']}\r\n\r\n".encode()
        parts: Any = message_from_bytes(head + server.last.body).get_payload()
        file, name = parts
        assert (file.get_filename(), file.get_payload(decode=True)) == ("archive", DATA)
        assert name.get_payload(decode=True).decode() == "ä"

    @pytest.mark.parametrize("name", ["report.pdf", 'a"b.gz', "ä.csv"])
    def test_a_file_goes_under_its_own_name(
        self, start: Start, server: ScriptedServer, tmp_path: Path, name: str
    ) -> None:
        (tmp_path / name).write_bytes(DATA)
        body = {"archive": "{{ inputs.archive }}"}

        dispatcher = start(upload("multipart", body))
        dispatcher.call("upload", {"archive": tmp_path / name}).unwrap()

        named = name.replace('"', "%22").encode()
        assert b'filename="' + named + b'"' in server.last.body
        assert DATA in server.last.body

    def test_a_form_that_is_no_object_is_told(self, start: Start) -> None:
        result = start(upload("form", "{{ inputs.tags }}")).call(
            "upload", {"archive": b"", "tags": []}
        )

        assert result.error is not None
        assert "a form is made of an object" in str(result.error)


class TestDownloads:
    def test_come_as_bytes_and_never_as_text(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body=DATA, headers={"ETag": '"7"', "Content-Type": "application/gzip"}))

        result = start(download()).call("download", {})

        assert result.unwrap()["content"] == DATA
        assert (result.outputs["size"], result.outputs["etag"]) == (len(DATA), '"7"')
        assert result.outputs["rawResponse"] is None
        assert result.to_json()["outputs"]["content"] == {"bytes": len(DATA)}

    def test_that_look_like_json_stay_bytes(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body={"a": 1}))

        assert start(download()).call("download", {}).unwrap()["content"] == b'{"a": 1}'

    def test_go_to_a_file_that_is_whole_and_private(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        big = os.urandom(700_000)
        server.answers(Say(body=big))
        file = tmp_path / "out" / "a.tgz"
        file.parent.mkdir()

        outputs = start(download()).call("download", {}, save_to=file).unwrap()

        assert (outputs["file"], outputs["size"], "content" in outputs) == (
            str(file),
            len(big),
            False,
        )
        assert file.read_bytes() == big
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert list(file.parent.iterdir()) == [file]

    def test_that_break_off_leave_the_file_as_it_was(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))
        file = tmp_path / "out" / "a.tgz"
        file.parent.mkdir()
        file.write_bytes(b"before")

        result = start(download()).call("download", {}, save_to=file)

        assert isinstance(result.error, UnreachableError)
        assert file.read_bytes() == b"before"
        assert list(file.parent.iterdir()) == [file]

    def test_are_tried_again_from_the_start(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(
            Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), Say(503), Say(body=b"whole")
        )

        result = start(download()).call("download", {}, save_to=tmp_path / "a.tgz")

        assert (result.error, result.attempts) == (None, 3)
        assert (tmp_path / "a.tgz").read_bytes() == b"whole"

    def test_that_are_refused_write_no_file_and_tell_why(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Say(404, {"message": "no such archive"}))

        result = start(download()).call("download", {}, save_to=tmp_path / "a.tgz")

        assert isinstance(result.error, NotFoundError)
        assert "no such archive" in str(result.error)
        assert not (tmp_path / "a.tgz").exists()

    def test_over_the_limit_of_files_are_refused(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Say(body=b"0" * 2_000_000, gzipped=True))
        settings = TransportSettings(max_file_bytes=1_000_000)

        result = start(download(), transport=settings).call(
            "download", {}, save_to=tmp_path / "a.tgz"
        )

        assert isinstance(result.error, AnswerTooLargeError)
        assert not (tmp_path / "a.tgz").exists()

    def test_into_a_folder_that_is_not_there_are_told(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        server.answers(Say(body=b"x"))

        result = start(download()).call("download", {}, save_to=tmp_path / "none" / "a.tgz")

        assert isinstance(result.error, UnwritableFileError)
        assert str(result.error).endswith("a.tgz cannot be written: No such file or directory.")

    def test_are_what_only_a_capability_of_bytes_saves(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        result = start(capability("read")).call("read", {}, save_to=tmp_path / "a")

        assert isinstance(result.error, UnwritableFileError)
        assert server.received == []

    def test_do_not_bring_the_key_into_a_file(
        self, start: Start, server: ScriptedServer, tmp_path: Path
    ) -> None:
        data = b"." * (256 * 1024 - 5) + KEY.encode() + b"," * 1000
        server.answers(Say(body=data))

        start(download()).call("download", {}, save_to=tmp_path / "a").unwrap()

        assert KEY.encode() not in (tmp_path / "a").read_bytes()
        assert MASK.encode() in (tmp_path / "a").read_bytes()


@given(
    data=st.lists(st.sampled_from([b"a", b"secret-key", b"sec", b"ret-key", b"\0", b"key"])),
    size=st.integers(1, 9),
)
def test_a_stream_is_masked_as_its_whole_is(data: list[bytes], size: int) -> None:
    whole = b"".join(data)
    chunks = [whole[n : n + size] for n in range(0, len(whole), size)]
    redactor = Redactor(["secret-key"])

    streamed = b"".join(redactor.stream(chunks))

    assert b"secret-key" not in streamed
    assert streamed.replace(MASK.encode(), b"secret-key") == whole


class TestLines:
    LINES = capability(
        "rows",
        response={"format": "json-lines", "outputs": {"rows": "{{ body }}"}},
        outputs={"type": "object", "properties": {"rows": {"type": "array"}}},
    )

    def test_a_value_a_line_is_a_list(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body='[1,"a"]\n[2,null]\n\n'))

        assert start(self.LINES).call("rows", {}).unwrap()["rows"] == [[1, "a"], [2, None]]

    def test_nothing_is_an_empty_list(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body=""))

        assert start(self.LINES).call("rows", {}).unwrap()["rows"] == []

    def test_what_is_none_is_told(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body="<html>"))

        result = start(self.LINES).call("rows", {})

        assert result.error is not None
        assert result.error.problems[0].pointer == "/rows"
