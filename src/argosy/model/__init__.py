"""The values of the product: frozen, typed, free of I/O; JSON becomes one of them in one place."""

from argosy.model.capability import (
    Capability,
    CapabilityRequest,
    CapabilityResponse,
    Example,
    FailureRule,
    HandlerReference,
    RepeatRule,
)
from argosy.model.connection import Connection, TransportSettings, variable_name
from argosy.model.connector import Auth, Connector, Family, Region, identifier
from argosy.model.exchange import Answer, OutgoingRequest
from argosy.model.pointer import join_pointer, lookup_pointer, split_pointer
from argosy.model.problem import Problem
from argosy.model.result import Reply, Result
from argosy.model.secret import MASK, MaskedText, Redactor

# Untyped JSON has its names in one place.
from argosy.model.json import Json, JsonObject, is_deeper, is_whole_text, parse_json  # isort: skip

__all__ = [
    "MASK",
    "Answer",
    "Auth",
    "Capability",
    "CapabilityRequest",
    "CapabilityResponse",
    "Connection",
    "Connector",
    "Example",
    "FailureRule",
    "Family",
    "HandlerReference",
    "Json",
    "JsonObject",
    "MaskedText",
    "OutgoingRequest",
    "Problem",
    "Redactor",
    "Region",
    "RepeatRule",
    "Reply",
    "Result",
    "TransportSettings",
    "identifier",
    "is_deeper",
    "is_whole_text",
    "join_pointer",
    "lookup_pointer",
    "parse_json",
    "split_pointer",
    "variable_name",
]
