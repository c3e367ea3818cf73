"""The jinja environment of expressions: what an expression may name, call and reach.

Narrower than jinja's own sandbox. A name after a dot reads a key of an object and nothing
else: no attribute or method of a Python object can be reached, so there is nothing to escape
through. The filters are the ones listed here. Products and powers are bounded, since an
expression like `'a' * 10**9` is a memory bomb.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from argosy.sdk import values

if TYPE_CHECKING:
    from argosy.model import Json

_LARGEST_PRODUCT = 1_000_000
_INHERITED_FILTERS = ("default", "first", "join", "last", "length", "lower", "trim", "upper")

#: Names that an expression may call; the dispatcher fills them for each invocation.
FUNCTIONS = ("new_uuid",)

FILTERS: Mapping[str, Callable[..., Json]] = {
    "as_list": values.as_list,
    "as_object": values.as_object,
    "prefix_keys": values.prefix_keys,
    "to_json": lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    "with_default": values.with_default,
    "with_integer": values.with_integer,
}


class ExpressionEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which objects are JSON and nothing else."""

    intercepted_binops = frozenset({"*", "**"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, cache_size=0)
        inherited = {name: self.filters[name] for name in _INHERITED_FILTERS}
        self.filters = {**inherited, **FILTERS}
        self.globals = {}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Read a key of an object; anything else has no members."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Read a key of an object or an index of a list."""
        try:
            if isinstance(obj, Mapping):
                return obj[argument]
            if isinstance(obj, Sequence) and isinstance(argument, int):
                return obj[argument]
        except (LookupError, TypeError):
            pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        """Only the functions that the scope itself provides may be called."""
        return getattr(obj, "callable_in_expressions", False) is True

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Bound products and powers before they are computed."""
        if operator == "**" or not _is_small_product(left, right):
            raise SecurityError(f"{operator!r} makes too large a value")
        return super().call_binop(context, operator, left, right)


def _is_small_product(left: Any, right: Any) -> bool:
    sizes = [len(v) if isinstance(v, Sequence) else None for v in (left, right)]
    if sizes == [None, None]:
        return True
    factors = [v if isinstance(v, int) else 1 for v in (left, right)]
    length = max(size or 0 for size in sizes)
    return length * max(*factors, 1) <= _LARGEST_PRODUCT


def is_undefined(value: Any) -> bool:
    """Tell whether jinja found nothing under a name."""
    return isinstance(value, Undefined)
