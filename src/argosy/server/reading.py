"""Read a request as the input of a run, and refuse what is none.

The members of the JSON object in the body are the inputs. GET and DELETE have no body: there the
query is the input, and its texts are read as the flow's schema wants them: numbers, booleans,
lists, objects. A flow that declares an input `request` which is an object is given the whole
request instead: `method`, `path`, `query` (texts, a list where a name is repeated), `headers`
(lower-case names, without those that hold credentials) and `body` (any JSON, or null).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from argosy.model import is_deeper, parse_json
from argosy.server.answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.model import Flow, Json, JsonObject

Environ = dict[str, Any]

_WITHOUT_BODY = frozenset({"GET", "DELETE"})
_MOST_FIELDS = 100
_DEEPEST = 100
_WHOLE = "request"
#: A record of a run shows its input, and these are nobody's business but the server's.
_SECRET_HEADERS = frozenset(
    {"HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_COOKIE", "HTTP_X_API_KEY"}
)


class InputReader:
    """Reads the requests for one flow."""

    def __init__(self, flow: Flow, method: str, max_body_bytes: int) -> None:
        self._properties: Mapping[str, Json] = flow.inputs.get("properties", {})
        self._whole = _type_of(self._properties.get(_WHOLE)) == "object"
        self._has_body = method not in _WITHOUT_BODY
        self._most = max_body_bytes
        # The server puts the variables of its environment beside the headers.
        variables = {name for name in os.environ if name.startswith("HTTP_")}
        self._hidden = _SECRET_HEADERS | variables

    def read(self, environ: Environ) -> Json:
        """Return the input of a run. Raises Refusal."""
        body = self._body(environ) if self._has_body else None
        if self._whole:
            return {_WHOLE: self._whole_request(environ, body)}
        return body if self._has_body else self._typed(_query(environ))

    def _body(self, environ: Environ) -> Json:
        data = self._bytes(environ)
        if not data:
            return None if self._whole else {}
        media_type = environ.get("CONTENT_TYPE", "")
        if not _is_json(media_type):
            found = f"not {media_type[:100]!r}" if media_type else "and the request names none"
            detail = f"The content type must be application/json, {found}."
            raise Refusal(415, "unsupported-media-type", detail, headers=[("accept-post", _JSON)])
        try:
            value = parse_json(data.decode())
        except UnicodeDecodeError:
            raise Refusal(400, "invalid-json", "The body is not UTF-8.") from None
        except ValueError as error:
            raise Refusal(400, "invalid-json", f"The body is not JSON: {error}.") from None
        if data.count(b"[") + data.count(b"{") > _DEEPEST and is_deeper(value, _DEEPEST):
            raise Refusal(400, "invalid-json", f"The body is nested more than {_DEEPEST} deep.")
        return value

    def _bytes(self, environ: Environ) -> bytes:
        most = self._most
        length = environ.get("CONTENT_LENGTH", "")
        if length.isdecimal() and (len(length) > 15 or int(length) > most):
            raise self._too_large()
        data: bytes = environ["wsgi.input"].read(most + 1)
        if len(data) > most:
            raise self._too_large()
        return data

    def _too_large(self) -> Refusal:
        detail = f"The body may have {self._most} bytes."
        return Refusal(413, "body-too-large", detail, headers=[("connection", "close")])

    def _whole_request(self, environ: Environ, body: Json) -> JsonObject:
        return {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": dict(_query(environ)),
            "headers": dict(self._headers(environ)),
            "body": body,
        }

    def _headers(self, environ: Environ) -> Iterator[tuple[str, str]]:
        if media_type := environ.get("CONTENT_TYPE"):
            yield "content-type", media_type
        for name, value in environ.items():
            if name.startswith("HTTP_") and name not in self._hidden:
                yield name[5:].replace("_", "-").lower(), value

    def _typed(self, query: Mapping[str, str | list[str]]) -> JsonObject:
        return {
            name: _read_text(value, self._properties.get(name)) for name, value in query.items()
        }


_JSON = "application/json"


def _is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name == _JSON or name.endswith("+json")


def _query(environ: Environ) -> dict[str, str | list[str]]:
    try:
        pairs = parse_qsl(
            environ.get("QUERY_STRING", ""),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        detail = f"The query is not one of at most {_MOST_FIELDS} names and values in UTF-8."
        raise Refusal(400, "invalid-query", detail) from None
    found: dict[str, str | list[str]] = {}
    for name, value in pairs:
        earlier = found.get(name)
        if earlier is None:
            found[name] = value
        else:
            found[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
    return found


def _read_text(value: str | list[str], schema: Json) -> Json:
    """Return a text of the query as its schema wants it; one that cannot be read stays text."""
    wanted = _type_of(schema)
    if isinstance(value, list):
        items = schema.get("items") if isinstance(schema, dict) else None
        return [_read_text(item, items) for item in value]
    if wanted == "array" and not value.startswith("["):
        return [_read_text(value, schema.get("items"))]
    if wanted in {None, "string"}:
        return value
    try:
        return parse_json(value)
    except ValueError:
        return value


def _type_of(schema: Json) -> str | None:
    """Return the one type that a schema names, null aside."""
    named = schema.get("type") if isinstance(schema, dict) else None
    if isinstance(named, list):
        others = [one for one in named if one != "null"]
        named = others[0] if len(others) == 1 else None
    return named if isinstance(named, str) else None
