"""The values of the product: frozen, typed, free of I/O; JSON becomes one of them in one place."""

from argosy.model.capability import (
    ALL,
    MAX_ITEMS,
    USUAL_MAX_ITEMS,
    WAIT,
    WAIT_SECONDS,
    Capability,
    CapabilityRequest,
    CapabilityResponse,
    Example,
    FailureRule,
    HandlerReference,
    Legacy,
    Paging,
    RepeatRule,
    Waiting,
    example_body,
)
from argosy.model.connection import Connection, TransportSettings, camel_case, variable_name
from argosy.model.connector import Connector, Family, Region, identifier
from argosy.model.credential import Credential, TokenGrant
from argosy.model.davinci import (
    DavinciCapability,
    DavinciConnector,
    DavinciProperty,
)
from argosy.model.exchange import NO_AUTHENTICATION, Answer, Authentication, OutgoingRequest
from argosy.model.flow import (
    ALWAYS,
    ERROR,
    SUCCESS,
    Edge,
    Flow,
    FlowSettings,
    Graph,
    Node,
    NodeRetry,
    Variable,
)
from argosy.model.pointer import join_pointer, lookup_pointer, split_pointer
from argosy.model.problem import Problem
from argosy.model.result import Reply, Result
from argosy.model.secret import MASK, MaskedText, Redactor

# Untyped JSON has its names in one place.
from argosy.model.json import Json, JsonObject, is_deeper, is_whole_text, parse_json  # isort: skip

__all__ = [
    "ALL",
    "ALWAYS",
    "ERROR",
    "MASK",
    "MAX_ITEMS",
    "NO_AUTHENTICATION",
    "SUCCESS",
    "USUAL_MAX_ITEMS",
    "WAIT",
    "WAIT_SECONDS",
    "Answer",
    "Authentication",
    "Capability",
    "CapabilityRequest",
    "CapabilityResponse",
    "Connection",
    "Connector",
    "Credential",
    "DavinciCapability",
    "DavinciConnector",
    "DavinciProperty",
    "Edge",
    "Example",
    "FailureRule",
    "Family",
    "Flow",
    "FlowSettings",
    "Graph",
    "HandlerReference",
    "Json",
    "JsonObject",
    "Legacy",
    "MaskedText",
    "Node",
    "NodeRetry",
    "OutgoingRequest",
    "Paging",
    "Problem",
    "Redactor",
    "Region",
    "RepeatRule",
    "Reply",
    "Result",
    "TokenGrant",
    "TransportSettings",
    "Variable",
    "Waiting",
    "camel_case",
    "example_body",
    "identifier",
    "is_deeper",
    "is_whole_text",
    "join_pointer",
    "lookup_pointer",
    "parse_json",
    "split_pointer",
    "variable_name",
]
