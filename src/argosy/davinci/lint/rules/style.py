"""How a flow is kept: annotations, the log level, branding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import is_set, shortened, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.davinci.lint.finding import Bundle, Finding
    from argosy.davinci.lint.flow import LintFlow, LintNode

_NOTES = "annotationConnector"
_TITLE_COLOR = "#4462edff"
_PALETTE = frozenset(
    {
        _TITLE_COLOR,
        "#5d00d6ff",
        "#f2f3f4ff",
        "#fffaa0ff",
        "#50e3c2ff",
        "#ffffffff",
        "#f7f7adff",
    }
)
_DEBUG = 3


def notes(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what the main flow's annotations lack in colour, font and place."""
    flow = bundle.main
    if not flow.is_drawn:
        return  # the linter breaks off, and that the flow is empty says enough
    found = [node for node in flow.nodes if _NOTES in node.connector]
    for code, name, wanted in (
        ("dv-bp-annotation-001", "backgroundColor", _PALETTE),
        ("dv-bp-annotation-002", "fontFamily", frozenset({"sans-serif"})),
    ):
        for note in found:
            value = text_of(note.value(name))
            if value.lower() not in wanted:
                if note.properties.get(name) is None:
                    yield None
                yield bundle.tell(code, note, found=shortened(value or "not set"))
    titles = [note for note in found if note.value("backgroundColor") == _TITLE_COLOR]
    if not titles:
        yield bundle.tell("dv-bp-missing-title-annotation-001")
    elif not _is_on_top(flow, titles[0]):
        yield bundle.tell("dv-bp-title-not-on-top-001", titles[0])
    if not isinstance(flow.document.get("connectorIds"), list):
        yield None
    if _NOTES not in _connectors(flow):
        yield bundle.tell("dv-bp-annotation-003")


def _connectors(flow: LintFlow) -> Sequence[str]:
    """Return the connectors that the export lists, which need not be those of its nodes."""
    listed = flow.document.get("connectorIds")
    if isinstance(listed, list):
        return list(dict.fromkeys(one for one in listed if isinstance(one, str)))
    return list(dict.fromkeys(node.connector for node in flow.nodes if node.connector))


def _is_on_top(flow: LintFlow, title: LintNode) -> bool:
    """Tell whether no node of a connector that the export lists is drawn above the title."""
    listed = _connectors(flow)
    if _NOTES not in listed or title.height is None:
        return True
    drawn = {*listed} - {_NOTES}
    heights = [node.height for node in flow.nodes if node.connector in drawn]
    return all(height is None or height >= title.height for height in heights)


def debugging(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield flows that log as if someone were looking for a fault."""
    for flow in bundle.looked_through:
        level = flow.settings.get("logLevel")
        if level == _DEBUG and not isinstance(level, bool):
            yield bundle.tell("dv-bp-debug-off-001", None, flow)


def logos(bundle: Bundle) -> Iterator[Finding | None]:
    """Yield what a flow that no other calls lacks of its company's logo and name."""
    main = bundle.main
    if bundle.is_called:
        return
    if not is_set(main.settings.get("useCustomCSS")):
        yield bundle.tell("dv-bp-logo-001")
    css = main.settings.get("css")
    if not isinstance(css, str | list) or ".companyLogo" not in css:
        yield bundle.tell("dv-bp-logo-002")
    for flow in bundle.looked_through:
        saved = _last_saved(flow)
        if "companyLogo" not in saved:
            yield bundle.tell("dv-bp-logo-003", None, flow)
        if "companyName" not in saved:
            yield bundle.tell("dv-bp-logo-004", None, flow)


def _last_saved(flow: LintFlow) -> frozenset[str]:
    """Return the variables of the first node that saves both, else of the last that saves any."""
    wanted = {"companyLogo", "companyName"}
    saved: frozenset[str] = frozenset()
    for node in flow.nodes:
        if node.connector == "variablesConnector" and is_set(node.value("saveVariables")):
            names = (text_of(row.get("name")) for row in node.rows("saveVariables"))
            saved = frozenset(names)
            if wanted <= saved:
                break
    return saved
