"""Fields of nodes: those that must be filled in, and those whose content is of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import object_at
from argosy.davinci.lint.flow import first_line, is_set, rows_of, shortened, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_SCREENS = frozenset({"customHTMLTemplate", "customHtmlMessage"})
_RESPONSES = {
    "createSuccessResponse": "dv-er-validFields-002",
    "createErrorResponse": "dv-er-validFields-003",
}
_NAME = "requiredField"


def required(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield nodes that lack a value which the export itself says they need."""
    for node in bundle.main.nodes:
        if not node.is_connection:
            continue
        needed = rows_of(node.data.get("capabilityConfigRequiredProperties"))
        lacking = [row for row in needed if not is_set(node.value(text_of(row.get(_NAME))))]
        if lacking:
            names = [
                text_of(row.get(f"{_NAME}Title")) or text_of(row.get(_NAME)) for row in lacking
            ]
            listed = ", ".join(repr(shortened(name)) for name in names[:10])
            yield bundle.tell("dv-er-requiredFields-001", node, fields=listed)


def valid(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield screens and answers whose fields cannot be used as they are."""
    for flow in bundle.looked_through:
        for node in flow.nodes:
            if not node.is_connection:
                continue
            if node.capability in _SCREENS:
                yield from _site_key(bundle, flow, node)
            fields = node.rows("formFieldsList")
            is_page = node.capability == "customHTMLTemplate"
            if is_page and any(not is_set(row.get("propertyName")) for row in fields):
                # The linter tells this one under the id of the main flow in all flows.
                under = bundle.main.id, node.id
                yield bundle.tell("dv-er-validFields-004", node, flow, under)
            if node.capability in _RESPONSES:
                yield from _response(bundle, flow, node)


def _site_key(bundle: Bundle, flow: LintFlow, node: LintNode) -> Iterator[Finding | None]:
    """Yield a screen whose first reCAPTCHA has no site key.

    It is looked for in the first line; nothing is known of a screen that is plain HTML.
    """
    message = node.value("message")
    content = message if is_set(message) else node.value("customHTML")
    if "skrecaptcha" not in text_of(content):
        return
    pieces = first_line(content)
    if pieces is None:
        yield None
    found = (one for one in rows_of(pieces) if one.get("component") == "skrecaptcha")
    options = next((one["options"] for one in found if is_set(one.get("options"))), None)
    if options is not None and not is_set(object_at({"it": options}, "it").get("siteKey")):
        yield bundle.tell("dv-er-validFields-001", node, flow)


def _response(bundle: Bundle, flow: LintFlow, node: LintNode) -> Iterator[Finding | None]:
    """Yield a response with a further field that has no value; a plain text is one."""
    says_nothing = False
    for row in node.rows("claimsNameValuePairs"):
        pieces = first_line(row.get("value"))
        if pieces is None or not pieces:
            yield None
            says_nothing |= pieces == [] or not is_set(row.get("value"))
        elif len(pieces) == 1:
            says_nothing |= not is_set(object_at({"it": pieces[0]}, "it").get("text"))
    if says_nothing:
        yield bundle.tell(_RESPONSES[node.capability], node, flow)
