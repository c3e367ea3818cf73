"""The exception tree: every failure the host can name.

    ArgosyError                      code, message, hint, facts; exit and HTTP status; retryable
      ConnectorError                 the connector's author must mend it        exit 2  http 500
        InvalidManifestError, InvalidCapabilityError, InvalidHandlerError
        UnknownCapabilityError                                                           404
      InvalidDocumentError           a document to import cannot be used        exit 1  http 422
      ConnectionSetupError           the operator must mend it                  exit 1  http 422
        UnknownRegionError, MissingPropertyError, InvalidConnectionError, UnknownConnectionError,
        UnsafeFileError
      ServerSetupError               the server cannot start as it is set up    exit 1
      InvocationError                one capability, one time                   exit 1
        InvalidInputsError           problems, each with its place                       422
        RenderError                  a template could not be rendered                    422
        HostRefusedError             the address is not one a call may go to             422
        TransportError               no usable answer came                               502
          UnreachableError, RequestTimedOutError             retryable
          UntrustedServerError, RedirectRefusedError
          UnreadableAnswerError, AnswerTooLargeError
        ApiError                     the vendor said no: status, request id              502
          UnauthorizedError 401, ForbiddenError 403, NotFoundError 404, ConflictError 409,
          RateLimitedError 429 (retryable), UnavailableError 5xx but 501 (retryable)
        NotFinishedError             what the call started goes on; the wait is over     504
        FailedLaterError             what the call started ended without success         502
        UnwritableFileError          an answer could not be written to its file          422
        HandlerError                 raised by a handler on purpose                      502
        HandlerCrashedError          a handler raised something else                     500
        InvalidOutputsError          the answer is not what the capability promises      502
      FlowError                      the flow's author must mend it             exit 2  http 422
        InvalidFlowError, InvalidReplayError, InvalidFlowTestError, UnsayableFlowError
        UnknownFlowError                                                         404
      RunError                       a run or one of its steps                  exit 1
        InvalidRunInputError, InvalidResponseError, MissingValueError, ExpressionError,
        NodeInputsError                                                                  422
        ImportedNodeError              a node of an imported flow failed as it does there 502
        ScriptError                    JavaScript of an imported flow cannot be run      422
        OpaqueNodeError                a node of an imported flow cannot run here        422
        StepFailedError                a step failed and nothing takes its error
        FailedOnPurposeError           a node says that the run fails
        RunCancelledError                                                                409
        RunTimedOutError                                                                 504
        StepTimedOutError              retryable                                         504
        TooManyStepsError, TooManyTurnsError, TooDeepError
        OutputTooLargeError, OutputTooDeepError
        NotCalledError                 a node returns from no routine
        NoResponseError                the flow ended without one that it must give
        AlreadyRespondedError          a second node would respond
      ServiceError                   a request to the service was not served    exit 1
        ServerError                                                     exit 70  http 500
        ServerUnavailableError         retryable                                         503
        TooManyRequestsError           retryable                                         429
        StorageFullError                                                                 507
        AuthError, JwtTokenExpiredError, RefreshTokenExpiredError                        401
        WrongDataError, DuplicatedError                                                  400
        TooLargeError                                                                    413
        ServiceForbiddenError                                                            403
        ServiceNotFoundError                                                             404
        MethodNotAllowedError                                                            405
      StoreError                     whoever runs the service must mend it      exit 1
        StoreAddressError, StoreTooNewError
        StoreUnavailableError          retryable                                         503
        KeyRingError                   the keys of what is stored
          MissingKeyError, UndecryptableError
      TableError                     a table cannot be read as it is specified  exit 1  http 422
      MissingExtraError              a part of the product is not installed     exit 1

A class is chosen by who can mend the failure and how. Each holds its message as a format
string, and its constructor takes the facts of that string by keyword only and keeps them, so
that the sentence and the machine-readable facts cannot drift apart. `code` is derived from the
class name and stable.
"""

