"""The words of the capabilities and schemas: plain, of one style, and our own.

Each title, summary, description, note and hint is held against every text of the vendor's OpenAPI
documents: none of our sentences is one of theirs, and no long run of words is shared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from argosy.model import join_pointer
from tests.contracts import CONTRACTS, needs_contracts

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted([*ROOT.glob("capabilities/*/*.json"), *ROOT.glob("schemas/*.schema.json")])

#: A sentence of fewer words is a name or a phrase that anybody would write.
SENTENCE = 6
#: So many words in a row are no chance any more.
RUN = 9

#: Members of a schema whose own members are named by its author.
_NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
#: Members of a schema that hold data, whose members called `title` are not our words.
_DATA = ("examples", "antiExamples", "default", "enum", "const")


@dataclass(frozen=True, slots=True)
class Text:
    """One text for people, and where it is."""

    place: str
    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words!r}"


Pointer = tuple[str | int, ...]


def _file_texts(file: Path) -> Iterator[Text]:
    document = json.loads(file.read_text(encoding="utf-8"))
    found = _schema_texts if file.parent.name == "schemas" else _capability_texts
    for pointer, words in found(document):
        place = f"{file.relative_to(ROOT)}#{join_pointer(pointer)}"
        yield Text(place, str(pointer[-1]), words)


def _capability_texts(document: dict[str, Any]) -> Iterator[tuple[Pointer, str]]:
    for member in ("title", "summary", "description"):
        if member in document:
            yield (member,), document[member]
    for member in ("repeat", "legacy"):
        if member in document:
            yield (member, "reason"), document[member]["reason"]
    for member, words in (("errors", "note"), ("examples", "title"), ("antiExamples", "title")):
        for index, item in enumerate(document.get(member, [])):
            yield (member, index, words), item[words]
    for member in ("inputs", "outputs"):
        yield from _schema_texts(document[member], (member,))


def _schema_texts(node: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, str]]:
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _schema_texts(item, (*pointer, index))
    elif isinstance(node, dict):
        for key, member in node.items():
            here = (*pointer, key)
            if key in _NAMED:
                for name, schema in member.items():
                    yield from _schema_texts(schema, (*here, name))
            elif key in ("title", "description", "x-hint"):
                yield here, member
            elif key not in _DATA:
                yield from _schema_texts(member, here)


@lru_cache(maxsize=1)
def our_texts() -> tuple[Text, ...]:
    return tuple(text for file in FILES for text in _file_texts(file))


@lru_cache(maxsize=1)
def vendor_texts() -> tuple[str, ...]:
    """Read every title, summary and description of the contracts, as they are written."""
    documents = (file.read_text(encoding="utf-8") for file in sorted(CONTRACTS.glob("*.yml")))
    return tuple(
        words
        for document in documents
        for words in _described(yaml.load(document, Loader=yaml.CSafeLoader))
    )


def _described(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _described(item)
    elif isinstance(node, dict):
        for key, member in node.items():
            if key in ("title", "summary", "description") and isinstance(member, str):
                yield member
            else:
                yield from _described(member)


def _sentences(text: str) -> list[tuple[str, ...]]:
    """Split a text in sentences, each its bare words: without markup, marks and capitals."""
    text = re.sub(r"</?[A-Za-z][^<>]*>", " ", text)
    text = re.sub(r"\[([^][]*)\]\([^()]*\)", r"\1", text)
    parts = re.split(r"[.?!;](?:\s+|$)|\n\s*\n|\n\s*[-*]\s", text)
    return [words for part in parts if (words := _words(part))]


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", re.sub("['\u2019]", "", text.lower()).replace("_", " ")))


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for start in range(len(words) - RUN + 1):
        yield words[start : start + RUN]


class Corpus:
    """Texts of somebody else, by which a copy is known."""

    def __init__(self, texts: Iterable[str]) -> None:
        split = [_sentences(text) for text in texts]
        self.sentences = {one for found in split for one in found if len(one) >= SENTENCE}
        self.runs = {run for found in split for run in _runs(sum(found, ()))}

    def shared(self, text: str) -> list[str]:
        """Return what a text has in common with the corpus: whole sentences, then runs."""
        sentences = _sentences(text)
        copied = [one for one in sentences if one in self.sentences]
        runs = [run for run in _runs(sum(sentences, ())) if run in self.runs]
        return [" ".join(one) for one in (*copied, *runs)]


@lru_cache(maxsize=1)
def vendor() -> Corpus:
    return Corpus(vendor_texts())


def test_every_file_has_texts() -> None:
    assert {text.place.partition("#")[0] for text in our_texts()} == {
        file.relative_to(ROOT).as_posix() for file in FILES
    }


@needs_contracts
def test_no_text_is_the_vendors() -> None:
    found = [(text, vendor().shared(text.words)) for text in our_texts()]

    copied = [f"{text}\n    shares: {shared[0]}" for text, shared in found if shared]
    assert not copied, _listed(copied)


@needs_contracts
def test_each_sentence_of_the_vendor_would_be_found_and_is_not_with_words_between_its_own() -> None:
    sentences = vendor().sentences
    assert len(sentences) > 500

    assert all(vendor().shared(" ".join(words)) for words in sentences)
    assert not any(vendor().shared(" otherwise ".join(words)) for words in sentences)


THEIRS = (
    "Some thing. The `owner_id` of the <b>folder</b> that is removed.<br>",
    "Use [this call](https://example.com/a) where the rows of a table are to be read in pieces",
)


@pytest.mark.parametrize(
    "text",
    [
        "The owner id of the folder that is removed.",
        "Words of our own; **the** OWNER-ID of the folder that is removed!",
        "Read the rows a call at a time where the rows of a table are to be read one by one.",
        "This call where the rows of a table are [to](https://example.com/b) be asked for.",
    ],
)
def test_a_copy_is_found_whatever_its_marks_and_surroundings(text: str) -> None:
    assert Corpus(THEIRS).shared(text)


@pytest.mark.parametrize(
    "text",
    [
        "The owner id of the folder that was removed.",
        "Some thing.",
        "Where the rows of a table are wanted in pieces, use this call.",
    ],
)
def test_other_words_and_short_phrases_are_no_copy(text: str) -> None:
    assert not Corpus(THEIRS).shared(text)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a text of some kinds must not hold, and a text that does."""

    pattern: str
    breach: str
    kinds: tuple[str, ...] = ()

    def is_broken_by(self, text: Text) -> bool:
        if self.kinds and text.kind not in self.kinds:
            return False
        return re.search(self.pattern, text.words, re.IGNORECASE) is not None


