"""How a CSV file is written: the options of a table, judged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from argosy.errors import TableError

if TYPE_CHECKING:
    from argosy.model import JsonObject

OPTIONS = "connection_table_params.options"
_TRUE = ("true", "True", "TRUE")
_SURROGATE = re.compile("[\ud800-\udfff]")
_FALSE = ("false", "False", "FALSE")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How records, cells and values are told apart.

    `quote` and `escape` are empty for none. `column_names` are None where the header names the
    columns, or nobody does. Values are text unless `infer` is set; `null_values` stand for no
    value, also in texts if `strings_can_be_null`.
    """

    delimiter: str = ","
    quote: str = '"'
    escape: str = "\\"
    double_quote: bool = True
    encoding: str = "utf-8"
    has_header: bool = True
    column_names: tuple[str, ...] | None = None
    skip_before: int = 0
    skip_after: int = 0
    null_values: tuple[str, ...] = ()
    true_values: tuple[str, ...] = _TRUE
    false_values: tuple[str, ...] = _FALSE
    strings_can_be_null: bool = True
    newlines_in_values: bool = True
    leave_out_misfits: bool = False
    infer: bool = False

    @property
    def marks(self) -> tuple[str, ...]:
        """The characters with a meaning."""
        return tuple(mark for mark in (self.delimiter, self.quote, self.escape) if mark)


def read_dialect(options: JsonObject, name: str) -> Dialect:
    """Return what the options of a table say; `name` is the file's. Raises TableError."""
    for option, value in options.items():
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(one, str) and _SURROGATE.search(one) for one in texts):
            _refuse(option, "has half of a character", "Write the whole character.", name)
    delimiter = _mark(options, "delimiter", ",", name)
    if not delimiter:
        _refuse("delimiter", "is empty", "A delimiter is one character, or \\t for a tab.", name)
    quote, escape = _mark(options, "quote", '"', name), _mark(options, "escape", "\\", name)
    double_quote = bool(options.get("double_quote", True))
    if escape == quote:  # a quote that escapes itself is one that is written twice
        escape, double_quote = "", double_quote or bool(quote)
    for mark, option in ((quote, "quote"), (escape, "escape")):
        if mark == delimiter:
            _refuse(option, f"is the delimiter, {mark!r}", "Each needs its own character.", name)
    names = options.get("column_names") or None
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        double_quote=double_quote,
        encoding=str(options.get("encoding") or "utf-8"),
        has_header=bool(options.get("has_header", names is None)),
        column_names=tuple(names) if names else None,
        skip_before=int(options.get("skip_rows_before_header", 0)),
        skip_after=int(options.get("skip_rows_after_header", 0)),
        null_values=tuple(options.get("null_values", ())),
        true_values=tuple(options.get("true_values", _TRUE)),
        false_values=tuple(options.get("false_values", _FALSE)),
        strings_can_be_null=bool(options.get("strings_can_be_null", True)),
        newlines_in_values=bool(options.get("newlines_in_values", True)),
        leave_out_misfits=bool(options.get("ignore_errors_on_fields_mismatch", False)),
        infer=bool(options.get("infer", False)),
    )


def _mark(options: JsonObject, option: str, usual: str, name: str) -> str:
    mark: Any = options.get(option, usual)
    mark = "\t" if mark == "\\t" else mark
    if not isinstance(mark, str) or len(mark) > 1 or mark in {"\r", "\n", "\0"}:
        _refuse(option, f"is {mark!r}", "It is one character within a line.", name)
    return mark


def _refuse(option: str, found: str, remedy: str, name: str) -> NoReturn:
    raise TableError(
        detail=f"the option {option} {found}.",
        file=name,
        remedy=remedy,
        field=f"{OPTIONS}.{option}",
        reason="unsupported",
    )
