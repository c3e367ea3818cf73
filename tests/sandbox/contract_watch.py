"""Hold every answer of a sandbox against the vendor's documents, while other tests run.

A `Watch` is given to a sandbox as its observer. Of each exchange it finds the operation that a
document has for it, and the schema for the status; what doesn't fit is kept as a problem, for
the fixture to report at the end of the test. What no document covers goes by unseen.
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import jsonschema_rs
import orjson

from tests.contracts import CONTRACTS, contract

if TYPE_CHECKING:
    from argosy.sandbox.exchange import Exchange

DOCUMENTS: Final = {
    "core": (("td-api-v3", "/v3"),),
    "cdp": (("cdp-api", ""),),
    "workflow": (("workflow-api", ""),),
    "postback": (("postback-api", ""), ("postback-api-v2", "")),
    "personalization": (("personalization-api", ""),),
}

#: Where the sandbox goes by what the vendor's clients see, against the document: the operation,
#: the place in the answer (a pattern) or the status, and why.
DIFFERENCES: Final = (
    (
        r"GET /job/result/.*",
        r"206",
        "clients fetch results by ranges of bytes",
    ),
    (
        r"GET /table/(list|show)/.*",
        r".*/last_log_timestamp",
        "the vendor's own Python client reads a date and fails on the documented integer",
    ),
    (
        r"GET /audiences/.*/customers",
        r"/rows",
        "exactly one of the document's two number types may fit, and a whole number fits both",
    ),
    (
        r"GET /audiences/.*/folders/.*/syndications",
        r".*/lastExecution",
        "exactly one of an execution and any object may fit, and an execution fits both",
    ),
    (
        r"GET /entities/parent_segments",
        r"",
        "clients see one document with an array, not an array of documents",
    ),
    (
        r"\w+ /api/(projects|attempts|sessions|schedules).*",
        r".*/(deletedAt|retryAttemptName|finishedAt|parentId|retryAt|startedAt|disabledAt|nextPage)",
        "the open-source server gives null for what isn't there, and so do the vendor's samples",
    ),
    (
        r"GET /api/logs/.*/files",
        r".*/direct",
        "the open-source server and its clients have null or an object, the document a string",
    ),
)


@dataclass(slots=True)
class Watch:
    """Looks at exchanges and keeps what doesn't fit; `seen` counts answers by operation."""

    problems: list[str] = field(default_factory=list)
    seen: dict[str, set[int]] = field(default_factory=dict)

    def __call__(self, exchange: Exchange) -> None:
        """Look at one exchange."""
        if not CONTRACTS.is_dir():
            return
        incoming, answer = exchange.incoming, exchange.answer
        for name, prefix in DOCUMENTS.get(incoming.family, ()):
            path = incoming.path.removeprefix(prefix)
            found = find(name, incoming.method, path)
            if found is None or answer.status == 501:
                continue
            title = f"{incoming.method} {found}"
            self.seen.setdefault(f"{name} {title}", set()).add(answer.status)
            headers = {key.lower(): value.decode("latin-1") for key, value in answer.headers}
            media_type = headers.get(b"content-type", "").partition(";")[0].strip()
            body = _body(answer.headers, answer.body)
            self.problems += [
                f"{incoming.method} {incoming.path} -> {answer.status}: {problem}"
                for problem in misfits(
                    name, incoming.method, found, answer.status, body, media_type
                )
            ]

    def check(self) -> None:
        """Fail if anything didn't fit."""
        found, self.problems = self.problems, []
        assert not found, "answers that the vendor's documents don't have:\n" + "\n".join(found)


@lru_cache(maxsize=8)
def _templates(name: str) -> list[tuple[re.Pattern[str], str]]:
    """Give the document's paths as patterns, those with the fewest placeholders first."""
    paths = sorted(contract(name)["paths"], key=lambda path: (path.count("{"), path))
    return [(_pattern(path), path) for path in paths]


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^{}]+\})", path.replace("}{path_format}", "}"))
    return re.compile("".join("[^/]+" if part[:1] == "{" else re.escape(part) for part in parts))


def find(name: str, method: str, path: str) -> str | None:
    """Give the path of a document that a request is about, or None."""
    for pattern, template in _templates(name):
        if pattern.fullmatch(unquote(path)) and method.lower() in contract(name)["paths"][template]:
            return template
    return None


def misfits(
    name: str, method: str, path: str, status: int, body: Any, media_type: str = ""
) -> list[str]:
    """Tell what of an answer the document doesn't have."""
    documented = contract(name)["paths"][path][method.lower()]["responses"]
    key = _key(documented, status)
    if key is None:
        has_success = any(one.startswith("2") for one in documented)
        is_fine = status >= 400 or not has_success or _is_known(f"{method} {path}", str(status))
        return [] if is_fine else [f"no such status among {', '.join(documented)}"]
    validator = _validator(name, method, path, key, media_type)
    if validator is None or body is None:
        return []
    if isinstance(body, ValueError):
        return [f"no JSON: {body}"]
    operation = f"{method} {path}"
    return [
        f"{'/'.join(map(str, error.instance_path)) or '/'}: {error.message[:300]}"
        for error in validator.iter_errors(body)
        if not _is_known(operation, "".join(f"/{part}" for part in error.instance_path))
    ]


def _is_known(operation: str, place: str) -> bool:
    return any(
        re.fullmatch(what, operation) and re.fullmatch(where, place)
        for what, where, _ in DIFFERENCES
    )


def _key(documented: dict[str, Any], status: int) -> str | None:
    keys = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
    return next((key for key in keys if key in documented), None)


@lru_cache(maxsize=2000)
def _validator(name: str, method: str, path: str, key: str, media_type: str) -> Any:
    document = contract(name)
    response = document["paths"][path][method.lower()]["responses"][key]
    while "$ref" in response:
        target: Any = document
        for part in response["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        response = target
    by_kind = {kind: one for kind, one in response.get("content", {}).items() if "json" in kind}
    media: Any = by_kind.get(media_type) or next(iter(by_kind.values()), {})
    schema = media.get("schema")
    if schema is None:
        return None
    whole = {"allOf": [schema], "components": document["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def _body(headers: list[tuple[bytes, bytes]], body: bytes) -> Any:
    """Give an answer's JSON, None where it is none, or the error."""
    named = {key.lower(): value for key, value in headers}
    if b"json" not in named.get(b"content-type", b"") or not body:
        return None
    if named.get(b"content-encoding") == b"gzip":
        body = gzip.decompress(body)
    try:
        return orjson.loads(body)
    except ValueError as error:
        return error
