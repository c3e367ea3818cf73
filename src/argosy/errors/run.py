"""How a flow is wrong, and how its runs and their steps fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.errors.root import ArgosyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.model import Problem


class FlowError(ArgosyError):
    """A flow's file is wrong, or is not there; its author must mend it."""

    exit_status = 2
    http_status = 422


class InvalidFlowError(FlowError):
    """A flow cannot be run as it stands."""

    message_format = "{file} is not a flow that can run: {count}."
    hint = "`argosy check` lists every finding with its place."

    def __init__(self, *, file: str, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(file=file, problems=tuple(problems), count=count)


class InvalidFlowTestError(FlowError):
    """A flow's test cannot be run as it stands; `problems` tell every place."""

    message_format = "{file} is not a flow test that can run: {count}."

    def __init__(self, *, file: str, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(file=file, problems=tuple(problems), count=count)


class UnsayableFlowError(FlowError):
    """A flow says what the format that it is exported to has no words for; `problems` tell what."""

    message_format = "{file} cannot be said in DaVinci's words: {count}."

    def __init__(self, *, file: str, problems: Sequence[Problem]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__(file=file, problems=tuple(problems), count=count)


class UnknownFlowError(FlowError):
    """No flow has this name."""

    message_format = "There is no flow {found!r}; there is {known}."
    http_status = 404


class InvalidReplayError(FlowError):
    """A run cannot be repeated as it was asked for."""

    message_format = "The run cannot be repeated: {detail}."


class RunError(ArgosyError):
    """A run as a whole failed, or one of its steps."""


class InvalidRunInputError(RunError):
    """What a run was started with does not fit the flow's inputs."""

    message_format = "The input of the flow {flow!r} is not valid."
    http_status = 422


class InvalidResponseError(RunError):
    """What a run responds with does not fit the flow's outputs."""

    message_format = "The response of the flow {flow!r} is not what its outputs promise."
    http_status = 422


class MissingValueError(RunError):
    """An expression reads something that is not there."""

    message_format = "{expression} has no value: there is no {missing}."
    hint = "Give it one for that case: {{ … | default(…) }}, or default(omit) to leave it out."
    http_status = 422


class ExpressionError(RunError):
    """An expression cannot be computed with the values there are."""

    message_format = "{expression} cannot be computed: {detail}."
    http_status = 422


class NodeInputsError(RunError):
    """The inputs of a built-in node are not valid."""

    message_format = "The inputs of {kind!r} are not valid: {detail}."
    http_status = 422


class StepFailedError(RunError):
    """A step failed, and neither an edge nor the node's `onError` takes its error."""

    message_format = "The node {node!r} failed: {detail}"


class FailedOnPurposeError(RunError):
    """A node of the flow says that the run fails."""

    message_format = "{detail}"


class RunCancelledError(RunError):
    """A run was cancelled."""

    message_format = "The run was cancelled: {reason}."
    http_status = 409


class RunTimedOutError(RunError):
    """A run took longer than its flow allows."""

    message_format = "The run took longer than {seconds} s."
    hint = "The flow's `settings.timeoutSeconds` sets the limit."
    http_status = 504


class StepTimedOutError(RunError):
    """A step took longer than its node allows."""

    message_format = "The step took longer than {seconds} s."
    hint = "The node's `timeoutSeconds` sets the limit."
    http_status = 504
    retryable = True


class TooManyStepsError(RunError):
    """A run took more steps than its flow allows."""

    message_format = "The run took more than {limit} steps."
    hint = "The flow's `settings.maxSteps` sets the limit."


class TooManyTurnsError(RunError):
    """A loop went round more often than its node allows."""

    message_format = "The loop is not finished after {limit} turns."
    hint = "The node's `inputs.limit` sets the limit."


class TooDeepError(RunError):
    """Loops, calls and flows stand within each other too deeply."""

    message_format = "{place} would run more than {limit} loops, calls and flows deep."


class OutputTooLargeError(RunError):
    """The outputs of a step are larger than the flow allows."""

    message_format = "The outputs have {size} bytes; {limit} are allowed."
    hint = "The flow's `settings.maxOutputBytes` sets the limit."


class OutputTooDeepError(RunError):
    """The outputs of a step hold values within values beyond measure."""

    message_format = "The outputs are nested more than {limit} levels deep."


class NotCalledError(RunError):
    """A node would return from a routine, and nothing has called one."""

    message_format = "No call has led to {node!r}, which would return from a routine."
    hint = "A return stands behind a node of the kind `routine`."


class NoResponseError(RunError):
    """A flow that must respond has ended without a response."""

    message_format = "The flow ended without a response{before}"


class AlreadyRespondedError(RunError):
    """A second node of a run would respond."""

    message_format = "The run has responded already, by the node {node!r}."


class ImportedNodeError(RunError):
    """A node of an imported flow failed as it does where the flow comes from.

    `code` is what the flow calls the failure, where it gives it a name. `httpResponseCode` and
    `details` stand in the JSON form where they are known.
    """

    message_format = "{detail}"
    http_status = 502

    def __init__(
        self, *, detail: str, code: str = "", http_status: int | None = None, details: Any = None
    ) -> None:
        super().__init__(detail=detail, own_code=code, status=http_status, details=details)

    @property
    def code(self) -> str:
        """The flow's own name of the failure, or the class's."""
        return str(self.facts.get("own_code") or self.error_code())

    def _extra(self) -> dict[str, Any]:
        names = {"status": "httpResponseCode", "details": "details"}
        found = {name: self.facts.get(fact) for fact, name in names.items()}
        return {name: value for name, value in found.items() if value is not None}


class ScriptError(RunError):
    """JavaScript that a flow holds cannot be run, or gives what cannot be used."""

    message_format = "The script {detail}."
    http_status = 422


class OpaqueNodeError(RunError):
    """A node of an imported flow does what cannot be done here."""

    message_format = "{what} cannot run here: {detail}."
    hint = "Give it a stub in a flow test, or put nodes in its place that do what it is for."
    http_status = 422