from argosy.errors.invocation import (
    AnswerTooLargeError,
    ApiError,
    ConflictError,
    FailedLaterError,
    ForbiddenError,
    HandlerCrashedError,
    HandlerError,
    HostRefusedError,
    InvalidInputsError,
    InvalidOutputsError,
    InvocationError,
    NotFinishedError,
    NotFoundError,
    RateLimitedError,
    RedirectRefusedError,
    RenderError,
    RequestTimedOutError,
    TransportError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
    UnreadableAnswerError,
    UntrustedServerError,
    UnwritableFileError,
    error_for_status,
)
from argosy.errors.root import (
    ArgosyError,
    causes_of,
    frames_of,
)
from argosy.errors.run import (
    AlreadyRespondedError,
    ExpressionError,
    FailedOnPurposeError,
    FlowError,
    ImportedNodeError,
    InvalidFlowError,
    InvalidFlowTestError,
    InvalidReplayError,
    InvalidResponseError,
    InvalidRunInputError,
    MissingValueError,
    NodeInputsError,
    NoResponseError,
    NotCalledError,
    OpaqueNodeError,
    OutputTooDeepError,
    OutputTooLargeError,
    RunCancelledError,
    RunError,
    RunTimedOutError,
    ScriptError,
    StepFailedError,
    StepTimedOutError,
    TooDeepError,
    TooManyStepsError,
    TooManyTurnsError,
    UnknownFlowError,
    UnsayableFlowError,
)
from argosy.errors.service import (
    AuthError,
    DuplicatedError,
    JwtTokenExpiredError,
    MethodNotAllowedError,
    RefreshTokenExpiredError,
    ServerError,
    ServerUnavailableError,
    ServiceError,
    ServiceForbiddenError,
    ServiceNotFoundError,
    StorageFullError,
    TooLargeError,
    TooManyRequestsError,
    WrongDataError,
)
from argosy.errors.setup import (
    ConnectionSetupError,
    ConnectorError,
    InvalidCapabilityError,
    InvalidConnectionError,
    InvalidDocumentError,
    InvalidHandlerError,
    InvalidManifestError,
    MissingPropertyError,
    ServerSetupError,
    UnknownCapabilityError,
    UnknownConnectionError,
    UnknownRegionError,
    UnsafeFileError,
)
from argosy.errors.store import (
    KeyRingError,
    MissingExtraError,
    MissingKeyError,
    StoreAddressError,
    StoreError,
    StoreTooNewError,
    StoreUnavailableError,
    UndecryptableError,
)
from argosy.errors.tables import TableError

__all__ = [
    "AlreadyRespondedError",
    "AnswerTooLargeError",
    "ApiError",
    "ArgosyError",
    "AuthError",
    "ConflictError",
    "ConnectionSetupError",
    "ConnectorError",
    "DuplicatedError",
    "ExpressionError",
    "FailedLaterError",
    "FailedOnPurposeError",
    "FlowError",
    "ForbiddenError",
    "HandlerCrashedError",
    "HandlerError",
    "HostRefusedError",
    "ImportedNodeError",
    "InvalidCapabilityError",
    "InvalidConnectionError",
    "InvalidDocumentError",
    "InvalidFlowError",
    "InvalidFlowTestError",
    "InvalidHandlerError",
    "InvalidInputsError",
    "InvalidManifestError",
    "InvalidOutputsError",
    "InvalidReplayError",
    "InvalidResponseError",
    "InvalidRunInputError",
    "InvocationError",
    "JwtTokenExpiredError",
    "KeyRingError",
    "MethodNotAllowedError",
    "MissingExtraError",
    "MissingKeyError",
    "MissingPropertyError",
    "MissingValueError",
    "NoResponseError",
    "NodeInputsError",
    "NotCalledError",
    "NotFinishedError",
    "NotFoundError",
    "OpaqueNodeError",
    "OutputTooDeepError",
    "OutputTooLargeError",
    "RateLimitedError",
    "RedirectRefusedError",
    "RefreshTokenExpiredError",
    "RenderError",
    "RequestTimedOutError",
    "RunCancelledError",
    "RunError",
    "RunTimedOutError",
    "ScriptError",
    "ServerError",
    "ServerSetupError",
    "ServerUnavailableError",
    "ServiceError",
    "ServiceForbiddenError",
    "ServiceNotFoundError",
    "StepFailedError",
    "StepTimedOutError",
    "StorageFullError",
    "StoreAddressError",
    "StoreError",
    "StoreTooNewError",
    "StoreUnavailableError",
    "TableError",
    "TooDeepError",
    "TooLargeError",
    "TooManyRequestsError",
    "TooManyStepsError",
    "TooManyTurnsError",
    "TransportError",
    "UnauthorizedError",
    "UnavailableError",
    "UndecryptableError",
    "UnknownCapabilityError",
    "UnknownConnectionError",
    "UnknownFlowError",
    "UnknownRegionError",
    "UnreachableError",
    "UnreadableAnswerError",
    "UnsafeFileError",
    "UnsayableFlowError",
    "UntrustedServerError",
    "UnwritableFileError",
    "WrongDataError",
    "causes_of",
    "error_for_status",
    "frames_of",
]
