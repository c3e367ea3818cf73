"""The body of a request: JSON, and nothing that a store or a program would stumble over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.errors import WrongDataError
from argosy.model import is_deeper, parse_json

if TYPE_CHECKING:
    from argosy.model import Json

#: More levels of objects and lists than any request has.
_DEEPEST = 32
_PICKLE = "application/xminds-pkl"


def read_body(environ: dict[str, Any], most: int) -> bytes:
    """Return the body of a WSGI request, `{}` where there is none.

    Raises WrongDataError where it is not JSON or has more than `most` bytes.
    """
    data = _bytes(environ, most)
    if not data:
        return b"{}"
    _check_kind(environ)
    try:
        text = data.decode()
        value = parse_json(text)
    except UnicodeDecodeError:
        raise WrongDataError(detail="the body is not UTF-8.") from None
    except ValueError as error:
        raise WrongDataError(detail=f"the body is not JSON: {error}.") from None
    if is_deeper(value, _DEEPEST):
        raise WrongDataError(detail=f"the body is nested more than {_DEEPEST} deep.")
    if "\\u0000" in text and _has_nul(value):
        raise WrongDataError(detail="the body has the character U+0000, which is not text.")
    if not isinstance(value, dict):
        raise WrongDataError(detail="the body is not a JSON object.")
    return data


def _bytes(environ: dict[str, Any], most: int) -> bytes:
    length = environ.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and (len(length) > 15 or int(length) > most):
        raise _too_large(most)
    data: bytes = environ["wsgi.input"].read(most + 1)
    if len(data) > most:
        raise _too_large(most)
    return data


def _too_large(most: int) -> WrongDataError:
    return WrongDataError(detail=f"the body has more than the {most} bytes that it may have.")


def _check_kind(environ: dict[str, Any]) -> None:
    media_type = (environ.get("CONTENT_TYPE") or "").partition(";")[0].strip().lower()
    if media_type == _PICKLE:
        raise WrongDataError(
            detail="the body is a pickle, which runs code when it is read; this service reads "
            "JSON. With the Python client: CrossingMindsApiClient(serializer='json', host=...)."
        )
    if media_type != "application/json" and not media_type.endswith("+json"):
        found = f"not {media_type[:100]!r}" if media_type else "and the request names none"
        raise WrongDataError(detail=f"the content type must be application/json, {found}.")
    if (environ.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower() != "identity":
        raise WrongDataError(detail="the body is compressed; send it as it is.")


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)
