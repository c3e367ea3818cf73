"""Find secrets that stand in a flow's file as plain text.

Three things give one away: the schema of an input says that it is secret; a text is written as
keys are; a member is named as passwords are. The first two are sure enough to be errors.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import log2
from typing import TYPE_CHECKING, Final

from argosy.check.flows.places import Steps, computed_texts, is_template
from argosy.dispatch.inputs import secret_inputs
from argosy.model import MASK, Json, join_pointer, split_pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject


@dataclass(frozen=True, slots=True)
class PlainSecret:
    """A secret in the file: where, what it is, and the text itself, which nobody is shown."""

    pointer: str
    what: str
    text: str
    is_sure: bool = True

    def __repr__(self) -> str:
        return f"PlainSecret({self.pointer!r}, {self.what!r}, {MASK!r})"


def _holds(*words: str) -> Callable[[str], bool]:
    """Return what tells whether one of some words is in a text."""
    return lambda text: any(word in text for word in words)


def _names_a_scheme(text: str) -> bool:
    """Tell whether a text may hold the value of an Authorization header."""
    low = text.lower()
    return "bearer" in low or "basic" in low or _OWN_SCHEME.search(text) is not None


_OWN_SCHEME: Final = re.compile(r"[A-Z]\d\s+\S{20}")
_GITHUB: Final = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")
#: What keys look like. Most texts hold none of the letters that stand before the patterns, which
#: are looked for first, since that is quick.
_KEYS: Final[Mapping[str, tuple[Callable[[str], object], re.Pattern[str]]]] = {
    "a private key": (
        _holds("-----BEGIN "),
        re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----.*", re.DOTALL),
    ),
    "an API key": (
        re.compile(r"/[0-9a-f]{40}").search,
        re.compile(r"(?<![\w/.])\d{1,12}/[0-9a-f]{40}(?![0-9A-Za-z])"),
    ),
    "the value of an Authorization header": (
        _names_a_scheme,
        re.compile(
            r"(?<!\w)(?:Bearer|Basic|(?-i:[A-Z]{2,6}\d)(?=\s+\S{20}))"
            r"\s+(?=\S*\d)[A-Za-z0-9._~+/-]{12,}=*",
            re.IGNORECASE,
        ),
    ),
    "a signed token (JWT)": (
        _holds("eyJ"),
        re.compile(r"(?<!\w)eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"),
    ),
    "an access key": (
        _holds("AKIA", "ASIA", "AIza", *_GITHUB, "xox", "k_live_", "glpat-"),
        re.compile(
            r"(?<!\w)(?:(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{35}|gh[pousr]_\w{36,}|"
            r"xox[abprs]-[\w-]{10,}|[sr]k_live_\w{16,}|glpat-[\w-]{20,})"
        ),
    ),
}
#: No key of any kind is shorter.
_SHORTEST_KEY: Final = 18
_WORDS: Final = re.compile(r"[\w+=-]+", re.ASCII)
_RANDOM_LENGTHS: Final = range(32, 129)
_LEAST_BITS: Final = 4.2
_LEAST_DIGITS: Final = 3

#: Names of members, without case, dashes and underscores, that end so.
_SECRET_NAMES: Final = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "apikey",
    "accesstoken",
    "privatekey",
    "secretkey",
    "authorization",
)


def find_secrets(subject: FlowSubject) -> list[PlainSecret]:
    """Return the secrets in a flow's file, the surest reason first; a part of one is none."""
    found: dict[str, list[PlainSecret]] = {}
    for secret in (*_declared(subject), *_written(subject.source.document), *_named(subject)):
        here = found.setdefault(secret.pointer, [])
        if not any(secret.text in other.text or other.text in secret.text for other in here):
            here.append(secret)
    return [secret for here in found.values() for secret in here]


def _declared(subject: FlowSubject) -> Iterator[PlainSecret]:
    """Yield the literal texts where a schema says that a value is secret."""
    for place in subject.nodes:
        names = _secret_inputs(subject, place)
        for path, text in computed_texts(place) if names else ():
            is_secret = any(path[: len(name)] == name for name in names)
            if is_secret and text and _is_literal(subject, text):
                what = f"the secret input {path[-1]!r} is plain text"
                yield PlainSecret(place.input_pointer(path), what, text)
    schema = subject.flow.inputs if subject.flow else {}
    declared = schema.get("properties", {})
    for name in secret_inputs(declared) if isinstance(declared, dict) else ():
        for keyword in ("default", "const"):
            text = declared[name].get(keyword)
            if isinstance(text, str) and text:
                pointer = join_pointer(("inputs", "properties", name, keyword))
                yield PlainSecret(
                    pointer, f"the {keyword} of the secret input {name!r} is plain text", text
                )
    for variable in subject.variables.values():
        is_secret = bool(secret_inputs({"": variable.schema or {}}))
        if is_secret and isinstance(variable.value, str) and variable.value:
            pointer = join_pointer(("variables", variable.name, "value"))
            yield PlainSecret(
                pointer,
                f"the value of the secret variable {variable.name!r} is plain text",
                variable.value,
            )


