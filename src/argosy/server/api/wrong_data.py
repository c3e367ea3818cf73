"""What the shapes of requests refuse, in our words: pydantic's errors become one of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argosy.errors import WrongDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOST_PROBLEMS = 5
_OBJECT = "is not an object"
_WHOLE = "is not a whole number"
#: By the type of pydantic's error; what stands in braces is of its context.
_WORDS = {
    "bool_type": "is neither true nor false",
    "dict_type": _OBJECT,
    "finite_number": "is not a number that JSON can say",
    "float_parsing": "is not a number",
    "float_type": "is not a number",
    "greater_than_equal": "is less than {ge}",
    "int_from_float": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE + " of a size that could be meant",
    "int_type": _WHOLE,
    "less_than_equal": "is more than {le}",
    "list_type": "is not a list",
    "literal_error": "is not one of {expected}",
    "missing": "is missing",
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "string_too_long": "has more than {max_length} characters",
    "string_type": "is not a string",
}


def wrong_data(errors: Sequence[Any]) -> WrongDataError:
    """Return what is wrong as sentences; they name places and never repeat what stood there."""
    sentences = list(dict.fromkeys(map(_sentence, errors)))
    more = len(sentences) - _MOST_PROBLEMS
    shown = [*sentences[:_MOST_PROBLEMS], *([f"And {more} more."] if more > 0 else [])]
    return WrongDataError(detail=" ".join(shown), field=_place(errors[0]["loc"]))


def _sentence(error: Any) -> str:
    words = _WORDS.get(error["type"], "cannot be used as it is")
    return f"{_place(error['loc'])} {words.format_map(error.get('ctx', {}))}."


def _place(steps: Iterable[Any]) -> str:
    outer, *inner = [str(step)[:100] for step in steps]
    return ".".join(inner) or outer
