"""What a name, an e-mail address, a time and a page may be."""

from __future__ import annotations

import re
import unicodedata

from argosy.errors import WrongDataError

_LONGEST_NAME = 200
_LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s\"<>(),:;\\]+@[^@\s\"<>(),:;\\]+")
_LARGEST_PAGE = 10**9


def check_name(name: str, field: str = "name") -> str:
    """Return a name in its one form, without space around it. Raises WrongDataError."""
    found = unicodedata.normalize("NFC", name).strip()
    if not found:
        raise WrongDataError(detail=f"{field} is empty.", field=field)
    if len(found) > _LONGEST_NAME:
        detail = f"{field} has {len(found)} characters; {_LONGEST_NAME} are allowed."
        raise WrongDataError(detail=detail, field=field)
    _refuse_control_characters(found, field)
    return found


def check_email(email: str) -> str:
    """Return an e-mail address in its one form: in lower case. Raises WrongDataError."""
    found = normal_email(email)
    _refuse_control_characters(found, "email")
    if len(found) > _LONGEST_EMAIL or not _EMAIL.fullmatch(found):
        raise WrongDataError(detail="email is not an e-mail address.", field="email")
    return found


def normal_email(email: str) -> str:
    """Return the one form of what may or may not be an e-mail address."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def check_text(text: str, field: str, longest: int = 2000) -> str:
    """Return a description. Raises WrongDataError where it is too long or cannot be stored."""
    if len(text) > longest:
        detail = f"{field} has {len(text)} characters; {longest} are allowed."
        raise WrongDataError(detail=detail, field=field)
    _refuse_control_characters(text, field, allowed="\n\t")
    return text


def check_page(page: int, amt: int) -> None:
    """Check a page, from 1, and an amount, from 1 to 64. Raises WrongDataError."""
    if not 1 <= page <= _LARGEST_PAGE:
        raise WrongDataError(detail="page starts at 1.", field="page")
    if not 1 <= amt <= 64:
        raise WrongDataError(detail="amt goes from 1 to 64.", field="amt")


def storable(text: str) -> str:
    """Return text that a database can look for: what cannot be stored is not there either."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _refuse_control_characters(text: str, field: str, allowed: str = "") -> None:
    for character in text:
        kind = unicodedata.category(character)
        if kind in {"Cc", "Cs"} and character not in allowed:
            detail = f"{field} has the character U+{ord(character):04X}, which is not text."
            raise WrongDataError(detail=detail, field=field)
