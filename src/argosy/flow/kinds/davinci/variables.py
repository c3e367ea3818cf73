"""`variablesConnector`: variables of a run, of the flow, of the company and of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.flow.kinds.davinci.http import show_properties
from argosy.flow.kinds.davinci.values import convert, is_void, number_of, rows_of, text_of
from argosy.model import MASK, SUCCESS
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.flow.kinds.davinci.call import Call, Performs, Redo
    from argosy.model import Json, JsonObject

#: Where rows stand; a node has those of its capability only.
_ROWS = ("saveVariables", "saveFlowVariables", "saveCompanyVariables", "saveUserVariables")


def _rows(call: Call) -> list[tuple[str, JsonObject]]:
    return [row for name in _ROWS for row in rows_of(call.value(name), "name")]


def _save(call: Call) -> tuple[str, JsonObject]:
    rows = _rows(call)
    _hide_secrets(call, rows)
    values = {name: convert(row.get("value"), row.get("type")) for name, row in rows}
    call.context.set_variables(values)
    return SUCCESS, values


def _hide_secrets(call: Call, rows: list[tuple[str, JsonObject]]) -> None:
    """Have no record show the values of variables that are secret."""
    context = call.context
    sensitive = context.state.run.sensitive
    secret = {name for name, row in rows if name in sensitive or row.get("type") == "secret"}
    if not secret:
        return
    values = (row.get("value") for name, row in rows if name in secret)
    context.state.hide_texts(text_of(value) for value in values if not is_void(value))
    shown = {
        place: [
            {**row, "value": MASK} if isinstance(row, dict) and row.get("name") in secret else row
            for row in call.properties[place]
        ]
        for place in _ROWS
        if isinstance(call.properties.get(place), list)
    }
    show_properties(context, **shown)


def _save_again(call: Call) -> None:
    """Set them again, but for those that are kept from run to run: they may be newer."""
    values, frame = call.context.step.outputs, call.context.frame
    call.context.set_variables({name: values[name] for name in values if not frame.is_kept(name)})


def _increment(call: Call) -> tuple[str, JsonObject]:
    return SUCCESS, {name: _add(call, name, by) for name, by in _increments(call).items()}


def _increment_again(call: Call) -> None:
    """Add again, so that it makes no difference in which order branches do."""
    for name, by in _increments(call).items():
        if not call.context.frame.is_kept(name):
            _add(call, name, by)


def _increments(call: Call) -> dict[str, int | float]:
    """Return by how much each variable is to grow."""
    by = call.value("incrementCounter", 1)
    named = {name: row.get("value") for name, row in _rows(call)}
    if not named and call.value("variable") is not None:
        named = {text_of(call.value("variable")): by}
    if not named:
        raise call.fail("It names no variable to add to.")
    return {name: _number(call, by if is_void(own) else own) for name, own in named.items()}


def _number(call: Call, value: Json) -> int | float:
    found = number_of(value)
    if found is None:
        raise call.fail(f"A variable cannot grow by {show(value)}: that is no number.")
    return found


def _add(call: Call, name: str, by: float) -> Json:
    def add(value: Json) -> Json:
        before = 0 if is_void(value) else number_of(value)
        if before is None:
            raise call.fail(f"The variable {name!r} is {show(value)}, which is no number.")
        try:
            total = number_of(before + by)
        except OverflowError:
            total = None
        if total is None:
            raise call.fail(f"The variable {name!r} would become too large a number.")
        return total

    return call.context.change_variable(name, add)


CAPABILITIES: Performs = {
    "saveValue": _save,
    "saveFlowValue": _save,
    "saveCompanyValue": _save,
    "saveValueUserInfo": _save,
    "incrementByN": _increment,
    "incrementByNUserInfo": _increment,
}
REDO: Mapping[str, Redo] = {
    **dict.fromkeys(CAPABILITIES, _save_again),
    "incrementByN": _increment_again,
    "incrementByNUserInfo": _increment_again,
}
