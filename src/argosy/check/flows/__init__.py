"""Check flows: what can be known of a flow before it runs.

A flow is judged against the capabilities of a connector and the other flows that it calls. What
a run would stumble over is an error where it is certain and a warning where it depends; nothing
is raised, whatever a file holds. Expressions are read as the engine reads them, by their parsed
form.
"""

from argosy.check.flows.catalogue import Catalogue, flow_files
from argosy.check.flows.checking import check_flow_document, check_flow_files
from argosy.check.flows.rule import FlowRule
from argosy.check.flows.rules import FLOW_RULES

__all__ = [
    "FLOW_RULES",
    "Catalogue",
    "FlowRule",
    "check_flow_document",
    "check_flow_files",
    "flow_files",
]
