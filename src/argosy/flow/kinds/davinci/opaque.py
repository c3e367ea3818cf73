"""Why a node of an imported flow cannot run here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.flow.kinds.davinci.catalogue import davinci_capability, davinci_connectors
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import JsonObject

#: What the declarations of capabilities name by a word.
REASONS: Mapping[str, str] = {
    "screen": "it is part of a screen, which needs a person in a browser",
    "link": "it waits for a person to follow a link",
    "unpublished": "what it gives is not published",
}
#: Connectors that say more than that they are somebody else's.
_CONNECTORS: Mapping[str, str] = {
    "codeSnippetConnector": "its code is kept with the connection, which no export holds",
    "connectorUX": REASONS["screen"],
    "screenConnector": REASONS["screen"],
    "pingOneFormsConnector": REASONS["screen"],
    "cookieConnector": "it reads and writes cookies, which need a browser",
    "devicePolicyConnector": "it looks at a browser, and there is none",
    "challengeConnector": REASONS["link"],
    "nodeConnector": "it leads nowhere: the node that it names is not in the flow",
}
_FLOWS = "flowConnector"


def why_opaque(connector: str, capability: str, inputs: JsonObject) -> str:
    """Tell why a node cannot run here, as the end of a sentence; empty where it can run.

    `inputs` are the node's, as the flow has them.
    """
    if inputs.get("disabled"):
        return "it is disabled"
    if not capability:
        return "no capability was configured"
    if connector not in davinci_connectors():
        return _CONNECTORS.get(connector, "it is a call of another service's connector")
    return _why(connector, capability, inputs)


def _why(connector: str, capability: str, inputs: JsonObject) -> str:
    declared = davinci_capability(connector, capability)
    if declared is None:
        names = list_words(davinci_connectors()[connector].capabilities, capability)
        return f"no capability of this name is known; there is {names}"
    if declared.opaque:
        return REASONS[declared.opaque]
    if connector == _FLOWS and not inputs.get("flow"):
        return "it names no flow to call"
    return ""
