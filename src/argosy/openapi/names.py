"""Names and words: what a document calls things, in this product's terms."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING

from argosy.model.connection import camel_case

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[A-Z]+[0-9]*|[0-9]+")
_SMALL = {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to"}
_CAPITALS = {"api", "id", "ids", "url", "urls", "uri", "http", "ip", "json", "csv", "sql", "sku"}
_PLAIN = re.compile(r"[a-z][A-Za-z0-9]*")
_LONGEST_ID = 60


def words_of(name: str) -> list[str]:
    """Return the words of a name in lower case: `listAPIKeys` and `list_api_keys` are alike."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return [word.lower() for word in _WORD.findall(plain)]


def camel(name: str) -> str:
    """Return a name in camelCase; one that is a name already stays as it is."""
    if _PLAIN.fullmatch(name):
        return name[:_LONGEST_ID]
    words = words_of(name[: 4 * _LONGEST_ID]) or ["value"]
    made = words[0] + "".join(word.capitalize() for word in words[1:])
    return (made if made[0].isalpha() else f"n{made}")[:_LONGEST_ID]


def kebab(name: str, otherwise: str = "api", longest: int = _LONGEST_ID) -> str:
    """Return a name in kebab-case, beginning with a letter."""
    made = "-".join(words_of(name)) or otherwise
    made = made if made[0].isalpha() else f"n{made}"
    return made[:longest].rstrip("-")


def title(name: str) -> str:
    """Return a title in capitals and small letters, `Get User by ID`, of 3 to 60 characters."""
    words = words_of(name)
    made = " ".join(_titled(word, index) for index, word in enumerate(words))[:60].rstrip()
    return made if len(made) >= 3 else f"{made} API".strip()


def singular(name: str) -> str:
    """Return the singular of a plural in English, as far as its ending tells it."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch")):
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending) + instead
    is_plural = name.endswith("s") and not name.endswith(("ss", "us", "is")) and len(name) > 3
    return name[:-1] if is_plural else name


def label(name: str) -> str:
    """Return the label of a field, `Page size`."""
    first, *others = words_of(name[: 4 * _LONGEST_ID]) or ["value"]
    rest = [word.upper() if word in _CAPITALS else word for word in others]
    return " ".join([first.upper() if first in _CAPITALS else first.capitalize(), *rest])


def _titled(word: str, index: int) -> str:
    if word in _CAPITALS:
        return word.upper() if word not in {"ids", "urls"} else word[:-1].upper() + "s"
    return word if index and word in _SMALL else word.capitalize()


def plain(text: str, longest: int = 600) -> str:
    """Return a text without markup, pleas and exclamation marks, cut at a word."""
    text = re.sub(r"<[^<>]{0,500}>", " ", text[: longest * 4])
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", html.unescape(text))
    text = re.sub(r"[`*#|]+|(?<!\w)_|_(?!\w)", " ", text)
    text = re.sub(r"\bplease\b,? ?", "", text, flags=re.IGNORECASE).replace("!", ".")
    text = re.sub(r"\s+([.,;:])", r"\1", re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text)).strip()
    text = text.encode("utf-8", "ignore").decode()
    if len(text) > longest:
        text = (text[:longest].rpartition(" ")[0] or text[:longest]) + " …"
    return text[:1].upper() + text[1:]


def first_sentence(text: str, otherwise: str) -> str:
    """Return a summary, one sentence of 10 to 110 characters; `otherwise` where there is none."""
    first = re.split(r"(?<=[.?!])\s", plain(text), maxsplit=1)[0].rstrip(" .:;?…")
    if len(first) > 108:
        first = (first[:108].rpartition(" ")[0] or first[:108]).rstrip(" ,;:.")
    first = re.sub(r"([.?!])(\s+[A-Z])", r";\2", first)
    return f"{first}." if len(first) >= 9 else otherwise


class Taken:
    """Names that are given out once each, whatever their case and separators."""

    def __init__(self, reserved: Iterable[str] = (), separator: str = "") -> None:
        self._taken = {camel_case(name).lower() for name in reserved}
        self._separator = separator
        self._numbers: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """Return the name, or the first `name2`, `name3`, … that is free."""
        name, number = wanted, self._numbers.get(wanted, 1)
        while camel_case(name).lower() in self._taken:
            number += 1
            name = f"{wanted}{self._separator}{number}"
        self._numbers[wanted] = number
        self._taken.add(camel_case(name).lower())
        return name
