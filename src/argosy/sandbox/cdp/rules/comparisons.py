"""Write the comparison of a value with an operator as Presto SQL.

Not documented, so assumed: a value that is absent (NULL) satisfies no operator but IsNull,
whether it is negated or not; `exclude` of a condition takes the complement, absent values
included. On an array an operator, with its `not`, is held against each element, and
`arrayMatching` counts those that satisfy it (any, if it is null; all is true of none).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from argosy.sandbox.cdp.rules.catalogue import ARRAYS
from argosy.sandbox.cdp.rules.grammar import Matching
from argosy.sandbox.cdp.rules.left_values import PlaceError
from argosy.sandbox.cdp.rules.operators import TEXT_ONLY
from argosy.sandbox.cdp.rules.spans import written

if TYPE_CHECKING:
    from argosy.sandbox.cdp.rules.grammar import Operator, Scalar, Span
    from argosy.sandbox.cdp.rules.spans import Present

_SIGNS: Final = {"Equal": "=", "Greater": ">", "GreaterEqual": ">=", "Less": "<", "LessEqual": "<="}
_COUNTS: Final = {"atLeast": ">=", "atMost": "<=", "exactly": "="}
_TEXTS: Final = frozenset({"string", "date"})
_EPOCHS: Final = frozenset({"number", "timestamp"})
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}")


def compared(
    subject: str, kind: str, operator: Operator, matching: Matching | None, present: Present
) -> str:
    """Write the comparison of a column or aggregate of a type; raise PlaceError if it can't be."""
    if operator.type == "IsNull":
        return f"{subject} IS NOT NULL" if operator.negated else f"{subject} IS NULL"
    element = ARRAYS.get(kind)
    if element is None:
        if matching is not None and matching.word not in {"any", "all"}:
            raise _wrong(operator, "", "Only an array has elements to count")
        return _Comparison(operator, kind, present).of(subject)
    each = _Comparison(operator, element, present).of("x")
    return _matched(subject, each, matching or Matching("any"))


def _matched(subject: str, each: str, matching: Matching) -> str:
    count = f"CARDINALITY(FILTER({subject}, x -> {each}))"
    if matching.word == "any":
        return f"{count} >= 1"
    if matching.word == "all":
        return f"{count} = CARDINALITY({subject})"
    return f"{count} {_COUNTS[matching.word]} {matching.number}"


def text_literal(value: str) -> str:
    """Write a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


class _Comparison:
    """An operator on values of one scalar type."""

    def __init__(self, operator: Operator, kind: str, present: Present) -> None:
        self._operator = operator
        self._kind = kind
        self._present = present

    def of(self, subject: str) -> str:
        """Write it for a subject."""
        operator = self._operator
        plain = self._in(operator.span, subject) if operator.span else self._plain(subject)
        return f"NOT ({plain})" if operator.negated else f"({plain})"

    def _plain(self, subject: str) -> str:
        operator = self._operator
        if operator.type in TEXT_ONLY:
            return self._text(subject)
        if self._kind == "boolean" and operator.type not in {"Equal", "In"}:
            raise _wrong(operator, "/type", f"{operator.type} can't be asked of true and false")
        if operator.type == "Between":
            low, high = operator.values
            return (
                f"{subject} BETWEEN {self._literal(low, '/minValue')}"
                f" AND {self._literal(high, '/maxValue')}"
            )
        if operator.type == "In":
            listed = [
                self._literal(one, f"/rightValues/{index}")
                for index, one in enumerate(operator.values)
            ]
            return f"{subject} IN ({', '.join(listed)})"
        return (
            f"{subject} {_SIGNS[operator.type]} {self._literal(operator.values[0], '/rightValue')}"
        )

    def _text(self, subject: str) -> str:
        operator = self._operator
        if self._kind not in _TEXTS:
            raise _wrong(operator, "/type", f"{operator.type} can be asked of texts only")
        values = [str(value) for value in operator.values]
        if operator.type == "Regexp":
            return f"REGEXP_LIKE({subject}, {text_literal(values[0])})"
        return " OR ".join(self._part(subject, value) for value in values)

    def _part(self, subject: str, value: str) -> str:
        literal = text_literal(value)
        if self._operator.type == "Contain":
            return f"STRPOS({subject}, {literal}) > 0"
        if self._operator.type == "StartWith":
            return f"SUBSTR({subject}, 1, {len(value)}) = {literal}"
        ending = f"SUBSTR({subject}, LENGTH({subject}) - {len(value) - 1})"
        return f"(LENGTH({subject}) >= {len(value)} AND {ending} = {literal})"

    def _in(self, span: Span, subject: str) -> str:
        if self._kind == "boolean":
            raise _wrong(self._operator, "/type", "True and false have no time")
        ends = []
        if span.start is not None:
            sign = ">=" if span.has_start else ">"
            ends.append(f"{subject} {sign} {self._point(self._present.epoch(span.start))}")
        if span.end is not None:
            sign = "<=" if span.has_end else "<"
            ends.append(f"{subject} {sign} {self._point(self._present.epoch(span.end))}")
        return " AND ".join(ends)

    def _point(self, epoch: int) -> str:
        if self._kind in _EPOCHS:
            return str(epoch)
        return text_literal(self._present.text(epoch))

    def _literal(self, value: Scalar, place: str) -> str:
        if self._kind in _TEXTS:
            return text_literal(_as_text(value))
        if self._kind == "boolean":
            word = _as_text(value).lower()
            if word not in {"true", "false", "1", "0"}:
                raise _wrong(self._operator, place, "Must be true or false")
            return "TRUE" if word in {"true", "1"} else "FALSE"
        number = self._number(value)
        if number is None:
            detail = f"{_as_text(value)[:50]!r} is no {self._kind}, as the column is"
            raise _wrong(self._operator, place, detail)
        return number

    def _number(self, value: Scalar) -> str | None:
        if isinstance(value, bool):
            return None
        text = _as_text(value).strip()
        if _WHOLE.fullmatch(text):
            return text
        try:
            number = float(text)
        except ValueError:
            return self._epoch(text) if self._kind == "timestamp" else None
        return repr(number) if math.isfinite(number) else None

    def _epoch(self, text: str) -> str | None:
        try:
            return str(int(written(text, ZoneInfo(self._present.zone)).timestamp()))
        except (ValueError, OverflowError):
            return None


def _as_text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def _wrong(operator: Operator, place: str, detail: str) -> PlaceError:
    return PlaceError(f"{operator.pointer}{place}", "INVALID_FORMAT_OR_ASSOCIATION", detail)
