"""Everything a handler may import: its context, its reply, its errors, and value helpers.

A handler is a module in the connector's `handlers/` folder, named as its capability in
snake_case, with one function:

    def run(context: HandlerContext) -> Reply: ...

It has no state. It sends its capability's declared request with `context.send`, which renders,
routes, authenticates and retries as for any other capability, and calls other capabilities with
`context.call`; time, waiting and new ids come from the context too, so that a test can steer
them. One that reads stored tables finds them at `context.tables`.
"""

from argosy.errors import (
    ApiError,
    ConflictError,
    FailedLaterError,
    HandlerError,
    InvalidInputsError,
    InvocationError,
    NotFinishedError,
    NotFoundError,
    TableError,
    TransportError,
    UnwritableFileError,
)
from argosy.model import Answer, Json, JsonObject, Problem, Reply
from argosy.sdk.context import HandlerContext, PartialFailureError
from argosy.sdk.part_file import PartFile
from argosy.sdk.tables import TableService
from argosy.sdk.values import as_object, members_of, with_default, with_integer

__all__ = [
    "Answer",
    "ApiError",
    "ConflictError",
    "FailedLaterError",
    "HandlerContext",
    "HandlerError",
    "InvalidInputsError",
    "InvocationError",
    "Json",
    "JsonObject",
    "NotFinishedError",
    "NotFoundError",
    "PartFile",
    "PartialFailureError",
    "Problem",
    "Reply",
    "TableError",
    "TableService",
    "TransportError",
    "UnwritableFileError",
    "as_object",
    "members_of",
    "with_default",
    "with_integer",
]
