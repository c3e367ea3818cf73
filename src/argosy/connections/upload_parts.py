"""What a request of an upload says: which bytes it brings, of how many, and their checksums.

A file comes with one plain `PUT`. One that broke off goes on as uploads to Google Cloud Storage
do: `PUT` with `Content-Range: bytes */TOTAL` and no body asks how much has arrived, 308 with
`Range: bytes=0-LAST` (without it: nothing) answers, and `PUT` with
`Content-Range: bytes FIRST-LAST/TOTAL` brings what is missing. `*` stands for a total that nobody
knows yet. This protocol was chosen over tus and the draft of resumable uploads because it needs
one method at one signed address, because what a plain `PUT` left behind can be gone on with, and
because client libraries of a large vendor and proxies know it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TooLargeError, WrongDataError

if TYPE_CHECKING:
    from argosy.model import JsonObject

#: Checksums by the names of Python's algorithms.
Digests = tuple[tuple[str, bytes], ...]

#: What the header fields call the algorithms, and how many bytes their checksums have.
_ALGORITHMS = {"sha-256": ("sha256", 32), "sha-512": ("sha512", 64)}
_MD5_BYTES = 16
#: No length has more digits.
_NUMBER = "[0-9]{1,15}"
_RANGE = re.compile(rf"bytes (?:({_NUMBER})-({_NUMBER})|\*)/({_NUMBER}|\*)")
_DIGEST = re.compile(r"([a-z0-9*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):")
_NO_LENGTH = (
    "the request has no Content-Length; send the file with its length, or in chunks with its "
    "checksum in Repr-Digest."
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one request brings: `length` bytes from `start` on, of a file of `total` bytes.

    `length` and `total` are None where they are not known. A question brings nothing and asks how
    much has arrived; where that is all, it ends the upload. The file ends with what `is_last`
    brings. `content` are the checksums of what is brought, `whole` those of the whole file.
    """

    start: int = 0
    length: int | None = None
    total: int | None = None
    is_question: bool = False
    is_last: bool = False
    content: Digests = ()
    whole: Digests = ()


@dataclass(frozen=True, slots=True)
class Arrived:
    """How many bytes have arrived; with an answer where the file is whole and in its place."""

    size: int
    answer: JsonObject | None = None


def read_part(
    content_range: str, length: str, *, content: Digests = (), whole: Digests = (), most: int
) -> Part:
    """Return what the header fields of a request say; each is empty where it is not there.

    Raises WrongDataError, and TooLargeError for more than `most` bytes.
    """
    known = _read_length(length, most)
    if not content_range:
        if known is None and not whole:
            raise WrongDataError(detail=_NO_LENGTH)
        return Part(0, known, known, is_last=True, content=content, whole=whole)
    found = _RANGE.fullmatch(content_range.strip())
    if found is None:
        detail = (
            "Content-Range is none of 'bytes FIRST-LAST/TOTAL' and, to ask what has arrived, "
            "'bytes */TOTAL'; TOTAL may be *."
        )
        raise WrongDataError(detail=detail)
    total = None if found[3] == "*" else int(found[3])
    if total is not None and total > most:
        raise too_large(most)
    if found[1] is None:
        if known:
            detail = "Content-Range names no bytes, and the request brings some."
            raise WrongDataError(detail=detail)
        return Part(total=total, length=0, is_question=True, whole=whole)
    first, last = int(found[1]), int(found[2])
    if last >= most:
        raise too_large(most)
    if last < first or (total is not None and last >= total):
        raise WrongDataError(detail="Content-Range ends before it begins, or behind the file.")
    brought = last - first + 1
    if known not in {None, brought}:
        detail = f"Content-Range names {brought} bytes, and Content-Length is {known}."
        raise WrongDataError(detail=detail)
    return Part(first, brought, total, content=content, whole=whole)


def write_part(part: Part) -> dict[str, str]:
    """Return the header fields that say what a part is; `read_part` reads them."""
    total = "*" if part.total is None else str(part.total)
    last = part.start + (part.length or 0) - 1
    named = "*" if part.is_question else f"{part.start}-{last}"
    fields = {"Content-Range": f"bytes {named}/{total}"}
    for name, digests in (("Content-Digest", part.content), ("Repr-Digest", part.whole)):
        if digests:
            fields[name] = ", ".join(_digest_field(*one) for one in digests)
    return fields


def read_arrived(field: str) -> int:
    """Return how many bytes have arrived by the `Range` of an answer, 0 without it."""
    found = re.fullmatch(rf"bytes=0-({_NUMBER})", field.strip())
    return int(found[1]) + 1 if found else 0


def _digest_field(algorithm: str, digest: bytes) -> str:
    name = next(name for name, (known, _) in _ALGORITHMS.items() if known == algorithm)
    return f"{name}=:{b64encode(digest).decode()}:"


def read_digests(field: str, name: str) -> Digests:
    """Return the checksums of a `Content-Digest` or `Repr-Digest` (RFC 9530).

    Raises WrongDataError where the field, of this `name`, holds none that can be checked.
    """
    if not field:
        return ()
    found: list[tuple[str, bytes]] = []
    for member in field.split(","):
        matched = _DIGEST.fullmatch(member.strip())
        if matched is None:
            raise _unreadable(name)
        if matched[1] in _ALGORITHMS:
            algorithm, size = _ALGORITHMS[matched[1]]
            found.append((algorithm, _decoded(matched[2], size, name)))
    if not found:
        detail = f"{name} has no checksum that is known here; send sha-256 or sha-512."
        raise WrongDataError(detail=detail)
    return tuple(found)


def read_md5(field: str) -> Digests:
    """Return the checksum of a `Content-MD5`. Raises WrongDataError."""
    return (("md5", _decoded(field.strip(), _MD5_BYTES, "Content-MD5")),) if field else ()


def too_large(most: int) -> TooLargeError:
    """Return the error for a file that has more bytes than `most`."""
    return TooLargeError(
        detail=f"the file has more than the {most} bytes that it may have.", most=most
    )


def _read_length(text: str, most: int) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdecimal():
        raise WrongDataError(detail="Content-Length is not a number.")
    if len(text) > 15 or int(text) > most:
        raise too_large(most)
    return int(text)


def _decoded(text: str, size: int, name: str) -> bytes:
    try:
        found = b64decode(text, validate=True)
    except binascii.Error:
        raise _unreadable(name) from None
    if len(found) != size:
        raise _unreadable(name)
    return found


def _unreadable(name: str) -> WrongDataError:
    form = "the checksum in base64" if name == "Content-MD5" else "sha-256=:CHECKSUM IN BASE64:"
    return WrongDataError(detail=f"{name} cannot be read; write it as {form}.")