RULES = {
    "no text has an exclamation mark": Rule("!", "Done!"),
    "no text pleads": Rule(r"\bplease\b", "Please wait."),
    "no text belittles": Rule(r"\b(simply|just|easily)\b", "Just a name."),
    "no text abbreviates": Rule(r"\b(e\.\s?g|i\.\s?e|etc)\.", "A name, e.g. shop."),
    "no text has an em dash": Rule("\N{EM DASH}", "A name\N{EM DASH}or none."),
    "no text has two spaces in a row": Rule("  ", "A name.  Or none."),
    "no text has a space at an end": Rule(r"\A\s|\s\Z", "A name. "),
    "a title has no full stop at its end": Rule(r"\.\Z", "A name.", ("title",)),
    "a summary ends with a full stop": Rule(r"[^.]\Z", "List names", ("summary",)),
    "a description ends with a full stop": Rule(r"[^.]\Z", "The name", ("description",)),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_text_keeps_the_rule(rule: Rule) -> None:
    broken = [str(text) for text in our_texts() if rule.is_broken_by(text)]

    assert not broken, _listed(broken)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_breach_of_the_rule_is_found(rule: Rule) -> None:
    kind = rule.kinds[0] if rule.kinds else "note"

    assert rule.is_broken_by(Text("a.json#", kind, rule.breach))
    assert not rule.is_broken_by(Text("a.json#", "reason", "The name of a table."))


def _listed(found: list[str]) -> str:
    return "\n".join([f"{len(found)} texts:", *found])
