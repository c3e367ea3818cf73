"""Judge what came of a step: passed, or in which of the declared ways it failed.

The texts of a verdict are our own; what the other side wrote enters them only where a
declaration says so, and whoever reports a verdict masks and shortens it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from html import unescape
from typing import TYPE_CHECKING

import orjson

from argosy.errors import (
    AnswerTooLargeError,
    HostRefusedError,
    InvocationError,
    RedirectRefusedError,
    RequestTimedOutError,
    UnreachableError,
    UntrustedServerError,
)
from argosy.model import lookup_pointer
from argosy.rendering import MISSING, compile_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argosy.connections.probing.plan import Case, Plan, Step
    from argosy.model import Answer, Json, JsonObject
    from argosy.rendering import Template

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
_LEAF = re.compile(r"<([A-Za-z][A-Za-z0-9]*)>([^<]*)</\1>")
#: So many seconds apart, two clocks are no longer taken for the same.
_MOST_SKEW = 300
_HTML = re.compile(rb"\s*<(!doctype|html)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it is judged: `body` is its JSON or the leaves of its XML, or MISSING."""

    answer: Answer
    body: Json
    code: str
    text: str
    skewed: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """A way in which a step failed, ready to be told."""

    reason: str
    message: Template
    hint: Template
    field: str = ""
    proves: bool = False


def hear(answer: Answer, step: Step, plan: Plan, now: float) -> Heard:
    """Read an answer: its body where it is of the right form, its code and message."""
    is_data = step.answer == "bytes" and answer.status in step.statuses
    body = MISSING if is_data else _decoded(answer.body, step.answer)
    code = next((c for c in _found(body, plan.codes) if _CODE.fullmatch(c)), "")
    text = " ".join(_found(body, plan.texts))[:2000].lower()
    return Heard(answer, body, code, text, _is_skewed(answer.headers.get("date", ""), now))


