"""Follow a list over its pages, as its capability declares them.

One page or all: every call of a list says whether there is more (`hasMore`) and with which
inputs the next page is read (`next`). With the input `all` the pages are read to the end or to
`maxItems`. A page that fails ends the call, and what was read until then is in its outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from argosy.dispatch.normalise import answer_scope, outputs_of
from argosy.errors import InvalidOutputsError, InvocationError
from argosy.model import ALL, MAX_ITEMS, USUAL_MAX_ITEMS, Json, JsonObject, Paging, Problem
from argosy.rendering import MISSING, compile_template, compile_value, to_text

if TYPE_CHECKING:
    from argosy.dispatch.invocation import Invocation
    from argosy.dispatch.plan import Plan

#: How many empty pages in a row are believed to lead on.
_MOST_EMPTY = 100

Render = Callable[[Mapping[str, Json]], Json]


@dataclass(frozen=True, slots=True)
class PagingPlan:
    """A capability's paging, compiled.

    `is_told` says that the vendor itself tells where the next page is, by a cursor or an address;
    then an empty page is not the end.
    """

    items: str
    next: Mapping[str, Render]
    link: Render | None
    more: Render | None
    is_told: bool


def compile_paging(paging: Paging) -> PagingPlan:
    """Compile a declaration. Raises TemplateSyntaxError."""
    return PagingPlan(
        items=paging.items,
        next={name: compile_value(template) for name, template in paging.next.items()},
        link=compile_value(paging.link) if paging.link else None,
        more=compile_value(paging.more) if paging.more else None,
        is_told=bool(paging.link) or _reads_answer(paging.next),
    )


def _reads_answer(value: Json) -> bool:
    """Tell whether a template within a value reads the vendor's answer."""
    if isinstance(value, Mapping | list):
        members = value.values() if isinstance(value, Mapping) else value
        return any(_reads_answer(member) for member in members)
    paths = compile_template(value).paths if isinstance(value, str) else ()
    return any(path[0] in {"body", "headers"} for path in paths)


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where the next page is: the inputs that lead to it, or its address."""

    inputs: JsonObject
    link: str = ""


def run_pages(plan: Plan, paging: PagingPlan, invocation: Invocation) -> tuple[JsonObject, ...]:
    """Read one page or all; return the named outputs, and those that say how the list goes on.

    Raises what reading a page raises; what was read before it is in the error's outputs.
    """
    items: list[Json] = []
    most = invocation.inputs.get(MAX_ITEMS, USUAL_MAX_ITEMS)
    here = Ahead({})
    empty = 0
    while True:
        try:
            named, ahead = _read(plan, paging, invocation, here)
            empty = 0 if named[paging.items] else empty + 1
            _refuse_endless(plan, paging, empty)
        except InvocationError as error:
            if items:
                error.outputs = {paging.items: items, **_said(here), **error.outputs}
            raise
        items += named[paging.items]
        if not invocation.inputs.get(ALL) or ahead is None or len(items) >= most:
            break
        here = ahead
    if not invocation.inputs.get(ALL):
        return named, _said(ahead)
    said = _said(ahead) if len(items) <= most else {"hasMore": True}
    return {**named, paging.items: items[:most]}, said


def _refuse_endless(plan: Plan, paging: PagingPlan, empty: int) -> None:
    """Raise InvalidOutputsError where so many pages in a row are empty that none may follow."""
    if empty > _MOST_EMPTY:
        message = f"{empty} pages in a row are empty, and each says that there is another"
        problem = Problem("paging", message, f"/{paging.items}")
        raise InvalidOutputsError(capability=plan.capability.id, problems=[problem])


def _read(
    plan: Plan, paging: PagingPlan, invocation: Invocation, here: Ahead
) -> tuple[JsonObject, Ahead | None]:
    inputs = {**invocation.inputs, **here.inputs}
    answer, body = invocation.exchange(inputs, here.link)
    named = outputs_of(plan, answer, body, invocation.sent)
    may_be_absent = paging.items not in plan.capability.outputs.get("required", ())
    if named.get(paging.items) is None and may_be_absent and isinstance(body, Mapping | None):
        named[paging.items] = []  # some vendors leave an empty list out, or say null
    page = named.get(paging.items)
    if not isinstance(page, list):
        found = "is missing" if paging.items not in named else "is no list"
        problem = Problem("paging", f"the page's list {found}", f"/{paging.items}")
        raise InvalidOutputsError(capability=plan.capability.id, problems=[problem])
    scope = {**answer_scope(answer, body), "outputs": named, "inputs": inputs}
    ahead = _ahead(paging, page, scope)
    if ahead and ahead.link:
        ahead = Ahead({}, _joined(plan, invocation.last_url, ahead.link))
    is_same = ahead and all(inputs.get(name) == value for name, value in ahead.inputs.items())
    if ahead and (ahead.link in invocation.visited if ahead.link else is_same):
        if not page:
            return named, None  # some vendors repeat the last cursor for ever
        problem = Problem("paging", "the next page is one that has been read", f"/{paging.items}")
        raise InvalidOutputsError(capability=plan.capability.id, problems=[problem])
    return named, ahead


def _joined(plan: Plan, base: str, link: str) -> str:
    try:
        return urljoin(base, link)
    except ValueError as error:
        problem = Problem("paging", f"the next page's address is none: {error}")
        raise InvalidOutputsError(capability=plan.capability.id, problems=[problem]) from error


def _ahead(paging: PagingPlan, page: list[Json], scope: dict[str, Any]) -> Ahead | None:
    """Return where the next page is, None where this is the last."""
    if paging.more and not _value(paging.more, scope):
        return None
    if not (page or paging.more or paging.is_told):
        return None
    if paging.link:
        link = _value(paging.link, scope)
        return None if link in (None, "") else Ahead({}, to_text(link))
    inputs = {name: _value(render, scope) for name, render in paging.next.items()}
    return None if any(value in (None, "") for value in inputs.values()) else Ahead(inputs)


def _value(render: Render, scope: dict[str, Any]) -> Json:
    """Render one template of the paging; None where it has no value or cannot have one."""
    try:
        value = render(scope)
    except ValueError:  # an empty page has no last item to read an id from
        return None
    return None if value is MISSING else value


def _said(ahead: Ahead | None) -> JsonObject:
    if ahead is None:
        return {"hasMore": False}
    return {"hasMore": True, **({"next": ahead.inputs} if ahead.inputs else {})}
