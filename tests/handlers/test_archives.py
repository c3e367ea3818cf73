"""Archives of projects: the same bytes for the same files, and nothing outside the folder."""

from __future__ import annotations

import errno
import gzip
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.sdk import HandlerError, UnwritableFileError
from handlers._archives import (
    Limits,
    Packed,
    each_file,
    files_below,
    files_of_texts,
    pack,
    sound_path,
    texts_of,
    unpack,
)

NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=8
).filter(lambda name: not name.startswith(".") and ":" not in name)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Draw files by path, none of them also a folder, on whatever file system there is."""
    found: dict[str, bytes] = {}
    for path in draw(st.lists(PATHS, max_size=6)):
        key = path.casefold()
        known = [other.casefold() for other in found]
        clash = any(o == key or o.startswith(key + "/") or key.startswith(o + "/") for o in known)
        if not clash:
            found[path] = draw(st.binary(max_size=40))
    return found


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as made:
        yield Path(made)


def write_tree(root: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def read_tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
    }


def archive(path: Path, *members: tarfile.TarInfo | tuple[str, bytes]) -> Path:
    """Write an archive of any members, the hostile ones too."""
    with tarfile.open(path, "w:gz") as made:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                made.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                made.addfile(info, io.BytesIO(member[1]))
    return path


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info


class TestRoundTrip:
    @settings(max_examples=60)
    @given(trees())
    def test_any_tree_of_files_comes_back(self, files: dict[str, bytes]) -> None:
        with folder() as here:
            write_tree(here / "a", files)
            (here / "a").mkdir(exist_ok=True)
            (here / "a.tar.gz").write_bytes(pack(files_below(here / "a")))

            listed = unpack(here / "a.tar.gz", here / "b")

            assert read_tree(here / "b") == files
            assert [(f["path"], f["size"]) for f in listed] == [
                (path, len(files[path])) for path in sorted(files)
            ]

    @settings(max_examples=30)
    @given(trees(), st.randoms())
    def test_the_same_files_are_the_same_bytes(
        self, files: dict[str, bytes], random: object
    ) -> None:
        packed = [Packed(path, content) for path, content in files.items()]

        assert pack(packed) == pack(reversed(packed))

    def test_when_and_by_whom_a_file_was_written_does_not_show(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a.dig": b"x"})
        before = pack(files_below(tmp_path))

        os.utime(tmp_path / "a.dig", (1, 1))

        assert pack(files_below(tmp_path)) == before

    def test_a_program_stays_one(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "a", {"run.sh": b"x", "a.dig": b"y"})
        (tmp_path / "a" / "run.sh").chmod(0o700)
        (tmp_path / "a.tar.gz").write_bytes(pack(files_below(tmp_path / "a")))

        unpack(tmp_path / "a.tar.gz", tmp_path / "b")

        assert (tmp_path / "b" / "run.sh").stat().st_mode & 0o777 == 0o755
        assert (tmp_path / "b" / "a.dig").stat().st_mode & 0o777 == 0o644

    def test_texts_come_by_path_and_what_is_no_text_is_listed(self, tmp_path: Path) -> None:
        made = archive(tmp_path / "a", ("b.dig", "\xe4".encode()), ("a.png", b"\xff\xfe"))

        files, texts = texts_of(made)

        assert files == [{"path": "a.png", "size": 2}, {"path": "b.dig", "size": 2}]
        assert texts == {"b.dig": "\xe4"}


class TestPacking:
    def test_leaves_hidden_files_and_folders_out(self, tmp_path: Path) -> None:
        write_tree(tmp_path, {"a.dig": b"", ".env": b"", ".git/config": b"", "q/.x/y": b""})

        assert [file.path for file in files_below(tmp_path)] == ["a.dig"]

    @pytest.mark.parametrize("target", ["a.dig", "sub", "/etc/hostname", "nowhere"])
    def test_refuses_links(self, tmp_path: Path, target: str) -> None:
        write_tree(tmp_path, {"a.dig": b"", "sub/b.sql": b""})
        (tmp_path / "link").symlink_to(target)

        with pytest.raises(HandlerError, match="link is a link or a device"):
            files_below(tmp_path)

    def test_refuses_devices(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")

        with pytest.raises(HandlerError, match="pipe is a link or a device"):
            files_below(tmp_path)

    def test_tells_which_file_cannot_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(_path: Path) -> bytes:
            raise PermissionError(errno.EACCES, "Permission denied")

        write_tree(tmp_path, {"a.dig": b""})
        monkeypatch.setattr(Path, "read_bytes", refuse)

        with pytest.raises(HandlerError, match=r"a\.dig cannot be read: Permission denied"):
            files_below(tmp_path)

    @pytest.mark.parametrize("limits", [Limits(members=1), Limits(size=3)])
    def test_refuses_too_much(self, tmp_path: Path, limits: Limits) -> None:
        write_tree(tmp_path, {"a": b"12", "b": b"34"})

        with pytest.raises(HandlerError, match="there are more than"):
            files_below(tmp_path, limits)
        with pytest.raises(HandlerError, match="there are more than"):
            files_of_texts({"a": "12", "b": "34"}, limits)

    @pytest.mark.parametrize(
        "texts",
        [{"a": "", "./a": ""}, {"a": "", "a/b": ""}, {"": ""}, {"../a": ""}, {"/a": ""}],
    )
    def test_refuses_texts_whose_paths_cannot_be(self, texts: dict[str, str]) -> None:
        with pytest.raises(HandlerError):
            files_of_texts(texts)


HOSTILE = [
    "/etc/passwd",
    "../out",
    "a/../../out",
    "a/..",
    "..",
    "C:/out",
    "c:out",
    "..\\out",
    "a\\b",
    "a\nb",
    "a\x7f",
    "x" * 300,
    "/".join("a" * 40),
]


class TestHostileArchives:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_names_that_lead_out_are_refused(self, tmp_path: Path, name: str) -> None:
        made = archive(tmp_path / "a", ("ok", b"x"), (name, b"evil"))

        with pytest.raises(HandlerError):
            unpack(made, tmp_path / "b")

        assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]

    @settings(max_examples=150)
    @given(st.lists(st.sampled_from(["..", ".", "", "a", "b", "C:", "\\..", "~"]), max_size=6))
    def test_no_name_ever_writes_outside(self, parts: list[str]) -> None:
        name = "/".join(parts)
        with folder() as here:
            outer = here / "outer"
            (outer / "in").mkdir(parents=True)
            made = archive(here / "made", (name, b"evil"))
            try:
                unpack(made, outer / "in" / "target")
            except HandlerError:
                assert list(outer.rglob("*")) == [outer / "in"]
            inside = {path for path in outer.rglob("*") if path.is_file()}
            assert all(path.is_relative_to(outer / "in" / "target") for path in inside)
            assert set(here.iterdir()) == {outer, made}

    @given(st.text(max_size=20))
    def test_a_sound_path_stays_below_its_root(self, name: str) -> None:
        try:
            path = sound_path(name)
        except HandlerError:
            return
        assert not path.startswith("/")
        assert ".." not in path.split("/")

    @pytest.mark.parametrize(
        "member",
        [
            special("link", tarfile.SYMTYPE, "/etc/passwd"),
            special("link", tarfile.LNKTYPE, "ok"),
            special("pipe", tarfile.FIFOTYPE),
            special("disk", tarfile.BLKTYPE),
            special("tty", tarfile.CHRTYPE),
        ],
        ids=["symlink", "hard link", "pipe", "block device", "character device"],
    )
    def test_links_and_devices_are_refused(self, tmp_path: Path, member: tarfile.TarInfo) -> None:
        made = archive(tmp_path / "a", ("ok", b"x"), member)

        with pytest.raises(HandlerError, match="is a link or a device"):
            unpack(made, tmp_path / "b")

        assert not (tmp_path / "b").exists()

    def test_a_link_and_a_file_through_it_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        link = special("d", tarfile.SYMTYPE, str(tmp_path / "out"))
        made = archive(tmp_path / "a", link, ("d/evil", b"x"))

        with pytest.raises(HandlerError):
            unpack(made, tmp_path / "b")

        assert list((tmp_path / "out").iterdir()) == []

    def test_a_bomb_is_refused_long_before_it_is_unpacked(self, tmp_path: Path) -> None:
        made = archive(tmp_path / "a", ("zeros", b"\0" * 30_000_000))
        assert made.stat().st_size < 50_000

        with pytest.raises(HandlerError, match="far more than it may"):
            unpack(made, tmp_path / "b", limits=Limits(ratio=100))

        assert [path.name for path in tmp_path.iterdir()] == ["a"]

    def test_a_sparse_file_is_refused(self, tmp_path: Path) -> None:
        info = tarfile.TarInfo("huge")
        info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "0"}
        info.pax_headers |= {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(10**12)}
        made = archive(tmp_path / "a", info)

        with pytest.raises(HandlerError):
            unpack(made, tmp_path / "b")

    def test_too_many_members_are_refused(self, tmp_path: Path) -> None:
        made = archive(tmp_path / "a", *[(f"f{n}", b"") for n in range(20)])

        with pytest.raises(HandlerError, match="more than 10 files"):
            unpack(made, tmp_path / "b", limits=Limits(members=10))

    @pytest.mark.parametrize(
        "members",
        [
            [("a", b"1"), ("a", b"2")],
            [("a", b"1"), ("./a", b"2")],
            [("a", b"1"), ("a/b", b"2")],
            [("a/b", b"1"), ("a", b"2")],
        ],
    )
    def test_a_path_that_comes_twice_is_refused(
        self, tmp_path: Path, members: list[tuple[str, bytes]]
    ) -> None:
        with pytest.raises(HandlerError):
            unpack(archive(tmp_path / "a", *members), tmp_path / "b")

        assert not (tmp_path / "b").exists()

    @pytest.mark.parametrize(
        "data",
        [b"", b"no archive", b"\x1f\x8b", gzip.compress(b"no tar" * 200, mtime=0)],
    )
    def test_what_is_no_archive_is_told(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "a").write_bytes(data)

        with pytest.raises(HandlerError, match="cannot be read"):
            unpack(tmp_path / "a", tmp_path / "b")

    @settings(max_examples=60)
    @given(st.data())
    def test_a_broken_archive_leaves_all_or_nothing(self, data: st.DataObject) -> None:
        packed = bytearray(pack([Packed("a.dig", b"x" * 500), Packed("b/c", b"y" * 700)]))
        place = data.draw(st.integers(0, len(packed) - 1))
        packed[place] = data.draw(st.integers(0, 255))
        with folder() as here:
            (here / "made").write_bytes(packed)
            try:
                listed = unpack(here / "made", here / "b")
            except HandlerError:
                assert [path.name for path in here.iterdir()] == ["made"]
            else:
                assert sorted(read_tree(here / "b")) == [file["path"] for file in listed]


class TestTheTarget:
    def test_may_be_there_and_empty(self, tmp_path: Path) -> None:
        (tmp_path / "b").mkdir()

        unpack(archive(tmp_path / "a", ("x/y", b"1")), tmp_path / "b")

        assert read_tree(tmp_path / "b") == {"x/y": b"1"}

    def test_that_holds_files_is_refused(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "b", {"mine": b"1"})

        with pytest.raises(UnwritableFileError, match="not empty"):
            unpack(archive(tmp_path / "a", ("x", b"1")), tmp_path / "b")

        assert read_tree(tmp_path / "b") == {"mine": b"1"}

    def test_that_holds_files_takes_more_where_told_so(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "b", {"mine": b"1", "x": b"old"})

        unpack(
            archive(tmp_path / "a", ("x", b"new"), ("y/z", b"2")), tmp_path / "b", overwrite=True
        )

        assert read_tree(tmp_path / "b") == {"mine": b"1", "x": b"new", "y/z": b"2"}

    def test_that_holds_a_link_does_not_lead_out(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "b").mkdir()
        (tmp_path / "b" / "sub").symlink_to(tmp_path / "out")
        (tmp_path / "b" / "file").symlink_to(tmp_path / "out" / "kept")
        made = archive(tmp_path / "a", ("file", b"1"), ("sub/evil", b"2"))

        with pytest.raises(UnwritableFileError, match="is a link"):
            unpack(made, tmp_path / "b", overwrite=True)
        (tmp_path / "b" / "sub").unlink()
        unpack(made, tmp_path / "b", overwrite=True)

        assert list((tmp_path / "out").iterdir()) == []
        assert read_tree(tmp_path / "b") == {"file": b"1", "sub/evil": b"2"}

    def test_that_holds_a_folder_in_a_files_place_is_refused(self, tmp_path: Path) -> None:
        write_tree(tmp_path / "b", {"x/mine": b"1"})

        with pytest.raises(UnwritableFileError, match="x in it is a folder"):
            unpack(archive(tmp_path / "a", ("x", b"")), tmp_path / "b", overwrite=True)

    def test_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "b").write_text("")

        with pytest.raises(UnwritableFileError, match="it is no folder"):
            unpack(archive(tmp_path / "a", ("x", b"")), tmp_path / "b")

    def test_whose_folder_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnwritableFileError, match="No such file"):
            unpack(archive(tmp_path / "a", ("x", b"")), tmp_path / "no" / "b")


def test_the_members_of_an_archive_come_one_by_one(tmp_path: Path) -> None:
    made = archive(tmp_path / "a", special("d", tarfile.DIRTYPE), ("./d/x", b"1"))

    assert [(path, content.read()) for path, _, content in each_file(made)] == [("d/x", b"1")]
