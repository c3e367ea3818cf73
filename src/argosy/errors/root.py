"""The root of the exception tree, and what stands behind an error."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.model import Problem


class ArgosyError(Exception):
    """Root of everything the host raises on purpose.

    `facts` are the keywords given to the constructor; `problems` is the fact of that name, or
    empty. `exit_status` is the command line's, `http_status` a REST answer's, and `retryable`
    says whether the same call may succeed later.
    """

    message_format: ClassVar[str] = "{detail}"
    hint: ClassVar[str] = ""
    exit_status: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: Any) -> None:
        super().__init__()
        self.facts: dict[str, Any] = facts

    @classmethod
    def error_code(cls) -> str:
        """Return the stable kebab-case code, derived from the class name."""
        name = cls.__name__.removesuffix("Error")
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()

    @property
    def code(self) -> str:
        """The stable kebab-case code of this error."""
        return self.error_code()

    @property
    def message(self) -> str:
        """One sentence: what happened, with what was found."""
        return self.message_format.format_map(self.facts)

    @property
    def problems(self) -> Sequence[Problem]:
        """The findings behind this error, in order of place; empty where there are none."""
        found: Sequence[Problem] = self.facts.get("problems", ())
        return found

    def __str__(self) -> str:
        return self.message

    def redact(self, clean: Callable[[Any], Any]) -> None:
        """Pass all facts, and the words of causes, through `clean`, which takes secrets out."""
        self.facts = {name: clean(value) for name, value in self.facts.items()}
        for cause in causes_of(self):
            cause.args = tuple(clean(a) if isinstance(a, str) else a for a in cause.args)

    def forget_frames(self) -> None:
        """Let go of the frames of this error and of everything behind it.

        Frames hold the values of a call, secrets among them, and some tools print the locals of
        every frame in a chain.
        """
        for error in causes_of(self):
            error.__traceback__ = None

    def to_json(self) -> dict[str, Any]:
        """Return the error as the JSON object that the command line and REST answers show."""
        return {
            "code": self.code,
            "message": self.message,
            **({"hint": self.hint} if self.hint else {}),
            "retryable": self.retryable,
            **self._extra(),
            "problems": [problem.to_json() for problem in self.problems],
        }

    def _extra(self) -> dict[str, Any]:
        return {}


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything behind it: causes, contexts, reasons and wrapped errors."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = [getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting += [inner for inner in (*behind, *current.args) if isinstance(inner, Exception)]


def frames_of(error: BaseException) -> str:
    """Return where an error came from, for a log: not its words, which may hold secrets.

    Those are our own frames and the last one, not a framework's.
    """
    found = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in found[:-1] if "site-packages" not in frame.filename]
    return "".join(traceback.format_list([*own, *found[-1:]]))
