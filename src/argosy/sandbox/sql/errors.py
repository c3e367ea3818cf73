"""Why a query failed, in the words of the engine the caller thinks it talks to.

DuckDB's own messages are taken apart, and only what the query itself said (a column's name, a
value) goes into the new message: never a file's path, never the name of a catalog of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

_Names = Callable[[re.Match[str]], str]

TIME_LIMIT: Final = "Query exceeded maximum time limit"
TOO_DEEP: Final = "statement is too large (stack overflow while parsing or analyzing)"

_TYPES: Final = {
    "INT8": "tinyint",
    "INT16": "smallint",
    "INT32": "integer",
    "INT64": "bigint",
    "INT128": "bigint",
    "DOUBLE": "double",
    "FLOAT": "real",
    "BOOL": "boolean",
    "BOOLEAN": "boolean",
}
_RULES: Final[tuple[tuple[str, _Names], ...]] = (
    (
        r'Referenced column "(.+?)" (?:was )?not found',
        lambda found: f"Column '{_plain(found[1])}' cannot be resolved",
    ),
    (
        r'Referenced table "(.+?)" not found',
        lambda found: f"Column '{_plain(found[1])}' cannot be resolved",
    ),
    (
        r'(?:Table|Values list) "(.+?)" does not have a column named "(.+?)"',
        lambda found: f"Column '{_plain(found[1])}.{found[2]}' cannot be resolved",
    ),
    (
        r'Ambiguous reference to column name "(.+?)"',
        lambda found: f"Column '{found[1]}' is ambiguous",
    ),
    (
        r'column "(.+?)" must appear in the GROUP BY clause',
        lambda found: f"'{found[1]}' must be an aggregate expression or appear in GROUP BY clause",
    ),
    (r"Division by zero", lambda _: "Division by zero"),
    (
        r"[Cc]ould not convert string [\"'](.*?)[\"'] to ([A-Z0-9]+)",
        lambda found: f"Cannot cast '{_plain(found[1])}' to {_TYPES.get(found[2], found[2])}",
    ),
    (
        r'(date|timestamp|time) field (?:value|format)(?: out of range)?: "(.*?)"',
        lambda found: f"Value cannot be cast to {found[1]}: {found[2]}",
    ),
    (
        r'Could not parse string "(.*?)" according to format',
        lambda found: f'Invalid format: "{found[1]}"',
    ),
    (r"Malformed JSON", lambda _: "Cannot convert value to JSON"),
    (r"Overflow in (\w+)", lambda found: f"bigint {found[1]} overflow"),
    (r"(?:out of range|overflow)", lambda _: "Out of range for the type"),
    (
        r"Unknown TimeZone '(.*?)'",
        lambda found: f"'{found[1]}' is not a valid time zone",
    ),
    (
        r"Scalar (?:sub)?query .*more than one row|More than one row returned",
        lambda _: "Scalar sub-query has returned multiple rows",
    ),
    (r"Max expression depth|max_expression_depth", lambda _: TOO_DEEP),
    (r"Out of Memory", lambda _: "Query exceeded per-node memory limit"),
    (
        r"(?:invalid|missing|unexpected).*?(?:regex|perl operator|\bparen|repetition)",
        lambda _: "Invalid regular expression",
    ),
    (
        r"Set operations can only apply to expressions with the same number of result columns",
        lambda _: "query has different number of fields in a set operation",
    ),
    (
        r"WHERE clause cannot contain aggregates",
        lambda _: "WHERE clause cannot contain aggregations",
    ),
    (
        r"Aggregate functions? calls? cannot be nested|aggregate function calls cannot be nested",
        lambda _: "Cannot nest aggregations inside an aggregation",
    ),
    (
        r"Cannot (?:compare|mix) values of type (.+?) and (?:type )?(.+?)(?: |$)",
        lambda found: f"Types do not match: {_types(found[1])}, {_types(found[2])}",
    ),
    (
        r"No function matches the given name and argument types '(?:\w+\.)*(\S+?)\((.*?)\)'",
        lambda found: _unexpected(found[1], found[2]),
    ),
    (
        r"Macro (?:function )?['\"]?(\w+)",
        lambda found: _unexpected(found[1], None),
    ),
    (
        r"Unimplemented type for cast \((.+?) -> (.+?)\)",
        lambda found: f"Cannot cast {_types(found[1])} to {_types(found[2])}",
    ),
    (
        r"UNNEST\(\) can only be applied to .*, not (.+)",
        lambda found: f"Cannot unnest type: {_types(found[1])}",
    ),
    (r"Table function cannot contain subqueries", lambda _: "UNNEST cannot contain a subquery"),
    (
        r"Duplicate alias \"(.+?)\"",
        lambda found: f"Table name '{_plain(found[1])}' specified more than once",
    ),
)
_RAISED: Final = re.compile(r"^Invalid Input Error: query failed: (.*)", re.DOTALL)
_UNKNOWN: Final = "The statement can't be run: a type or a construct in it is not supported"


class QueryFailedError(Exception):
    """A query that ended without a result; `kind` says whose fault it was.

    The message has no "Query failed (#…)" in front: the caller knows the query's id, see `told`.
    """

    def __init__(
        self,
        message: str,
        kind: Literal["user", "limit", "unsupported"] = "user",
        *,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.line, self.column, self.kind = line, column, kind
        self.reason = message
        super().__init__(message if line is None else f"line {line}:{column}: {message}")


def told(error: QueryFailedError, engine: str, query: str) -> str:
    """Write the line a job's log has for a failure; `query` is the engine's id of the query."""
    return str(error) if engine == "hive" else f"Query failed (#{query}): {error}"


def told_by(engine: str, message: str) -> str:
    """Put DuckDB's message into the words of an engine."""
    words = translated(message)
    return f"FAILED: SemanticException {words}" if engine == "hive" else words


def unsupported(what: str) -> QueryFailedError:
    """Make the error for what the real engine can do and the sandbox can't."""
    return QueryFailedError(f"{what} is not supported by the sandbox", "unsupported")


def translated(message: str) -> str:
    """Put a message of DuckDB's into the words of Presto."""
    said = message.split("\nLINE ", 1)[0]
    if raised := _RAISED.match(said):
        return raised[1].strip()
    for pattern, words in _RULES:
        if found := re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            return words(found)
    return _UNKNOWN


def _plain(text: str) -> str:
    return text.replace("\x01", "").removeprefix("cte:")


def _types(text: str) -> str:
    shown = text.strip().rstrip("!.,").lower()
    return shown.replace("integer_literal", "integer").replace("string_literal", "varchar")


def _unexpected(name: str, types: str | None) -> str:
    shown = re.sub(r"^[a-z]_", "", name.strip('"'))
    if shown in _SYMBOLS or not shown.isidentifier():
        symbol = _SYMBOLS.get(shown, shown)
        return (
            f"'{symbol}' cannot be applied to {'these types' if types is None else _types(types)}"
        )
    return f"Unexpected parameters ({'' if types is None else _types(types)}) for function {shown}"


_SYMBOLS: Final = {"divide": "/", "plus": "+", "minus": "-"}
