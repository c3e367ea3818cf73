"""Objects of a store: found by name, prefix or glob, and read by ranges.

How a store is called stands in the declaration of its type: the steps `find`, `list` and `read`,
and where their answers have what (`paging`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.model import lookup_pointer
from argosy.tables.sources.globs import Glob, natural
from argosy.tables.sources.xml_page import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.connections.probing.session import Called, Session
    from argosy.model import Json, JsonObject

_PIECE = 8 * 1024 * 1024
_MOST_PAGES = 1_000
_LONGEST_NAME = 1_100
_RANGE = re.compile(r"bytes (?:([0-9]{1,18})-([0-9]{1,18})|\*)/([0-9]{1,18})")
_DIGITS = re.compile(r"[0-9]{1,18}")
#: Words that begin a sentence, and are small where a place stands before it.
_ARTICLES = ("The ", "There ", "This ", "A ", "It ")


@dataclass(frozen=True, slots=True)
class Found:
    """An object of a store: its key, its size in bytes, and its version or nothing."""

    key: str
    size: int
    version: str


class ObjectContent:
    """An object, read by ranges of the version that was found.

    `place` is that of its bucket, `header` the header of answers that tells their version.
    """

    __slots__ = ("_found", "_header", "_name", "_session")

    def __init__(self, session: Session, found: Found, place: str, header: str) -> None:
        self._session = session
        self._found = found
        self._header = header
        self._name = session.plain(f"{place}/{found.key}", _LONGEST_NAME)

    @property
    def name(self) -> str:
        """The object as people write it: `s3://bucket/key`."""
        return self._name

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._found.size

    @property
    def version(self) -> str:
        """What is another when the object is: its entity tag or generation."""
        return self._found.version

    def read(self, start: int, length: int) -> bytes:
        """Return bytes, see `argosy.tables.content.Content`. Raises TableError."""
        end = min(start + length, self._found.size)
        parts = []
        while start < end:
            stop = min(end, start + _PIECE)
            try:
                parts.append(self._fetch(start, stop))
            except TableError as error:
                raise _at(self._name, error) from error
            start = stop
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _fetch(self, start: int, stop: int) -> bytes:
        found = self._found
        asked = {"version": found.version} if found.version else {}
        called = self._session.call("read", key=found.key, first=start, last=stop - 1, **asked)
        body, headers = called.answer.body, called.answer.headers
        range_ = _RANGE.fullmatch(headers.get("content-range", ""))
        total = int(range_[3]) if range_ else len(body)
        version = headers.get(self._header, "")
        # a store may not know the condition, and send another version all the same
        if total != found.size or (version and found.version and version != found.version):
            raise _changed()
        if called.answer.status == 200:  # the store sends objects whole, and this one is small
            return body[start:stop]
        if range_ is None or range_[1] != str(start) or len(body) != stop - start:
            raise TableError(
                detail="the answer is not the part of the object that was asked for.",
                remedy="Try again later; a proxy may stand in between.",
                reason="unreadable",
                status="unknown_error",
            )
        return body


class Bucket:
    """Finds the objects of a bucket. `place` is the bucket as people write it: `s3://bucket`."""

    def __init__(self, session: Session, paging: JsonObject, place: str, most: int) -> None:
        self._session = session
        self._paging = paging
        self._place = place
        self._most = most

    def find(self, params: JsonObject, name: str) -> list[ObjectContent]:
        """Return the objects that a table is made of, in the natural order of their names.

        The table's own name is the key where none is given. Raises TableError.
        """
        if "glob" in params:
            found = self._matching(Glob.of(str(params["glob"])))
        elif "prefix" in params:
            found = self._beginning_with(str(params["prefix"]))
        else:
            found = [self._one(str(params.get("path", name)))]
        found.sort(key=lambda one: natural(one.key))
        header = self._paging["header"]
        return [ObjectContent(self._session, one, self._place, header) for one in found]

    def _one(self, key: str) -> Found:
        called = self._session.call("find", key=key)
        answer = called.answer
        if called.body is not None:
            return self._item(called.body, key)
        version = answer.headers.get(self._paging["header"], "")
        range_ = _RANGE.fullmatch(answer.headers.get("content-range", ""))
        if answer.status == 416:  # an object of no bytes has no first one
            return Found(key, 0, "")
        return Found(key, int(range_[3]) if range_ else len(answer.body), version)

    def _matching(self, glob: Glob) -> list[Found]:
        seen = 0

        def fits(key: str) -> bool:
            nonlocal seen
            seen += 1
            return glob.matches(key)

        found = self._listed(glob.prefix, fits, "glob")
        if not found:
            begins = f" that begin with {self._quoted(glob.prefix)}" if glob.prefix else ""
            detail = (
                f"None of the {_objects(seen)}{begins} in {self._place} matches the glob "
                f"{self._quoted(glob.pattern)}."
                if seen
                else f"There are no objects{begins} in {self._place}."
            )
            remedy = "* stands for letters within one folder, ** for any folders."
            raise _nothing(detail, remedy, "glob")
        return found

    def _beginning_with(self, prefix: str) -> list[Found]:
        found = self._listed(prefix, lambda _key: True, "prefix")
        if not found:
            detail = f"No object in {self._place} begins with {self._quoted(prefix)}."
            remedy = "Check prefix letter by letter; capital letters count."
            raise _nothing(detail, remedy, "prefix")
        return found

    def _listed(self, prefix: str, fits: Callable[[str], bool], field: str) -> list[Found]:
        found: list[Found] = []
        for item in self._items(prefix):
            # a folder of a console, and what writers leave when they are done (_SUCCESS), are no
            # files of the table
            name = item.key.rpartition("/")[2]
            is_mark = item.size == 0 and (not name or name.startswith("_"))
            if not is_mark and fits(item.key):
                self._check_name(item.key, field)
                found.append(item)
            if len(found) > self._most:
                raise _too_many(f"More than {self._most:,} objects of {self._place} fit.", field)
        return found

    def _check_name(self, key: str, field: str) -> None:
        """Raise TableError for a name of bytes that are no UTF-8, which no call can say."""
        data = key.encode("utf-8", "surrogateescape")
        try:
            data.decode()
        except UnicodeDecodeError:
            shown = self._session.plain(data.decode("utf-8", "backslashreplace"))
            raise TableError(
                detail=f"The name of the object '{shown}' in {self._place} is not UTF-8.",
                remedy="Rename it, or leave it out by another prefix or glob.",
                field=f"connection_table_params.{field}",
                reason="unsupported",
                status="wrong_specification",
            ) from None

    def _items(self, prefix: str) -> Iterator[Found]:
        """Yield the objects of all pages. Raises TableError."""
        given = {"prefix": prefix} if prefix else {}
        token: Json = None
        for _ in range(_MOST_PAGES):
            asked = {} if token is None else {"token": token}
            called = self._session.call("list", **given, **asked)
            page = self._page(called)
            items = lookup_pointer(page, self._paging["items"])
            for item in items if isinstance(items, list) else ():
                yield self._item(item)
            last, token = token, lookup_pointer(page, self._paging["next"])
            if not token:
                return
            if token == last:
                raise _unreadable()
        raise _too_many(f"The list of {self._place} has more than {_MOST_PAGES:,} pages.", "prefix")

    def _item(self, item: Json, key: str = "") -> Found:
        name = key or lookup_pointer(item, self._paging["name"])
        size = str(lookup_pointer(item, self._paging["size"]))
        version = lookup_pointer(item, self._paging["version"])
        if not isinstance(name, str) or not name or not _DIGITS.fullmatch(size):
            raise _unreadable()
        return Found(name, int(size), "" if version is None else str(version))

    @staticmethod
    def _page(called: Called) -> Json:
        if called.answer.body.lstrip()[:1] != b"<":
            return called.body
        try:
            return read_page(called.answer.body)
        except ValueError:
            raise _unreadable() from None

    def _quoted(self, text: str) -> str:
        return repr(self._session.plain(text))


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"


def _at(name: str, error: TableError) -> TableError:
    """Return an error with the object that it is about."""
    detail = str(error.facts["detail"])
    if detail.startswith(_ARTICLES):
        detail = detail[0].lower() + detail[1:]
    return TableError(**{**error.facts, "file": name, "detail": detail})


def _changed() -> TableError:
    return TableError(
        detail="The object was replaced while it was read.",
        remedy="Read it again.",
        reason="changed",
        status="unknown_error",
        passes=True,
    )


def _nothing(detail: str, remedy: str, field: str) -> TableError:
    return TableError(
        detail=detail,
        remedy=remedy,
        field=f"connection_table_params.{field}",
        reason="not_found",
        status="resource_not_found",
    )


def _too_many(detail: str, field: str) -> TableError:
    return TableError(
        detail=detail,
        remedy="Give a longer fixed beginning, or make several tables of it.",
        field=f"connection_table_params.{field}",
        reason="too_large",
        status="wrong_specification",
    )


def _unreadable() -> TableError:
    return TableError(
        detail="The list of objects cannot be read.",
        remedy="A proxy, or a store that speaks another language than it should, may be the cause.",
        reason="unreadable",
        status="unknown_error",
    )
