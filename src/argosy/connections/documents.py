"""What comes in: names and JSON objects, with bounds, before anything else looks at them."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from argosy.errors import WrongDataError
from argosy.model import is_deeper, is_whole_text, split_pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from argosy.model import Json, JsonObject, Problem

KIBIBYTE = 1024
_LONGEST_NAME = 256
_DEEPEST = 20
_MOST_VALUES = 10_000
_MOST_PROBLEMS = 50
_LARGEST_NUMBER = 2**63 - 1
_MOST_NAMED = 5
_DIGITS = re.compile(r"[0-9]{1,10}")
#: What the name of a member looks like.
_WORD = re.compile(r"[A-Za-z][A-Za-z_.-]{0,31}")
#: The kinds of characters that nobody sees: commands, formats, halves, and what stands for nothing.
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
#: Variants of characters that nobody takes for the plain ones: the º of nº, ②, ½.
_SEEN_TO_DIFFER = ("<circle>", "<fraction>", "<square>", "<sub>", "<super>")
#: Letters that turn the order of what is shown around, or end a line.
_DECEIVING = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_name(name: str, field: str) -> str:
    """Return a name that can stand in an address, as that of a connection or a table does.

    Raises WrongDataError.
    """
    if not isinstance(name, str) or not name.strip():
        raise WrongDataError(detail=f"the name of a {field} is not empty.", field=field)
    if len(name) > _LONGEST_NAME:
        detail = f"the name of a {field} has at most {_LONGEST_NAME} characters, not {len(name)}."
        raise WrongDataError(detail=detail, field=field)
    if "/" in name or name in {".", ".."}:
        detail = f"the name of a {field} stands in an address: it holds no slash and is not . or .."
        raise WrongDataError(detail=detail, field=field)
    for character in name:
        if unicodedata.category(character) in {"Cc", "Cs"} or character in _DECEIVING:
            detail = f"the name of a {field} holds U+{ord(character):04X}, which cannot be seen."
            raise WrongDataError(detail=detail, field=field)
    return name


def check_new_name(name: str, field: str) -> str:
    """Return the name of a connection or a table that is to be made.

    No two names look alike: none holds what cannot be seen, or begins or ends with a space. That
    of a connection has its characters in their usual form, composed and neither wide nor styled;
    that of a table may be the key of an object, which has whatever form it has. Names of before
    stay what they are. Raises WrongDataError with the form that would be right.
    """
    check_name(name, field)
    seen = "".join(one for one in name if unicodedata.category(one) not in _UNSEEN)
    right = (_in_usual_form(seen) if field == "connection" else seen).strip()
    if name == right:
        return name
    if seen != name:
        unseen = next(one for one in name if unicodedata.category(one) in _UNSEEN)
        wrong = f"holds U+{ord(unseen):04X}, which cannot be seen"
    elif seen != seen.strip():
        wrong = "begins or ends with a space"
    else:
        wrong = "has characters in another form than the usual one"
    instead = f"; write {right!r}." if right and "/" not in right else "."
    raise WrongDataError(detail=f"the name of a {field} {wrong}{instead}", field=field)


def _in_usual_form(text: str) -> str:
    """Return a text with what only looks like other characters replaced by those (NFKC)."""
    composed = unicodedata.normalize("NFC", text)
    usual = (
        one
        if unicodedata.decomposition(one).startswith(_SEEN_TO_DIFFER)
        else unicodedata.normalize("NFKC", one)
        for one in composed
    )
    return unicodedata.normalize("NFC", "".join(usual))


def check_object(
    value: Json, field: str, kibibytes: int, *, members: int = _MOST_VALUES
) -> JsonObject:
    """Return a JSON object that can be stored and shown again. Raises WrongDataError.

    It has at most so many `members` of its own. The texts of the errors hold nothing of the value.
    """
    if not isinstance(value, dict):
        raise WrongDataError(detail=f"{field} is not an object.", field=field)
    if len(value) > members:
        detail = f"{field} has {len(value)} members; {members} are allowed."
        raise WrongDataError(detail=detail, field=field)
    if is_deeper(value, _DEEPEST):
        detail = f"{field} is nested more than {_DEEPEST} levels deep."
        raise WrongDataError(detail=detail, field=field)
    for count, scalar in enumerate(scalars(value)):
        _check_scalar(scalar, field)
        if count >= _MOST_VALUES:
            detail = f"{field} holds more than {_MOST_VALUES} values."
            raise WrongDataError(detail=detail, field=field)
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > kibibytes * KIBIBYTE:
        detail = f"{field} has {size} bytes as JSON; {kibibytes} KiB are allowed."
        raise WrongDataError(detail=detail, field=field)
    return value


def scalars(value: Json) -> Iterator[Json]:
    """Yield all texts, keys too, numbers and other values of a JSON value."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from scalars(member)
    elif isinstance(value, list):
        for item in value:
            yield from scalars(item)
    else:
        yield value