def judge(heard: Heard, step: Step) -> Failure | None:
    """Return how an answer fails, or None where it is what the step wants."""
    status = heard.answer.status
    is_wanted = status in step.statuses if step.statuses else status < 500
    if is_wanted and _has_form(heard.body, step):
        return None
    case = next((case for case in step.cases if _meets(case, heard)), None)
    if case is not None:
        return Failure(case.reason, case.message, case.hint, case.field, case.proves)
    if is_wanted:
        is_page = bool(_HTML.match(heard.answer.body))
        return _general("page" if is_page else "unreadable")
    if heard.skewed and 400 <= status < 500:
        return _general("clock")
    return _general(_KINDS.get(status) or _KINDS.get(status // 100, "unexpected"))


def fail_without_answer(error: InvocationError, step: Step) -> Failure:
    """Return what it means that no usable answer came."""
    kind = next((word for cls, word in _ERRORS if isinstance(error, cls)), "unreadable")
    detail = str(error.facts.get("detail", ""))
    if kind == "unreachable" and "cannot be resolved" in detail:
        kind = "unresolved"
    case = next((case for case in step.cases if case.failure == kind), None)
    if case is not None:
        return Failure(case.reason, case.message, case.hint, case.field, case.proves)
    return _general(kind)


def leaf_texts(xml: bytes) -> JsonObject:
    """Return the texts of the elements of an XML document that hold text only, the first of each.

    No entity is looked up but those of HTML, so there is nothing to blow up.
    """
    found: JsonObject = {}
    for name, text in _LEAF.findall(xml.decode(errors="replace")):
        found.setdefault(name, unescape(text))
    return found


def _decoded(body: bytes, form: str) -> Json:
    if form == "xml" or (form == "bytes" and body.lstrip()[:1] == b"<"):
        return leaf_texts(body) or MISSING
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return MISSING


def _found(body: Json, pointers: Iterable[str]) -> Iterable[str]:
    for pointer in pointers:
        value = _at(body, pointer)
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value)


def _at(body: Json, pointer: str) -> Json:
    return None if body is MISSING else lookup_pointer(body, pointer)


def _has_form(body: Json, step: Step) -> bool:
    if step.answer in {"any", "bytes"}:
        return True
    is_formed = isinstance(body, dict) if step.answer in {"object", "xml"} else body is not MISSING
    return (
        is_formed
        and all(_at(body, pointer) is not None for pointer in step.has)
        and all(not _at(body, pointer) for pointer in step.lacks)
    )


def _meets(case: Case, heard: Heard) -> bool:
    return (
        not case.failure
        and (not case.statuses or heard.answer.status in case.statuses)
        and (not case.codes or heard.code in case.codes)
        and case.contains in heard.text
        and (heard.skewed or not case.skewed)
    )


def _is_skewed(date: str, now: float) -> bool:
    try:
        theirs = parsedate_to_datetime(date)
        seconds = theirs.replace(tzinfo=theirs.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return abs(seconds - now) > _MOST_SKEW


def _general(kind: str) -> Failure:
    reason, message, hint = _GENERAL[kind]
    return Failure(reason, compile_template(message), compile_template(hint))


_KINDS: Mapping[int, str] = {
    401: "refused",
    403: "forbidden",
    404: "not_found",
    429: "rate_limited",
    3: "redirected",
    5: "remote_unavailable",
}

_ERRORS: tuple[tuple[type[InvocationError], str], ...] = (
    (HostRefusedError, "blocked_host"),
    (RequestTimedOutError, "timed_out"),
    (UnreachableError, "unreachable"),
    (UntrustedServerError, "untrusted"),
    (RedirectRefusedError, "redirected"),
    (AnswerTooLargeError, "too_large"),
)

#: What is told where a type says nothing better: reason, message, what to do. Of the scope they
#: read also `who` calls, what to do `again`, and whether the credentials were `judged`.
_GENERAL: Mapping[str, tuple[str, str, str]] = {
    "refused": (
        "refused",
        "{{ title }} refused the credentials.",
        "Check that they are whole, still valid, and of the right account.",
    ),
    "forbidden": (
        "forbidden",
        "{{ title }} knows the credentials, and they may not do this.",
        "Give them the permission to read, or use others.",
    ),
    "not_found": (
        "not_found",
        "{{ title }} has nothing at this address.",
        "Check the account, region and names in the settings.",
    ),
    "rate_limited": (
        "rate_limited",
        "{{ title }} has been called too often.",
        "Wait {{ retry_after ~ ' s' if retry_after else 'a minute' }} "
        "and {{ again | lower }} again.{{ judged }}",
    ),
    "remote_unavailable": (
        "remote_unavailable",
        "{{ title }} is not available at the moment: it answered {{ status }}.",
        "{{ again }} again later.{{ judged }}",
    ),
    "redirected": (
        "redirected",
        "{{ host }} sends the call elsewhere, and {{ who }} does not follow.",
        "Check the region and names in the settings; a proxy may stand in between.",
    ),
    "clock": (
        "clock",
        "{{ title }} refused the call, and its clock and ours are more than 5 minutes apart.",
        "Set the clock of this server right, then {{ again | lower }} again.",
    ),
    "page": (
        "unreadable",
        "{{ host }} answered with a web page in place of data.",
        "A proxy or a sign-in page may stand in between.{{ judged }}",
    ),
    "unreadable": (
        "unreadable",
        "{{ host }} answered something that {{ title }} does not answer.",
        "A proxy may stand in between.{{ judged }}",
    ),
    "unexpected": (
        "unexpected",
        "{{ title }} answered {{ status }}, which is not expected here.",
        "Check the credentials and settings.",
    ),
    "too_large": (
        "too_large",
        "{{ host }} answered more than {{ who }} reads.",
        "A proxy may stand in between.{{ judged }}",
    ),
    "timed_out": (
        "timed_out",
        "{{ host }} did not answer in time.",
        "{{ again }} again later; if it stays so, check the network of this server.{{ judged }}",
    ),
    "unreachable": (
        "unreachable",
        "There is no connection to {{ host }}.",
        "Check the network and firewall of this server.{{ judged }}",
    ),
    "unresolved": (
        "unreachable",
        "The name {{ host }} is not known.",
        "Check the names in the settings, and the name service of this server.{{ judged }}",
    ),
    "untrusted": (
        "untrusted",
        "The certificate of {{ host }} cannot be trusted, so nothing was sent.",
        "A proxy that reads TLS may stand in between; its certificate must be known here.",
    ),
    "blocked_host": (
        "blocked_host",
        "{{ host }} leads to a private or reserved address, "
        "and {{ who }} goes to public ones only.",
        "The operator of this server can allow the network.",
    ),
}
