"""A page of a list of objects, as S3 writes it in XML."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from xml.parsers import expat

if TYPE_CHECKING:
    from argosy.model import JsonObject

#: How deep an element stands: the members of the page, and those of one of its items.
_MEMBER, _INNER = 2, 3


def read_page(xml: bytes) -> JsonObject:
    """Return a page as JSON: texts by name, and lists of objects where elements hold elements.

    Keys that the store has URL-encoded, as it was asked to, are decoded. Deeper elements are left
    out. Raises ValueError for what is no XML, or declares entities, which could grow without end.
    """
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reading.start
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise ValueError("it is no XML") from None
    page = reading.page
    if page.get("EncodingType") == "url":
        for item in page.get("Contents", ()):
            if "Key" in item:
                item["Key"] = unquote_plus(item["Key"], errors="surrogateescape")
    return page


def _refuse(*_declared: object) -> None:
    raise ValueError("it declares a document type")


class _Reading:
    """What the parser has come to."""

    def __init__(self) -> None:
        self.page: JsonObject = {}
        self._depth = 0
        self._item: JsonObject = {}
        self._text: list[str] = []

    def start(self, _name: str, _attributes: object) -> None:
        """Begin an element."""
        self._depth += 1
        self._text = []
        if self._depth == _MEMBER:
            self._item = {}

    def text(self, text: str) -> None:
        """Take text."""
        if self._depth in {_MEMBER, _INNER}:
            self._text.append(text)

    def end(self, name: str) -> None:
        """End an element."""
        if self._depth == _INNER:
            self._item.setdefault(name, "".join(self._text))
        elif self._depth == _MEMBER and self._item:
            found = self.page.setdefault(name, [])
            if isinstance(found, list):
                found.append(self._item)
        elif self._depth == _MEMBER:
            self.page.setdefault(name, "".join(self._text))
        self._text = []
        self._depth -= 1
