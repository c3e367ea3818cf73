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

# The one place where untyped JSON has a name; `Any` appears only here.
from argosy.model.json import Json, JsonObject, is_whole_text  # isort: skip

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
    "is_whole_text",
    "join_pointer",
    "lookup_pointer",
    "split_pointer",
    "variable_name",
]
