"""Zip archives: read by ranges, and refused with a reason where they cannot be."""

from __future__ import annotations

import bz2
import io
import random
import struct
import zipfile
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.errors import TableError
from argosy.tables.content import Limits, Tally
from argosy.tables.formats import zips
from argosy.tables.formats.streams import expanded, members
from argosy.tables.formats.zips import several
from tests.tables.contents import MemoryContent

LIMITS = Limits()
MEBIBYTE = 1024 * 1024
ROWS = b"id,name\n" + b"".join(b"%d,name %d\n" % (n, n * 7919) for n in range(200))
RANDOM = random.Random(1).randbytes(3 * MEBIBYTE)


def zipped(
    *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, sink: Any = None
) -> bytes:
    sink = sink or io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return bytes(sink.getvalue())


def read(data: bytes, compression: str = "infer", name: str = "rows.zip") -> bytes:
    return b"".join(expanded(MemoryContent(name, data), compression, LIMITS, Tally()))


def refusal(data: bytes, compression: str = "infer", limits: Limits = LIMITS) -> TableError:
    with pytest.raises(TableError) as raised:
        b"".join(expanded(MemoryContent("rows.zip", data), compression, limits, Tally()))
    return raised.value


class Unseekable(io.BytesIO):
    """What an archive is written to as a stream: its sizes stand behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: Any) -> int:
        raise io.UnsupportedOperation

    def tell(self) -> int:
        raise io.UnsupportedOperation


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("compression", ["zip", "infer"])
def test_a_member_is_read(method: int, compression: str) -> None:
    content = MemoryContent("s3://bucket/rows.zip", zipped(("a/rows.csv", ROWS), method=method))

    stream = expanded(content, compression, LIMITS, Tally())

    assert b"".join(stream) == ROWS
    assert stream.ended
    assert (stream.member, stream.name) == ("a/rows.csv", "s3://bucket/rows.zip (a/rows.csv)")


def test_an_archive_is_known_by_its_bytes() -> None:
    assert read(zipped(("rows.csv", ROWS)), name="rows") == ROWS


def test_an_archive_that_was_written_as_a_stream_is_read() -> None:
    data = zipped(("rows.csv", ROWS), sink=Unseekable())

    assert data[6] & 8, "the sizes stand behind the data"
    assert read(data) == ROWS


def test_a_large_archive_in_the_64_bit_form_is_read() -> None:
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("rows.csv", "w", force_zip64=True) as file,
    ):
        file.write(ROWS)

    assert read(sink.getvalue()) == ROWS


def test_an_archive_with_a_comment_is_read() -> None:
    sink = io.BytesIO(zipped(("rows.csv", ROWS)))
    with zipfile.ZipFile(sink, "a") as archive:
        archive.comment = b"x" * 10_000

    assert read(sink.getvalue()) == ROWS


def test_folders_and_what_macos_adds_are_no_data() -> None:
    data = zipped(
        ("folder/", b""),
        ("__MACOSX/folder/._rows.csv", b"x"),
        ("folder/.DS_Store", b"x"),
        (".DS_Store", b"x"),
        ("folder/rows.csv", ROWS),
    )

    assert read(data) == ROWS


def test_names_with_tricks_are_only_names() -> None:
    data = zipped(("../../etc/passwd", ROWS))

    (member,) = members(MemoryContent("rows.zip", data), "zip", LIMITS, Tally())

    assert member.member == "../../etc/passwd"
    assert b"".join(member.expanded()) == ROWS


def test_a_large_archive_is_not_downloaded_for_its_directory() -> None:
    big = RANDOM * 3
    content = MemoryContent("rows.zip", zipped(("a.bin", big), ("b.csv", ROWS), method=0))
    tally = Tally()

    found = members(content, "zip", LIMITS, tally)

    assert [one.member for one in found] == ["a.bin", "b.csv"]
    assert tally.bytes_read <= 200_000
    assert b"".join(found[1].expanded()) == ROWS
    assert tally.bytes_read <= 400_000
    assert b"".join(found[0].expanded()) == big


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_preview_fetches_no_more_than_it_may(method: int) -> None:
    content = MemoryContent("rows.zip", zipped(("rows", RANDOM), method=method))
    tally = Tally()

    stream = expanded(content, "zip", LIMITS, tally, most_fetched=500_000)
    found = b"".join(stream)

    assert found
    assert RANDOM.startswith(found)
    assert not stream.ended
    assert tally.bytes_read <= 500_000


def test_a_small_archive_is_previewed_with_one_fetch() -> None:
    content = MemoryContent("rows.zip", zipped(("rows.csv", ROWS)))

    stream = expanded(content, "zip", LIMITS, Tally(), most_fetched=MEBIBYTE)

    assert b"".join(stream) == ROWS
    assert stream.ended
    assert content.reads[0] == (0, len(content.data))


def test_a_bomb_is_expanded_no_further_than_asked() -> None:
    content = MemoryContent("bomb.zip", zipped(("bomb", bytes(50 * MEBIBYTE))))

    stream = expanded(content, "zip", LIMITS, Tally(), most_expanded=MEBIBYTE)
    pieces = list(stream)

    assert sum(map(len, pieces)) == MEBIBYTE
    assert max(map(len, pieces)) <= 64 * 1024
    assert not stream.ended


def test_several_members_are_opened_one_by_one() -> None:
    content = MemoryContent("rows.zip", zipped(("a.csv", ROWS), ("b.csv", b"id\n1\n")))

    found = members(content, "infer", LIMITS, Tally())

    assert [one.name for one in found] == ["rows.zip (a.csv)", "rows.zip (b.csv)"]
    assert [b"".join(one.expanded()) for one in found] == [ROWS, b"id\n1\n"]


def test_several_members_as_one_stream_are_refused() -> None:
    error = refusal(zipped(("a.csv", ROWS), ("b.csv", ROWS)))

    assert error.message == (
        "rows.zip: holds 2 files of data: a.csv, b.csv. "
        "Keep one in the archive, or give all of them the same columns."
    )
    assert (error.status, error.reason) == ("wrong_specification", "mixed_files")


def test_only_the_first_of_many_members_are_named() -> None:
    error = several("rows.zip", [f"{n}.csv" for n in range(1_000)])

    assert "holds 1,000 files of data: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 995 more." in (
        error.message
    )


def test_too_many_members_are_refused() -> None:
    data = zipped(*((f"{n}.csv", b"x") for n in range(11)))

    assert refusal(data, limits=replace(LIMITS, members=10)).message == (
        "rows.zip: holds 11 files; at most 10 are read of an archive. Make several archives of it."
    )


def test_a_directory_without_bounds_is_not_read() -> None:
    data = zipped(*((f"{n:0>60000}", b"") for n in range(80)), method=0)

    assert refusal(data).reason == "too_large"


def test_a_directory_that_has_fewer_members_than_its_end_tells_of_is_refused() -> None:
    data = bytearray(zipped(("a.csv", ROWS), ("b.csv", ROWS)))
    at = data.rindex(b"PK\x05\x06") + 10
    data[at : at + 2] = struct.pack("<H", 3)

    error = refusal(bytes(data))

    assert error.message == (
        "rows.zip: is a broken zip archive: its directory tells of 3 files and has 2. "
        "Make the archive again."
    )
    assert error.reason == "broken_file"


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped(("rows.csv", ROWS)))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1

    error = refusal(bytes(data))

    assert error.message == (
        "rows.zip: its member rows.csv is encrypted. Make the archive without a password."
    )
    assert error.reason == "unsupported"


def test_a_method_that_is_not_read_is_named() -> None:
    assert refusal(zipped(("rows.csv", ROWS), method=zipfile.ZIP_LZMA)).message == (
        "rows.zip: its member rows.csv is compressed with the method number 14, which is not read. "
        "Make the archive with the usual method, deflate."
    )


def test_a_member_compressed_with_zstd_is_read() -> None:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(ROWS)
    assert read(of_method(93, bytes(sink.getvalue()))) == ROWS
    assert read(of_method(12, bz2.compress(ROWS))) == ROWS


def of_method(method: int, packed: bytes) -> bytes:
    """Return an archive of the rows, packed with a method that zipfile may not know."""
    data = bytearray(zipped(("rows.csv", packed), method=0))
    central = data.index(b"PK\x01\x02")
    with zipfile.ZipFile(io.BytesIO(zipped(("x", ROWS)))) as archive:
        checksum = archive.getinfo("x").CRC
    data[8:10] = data[central + 10 : central + 12] = struct.pack("<H", method)
    data[central + 16 : central + 20] = struct.pack("<L", checksum)
    data[central + 24 : central + 28] = struct.pack("<L", len(ROWS))
    return bytes(data)


def test_an_archive_without_data_is_refused() -> None:
    assert refusal(zipped(("folder/", b""), ("__MACOSX/x", b"x"))).message == (
        "rows.zip: is a zip archive without a file of data (2 entries). "
        "Put one file with rows into it."
    )
    assert refusal(zipped()).reason == "no_columns"


def test_an_excel_workbook_is_named() -> None:
    data = zipped(("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x"))

    assert refusal(data).message == (
        "rows.zip: is an Excel workbook, which is not read. Save the sheet as CSV."
    )


def test_a_member_that_is_compressed_itself_is_refused() -> None:
    assert "rows.zip (rows.csv.bz2): is compressed twice: what it expands to begins as a bz2" in (
        refusal(zipped(("rows.csv.bz2", bz2.compress(ROWS)))).message
    )


def test_what_is_no_archive_is_told() -> None:
    assert refusal(ROWS).message == (
        "rows.zip: is not compressed with zip, but its name ends in .zip: the file begins with "
        'the text "id,name". Set `connection_table_params.options.compression` to "none".'
    )


def test_an_archive_that_was_cut_short_is_told() -> None:
    error = refusal(zipped(("rows.csv", ROWS))[:-30])

    assert error.message == (
        "rows.zip: begins as a zip archive does, but has no directory at its end. "
        "It was cut short when it was written or copied; put the whole file there."
    )
    assert error.reason == "broken_file"


def test_a_cut_at_any_byte_is_told() -> None:
    data = zipped(("rows.csv", ROWS))

    for length in range(len(data)):
        assert refusal(data[:length]).reason == "broken_file", length


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wrong_checksum_is_told(method: int) -> None:
    data = bytearray(zipped(("rows.csv", ROWS), method=method))
    data[data.index(b"PK\x01\x02") + 16] ^= 1

    assert refusal(bytes(data)).message.endswith(
        "its zip data does not expand (its checksum is another than the archive tells). "
        "Put the file there again."
    )


@pytest.mark.parametrize(("size", "words"), [(len(ROWS) - 1, "more"), (len(ROWS) + 1, "fewer")])
def test_another_length_than_the_archive_tells_is_told(size: int, words: str) -> None:
    data = bytearray(zipped(("rows.csv", ROWS)))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<L", size)

    assert f"it expands to {words} than the {size:,} bytes that the archive tells" in (
        refusal(bytes(data)).message
    )


def test_a_member_that_is_not_where_the_directory_says_is_told() -> None:
    data = bytearray(zipped(("rows.csv", ROWS)))
    data[0:4] = b"PK\x07\x08"

    assert refusal(bytes(data)).message == (
        "rows.zip: is a broken zip archive: rows.csv is not where its directory says. "
        "Make the archive again."
    )


@settings(deadline=None)
@given(
    entries=st.dictionaries(
        st.text("abc/.", min_size=1, max_size=8).filter(lambda name: not name.endswith("/")),
        st.binary(max_size=2_000),
        min_size=1,
        max_size=4,
    ),
    method=st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
    chunk=st.integers(300, 5_000),
)
def test_any_members_come_back_equal(entries: dict[str, bytes], method: int, chunk: int) -> None:
    data = zipped(*((name, b"-" + one) for name, one in entries.items()), method=method)
    limits = replace(LIMITS, chunk=chunk, preview_fetched=chunk)

    found = members(MemoryContent("rows.zip", data), "zip", limits, Tally())

    expected = {zipfile.ZipInfo(name).filename: b"-" + one for name, one in entries.items()}
    assert {one.member: b"".join(one.expanded()) for one in found} == expected


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10_000), change=st.integers(1, 255))
def test_a_changed_byte_gives_an_error_or_the_same_rows(at: int, change: int) -> None:
    data = bytearray(zipped(("rows.csv", ROWS[:300])))
    data[at % len(data)] ^= change

    try:
        found = read(bytes(data), "zip")
    except TableError:
        return
    assert found == ROWS[:300]


@pytest.mark.parametrize("is_large", [False, True])
def test_an_archive_whose_directory_is_too_long_says_that_it_has_too_many_files(
    monkeypatch: pytest.MonkeyPatch,
    is_large: bool,
) -> None:
    monkeypatch.setattr(zips, "MOST_DIRECTORY", 100_000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1_000 if is_large else 0xFFFF)
    entries = [(f"0123456789/0123456789/0123456789/{n}", b"") for n in range(1_500)]
    data = bytearray(zipped(*entries))
    if is_large:  # the count stands in the record before
        data[-12:-10] = b"\xff\xff"

    assert refusal(bytes(data)).message == (
        "rows.zip: holds 1,500 files; at most 1,000 are read of an archive. "
        "Make several archives of it."
    )


def test_few_files_with_names_too_long_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MOST_DIRECTORY", 100_000)

    assert refusal(zipped(*((f"{n:060000}", b"") for n in range(3)))).message == (
        "rows.zip: has a directory of more than 100,000 bytes, for 3 files. "
        "Give its files shorter names and comments."
    )


def test_a_name_has_no_letters_that_a_screen_obeys_and_is_cut() -> None:
    name = "a\x1b[31m\u202eb\nc" + "x" * 300
    (member,) = members(MemoryContent("rows.zip", zipped((name, ROWS))), "zip", LIMITS, Tally())

    assert member.member == "a [31m b c" + "x" * 189 + "…"
    assert member.name == f"rows.zip ({member.member})"
    assert b"".join(member.expanded()) == ROWS
    message = refusal(zipped((name, ROWS), ("b\x1b.csv", ROWS))).message
    assert message.isprintable()
    assert "b .csv" in message


def test_a_preview_stops_when_its_time_is_over() -> None:
    tally = Tally(is_over=lambda: True)
    stream = expanded(
        MemoryContent("rows.zip", zipped(("rows.csv", ROWS))),
        "zip",
        LIMITS,
        tally,
        most_fetched=100,
    )

    with pytest.raises(TableError) as raised:
        next(stream)

    assert raised.value.reason == "timed_out"