def whole_number(value: int | str | None, field: str, *, default: int, most: int) -> int:
    """Return a parameter of a query as a number from 1 to `most`. Raises WrongDataError."""
    if value is None or value == "":
        return default
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _DIGITS.fullmatch(value)):
        raise WrongDataError(detail=f"{field} is not a whole number.", field=field)
    number = int(value)
    if not 1 <= number <= most:
        detail = f"{field} goes from 1 to {most}, and is {number}."
        raise WrongDataError(detail=detail, field=field)
    return number


def refuse(problems: Iterable[Problem], part: str = "") -> list[str]:
    """Return the warnings among problems of a part of a document, as sentences.

    Raises WrongDataError where there are errors: the first in words, all as problems.
    """
    found = list(problems)
    errors = [one for one in found if one.severity == "error"][:_MOST_PROBLEMS]
    if errors:
        first = errors[0]
        field = field_of(first, part)
        detail = " ".join(filter(None, [_sentence(field, first), first.hint]))
        placed = [replace(one, pointer=f"/{part}{one.pointer}") for one in errors]
        raise WrongDataError(detail=detail, field=field, problems=placed if part else errors)
    return [" ".join(filter(None, [_sentence("", one), one.hint])) for one in found]


def left_aside(given: Iterable[str], known: Collection[str], what: str) -> list[str]:
    """Return the warning that names what was sent and nobody knows, none where there is nothing.

    `what` is what they are: members, parameters.
    """
    names = [name for name in dict.fromkeys(given) if name not in known]
    if not names:
        return []
    # what does not look like a name may be a secret in the wrong place
    told = [name for name in names if _WORD.fullmatch(name)][:_MOST_NAMED]
    rest = len(names) - len(told)
    more = f"{rest} {'more' if told else what}{'' if told or rest == 1 else 's'}" if rest else ""
    listed = " and ".join(filter(None, [", ".join(told), more]))
    is_ = "is" if len(names) == 1 else "are"
    there = f"there is {', '.join(known)}" if known else f"there is no {what} here"
    near = [get_close_matches(name, known, n=1) for name in told]
    meant = " and ".join(dict.fromkeys(one for found in near for one in found))
    hint = f" Is it {meant}?" if meant else ""
    return [f"{listed} {is_} not known and left aside: {there}.{hint}"]


def field_of(problem: Problem, part: str = "") -> str:
    """Return the place of a problem as a person knows it: `credentials.api_key`."""
    steps = split_pointer(problem.pointer) if problem.pointer else []
    return ".".join(filter(None, [part, *steps]))


def _sentence(field: str, problem: Problem) -> str:
    text = problem.message[:1].upper() + problem.message[1:] if not field else problem.message
    name = field.rpartition(".")[2]
    named = text if not field or repr(name) in text else f"{field}: {text}"
    return named if named.endswith(".") else f"{named}."


def _check_scalar(value: Json, field: str) -> None:
    if isinstance(value, str):
        if "\0" in value or not is_whole_text(value):
            detail = f"{field} holds a text with a character that cannot be stored."
            raise WrongDataError(detail=detail, field=field)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):  # before `isfinite`, for which a long one is too long
        if abs(value) > _LARGEST_NUMBER:
            raise WrongDataError(detail=f"{field} holds a number beyond 2^63.", field=field)
    elif not isinstance(value, float) or not math.isfinite(value):
        raise WrongDataError(detail=f"{field} holds a value that JSON cannot say.", field=field)