def _secret_inputs(subject: FlowSubject, place: NodePlace) -> list[Steps]:
    known = subject.capability(place)
    if known is not None and known.inputs is not None:
        declared = known.inputs.schema.get("properties", {})
        return [(name,) for name in sorted(secret_inputs(declared))]
    called = place.node.called_flow
    if isinstance(called, str):
        source = subject.catalogue.flow(called)
        declared = source.flow.inputs.get("properties", {}) if source and source.flow else {}
        if isinstance(declared, dict):
            given = "input" if place.is_kind("subflow") else "properties"
            return [(given, name) for name in sorted(secret_inputs(declared))]
    return []


def _is_literal(subject: FlowSubject, text: str) -> bool:
    """Tell whether a text holds no expression, or none that reads anything."""
    template = subject.compiled(text) if is_template(text) else None
    return template is None or (not isinstance(template, str) and not template.paths)


def _written(document: Json) -> Iterator[PlainSecret]:
    """Yield what is written as keys are, anywhere in the file.

    The graph that a flow came from is left out: what it holds is in the flow's own nodes too.
    """
    for path, text in _texts(_without_origin(document), ()):
        if len(text) < _SHORTEST_KEY:
            continue
        for what, (may_hold, pattern) in _KEYS.items():
            for match in pattern.finditer(text) if may_hold(text) else ():
                yield PlainSecret(join_pointer(path), f"a text looks like {what}", match[0])
        # What another product has exported is full of ids and hashes.
        if path[:1] != ("source",) and not text.startswith("data:"):
            for word in _WORDS.findall(text):
                if len(word) in _RANDOM_LENGTHS and _is_random(word):
                    what = "a text is long and random, as keys are"
                    yield PlainSecret(join_pointer(path), what, word, is_sure=False)


def _without_origin(document: Json) -> Json:
    source = document.get("source") if isinstance(document, dict) else None
    flow = source.get("flow") if isinstance(source, dict) else None
    if not isinstance(source, dict) or not isinstance(flow, dict):
        return document
    kept = {name: value for name, value in flow.items() if name != "graphData"}
    return {**document, "source": {**source, "flow": kept}}


def _named(subject: FlowSubject) -> Iterator[PlainSecret]:
    """Yield the literal texts in members that are named as secrets are."""
    for place in subject.nodes:
        for path, text in computed_texts(place):
            name = re.sub("[-_ ]", "", str(path[-1])).lower()
            is_value = text.strip("* ") and not is_template(text)
            if is_value and name.endswith(_SECRET_NAMES):
                what = f"{str(path[-1])!r} is plain text"
                yield PlainSecret(place.input_pointer(path), what, text, is_sure=False)


def _is_random(text: str) -> bool:
    if (
        sum(c.isdigit() for c in text) < _LEAST_DIGITS
        or text.lower() == text
        or text.upper() == text
    ):
        return False
    counts = Counter(text).values()
    return -sum(n / len(text) * log2(n / len(text)) for n in counts) >= _LEAST_BITS


def _texts(value: Json, path: Steps) -> Iterator[tuple[Steps, str]]:
    """Yield every text within a value, names of members too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield path, name
            yield from _texts(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


class Curtain:
    """Keeps secrets out of problems, also the beginning of one that a message cut short."""

    _LEAST = 6

    def __init__(self, secrets: Iterable[PlainSecret]) -> None:
        texts = {secret.text for secret in secrets}
        self._long = {text for text in texts if len(text) >= self._LEAST}
        self._short = {text for text in texts if 0 < len(text) < self._LEAST}
        self._pieces = {
            text[at : at + self._LEAST]
            for text in texts
            for at in range(len(text) - self._LEAST + 1)
        }

    def without_names(self, pointer: str) -> str:
        """Return a pointer up to the first name that holds a secret."""
        kept: list[str] = []
        for name in split_pointer(pointer):
            if any(text in name for text in self._long):
                break
            kept.append(name)
        return join_pointer(kept)

    def covers(self, message: str) -> bool:
        """Tell whether a message shows any part of a secret."""
        size = self._LEAST
        pieces = self._pieces
        return any(text in message for text in self._short) or any(
            message[at : at + size] in pieces for at in range(len(message) - size + 1)
        )
