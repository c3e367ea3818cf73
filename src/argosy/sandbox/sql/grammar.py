"""Reading a query: its text to a tree of nodes that are all known to be harmless.

What isn't on the list of nodes is refused, so that a statement or a clause that only DuckDB has
(or one that sqlglot learns tomorrow) can't be reached. What names mean is decided later.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError, TokenError

from argosy.sandbox.sql.dialects import HiveText, PrestoText
from argosy.sandbox.sql.errors import TOO_DEEP, QueryFailedError, unsupported
from argosy.sandbox.sql.rules import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.sql.session import Engine

LENGTHS: Final[dict[str, int]] = {"presto": 1_000_000, "hive": 2_097_152}
"""The vendor's limits of a query's text, in characters."""

_DEPTH: Final = 150
_RECURSION: Final = 12_000
_NODES: Final = 200_000

_ALLOWED: Final = frozenset(
    getattr(exp, name)
    for name in words(
        "Select Subquery Union Except Intersect With CTE TableAlias From Join Lateral Unnest Table "
        "Values Tuple Where Group Having Order Ordered Limit Offset Fetch LimitOptions Distinct "
        "Star Column Identifier Alias Literal Null Boolean Paren Dot Bracket Array Cast TryCast "
        "DataType DataTypeParam ColumnDef Interval IntervalSpan Var Extract Trim Substring "
        "StrPosition Normalize GroupConcat CurrentDate CurrentTimestamp Localtimestamp AtTimeZone "
        "HexString Case If Window WindowSpec Filter IgnoreNulls RespectNulls WithinGroup Lambda "
        "Anonymous Rollup Cube GroupingSets In Between Like RegexpLike Escape Is Not Neg And Or "
        "EQ NEQ LT LTE GT GTE NullSafeEQ NullSafeNEQ Add Sub Mul Div Mod IntDiv DPipe Concat "
        "Exists Any All BitwiseAnd BitwiseOr BitwiseXor BitwiseNot Distribute Sort Cluster "
        "ParseJSON UnicodeString Aliases"
    )
    if hasattr(exp, name)
)
_QUIET: Final = {
    # what no bracket counts in: texts, quoted names and comments
    "presto": re.compile(r"""'(?:[^']|'')*'|"[^"]*"|--[^\n]*|/\*.*?\*/""", re.DOTALL),
    "hive": re.compile(
        r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`|--[^\n]*|/\*.*?\*/""", re.DOTALL
    ),
}
_STATEMENTS: Final = (
    exp.Insert,
    exp.Create,
    exp.Delete,
    exp.Drop,
    exp.Describe,
    exp.Command,
    exp.Set,
)
_COMMENT: Final = re.compile(r"\s+|--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_HIVE_SET: Final = re.compile(
    r"set\s+[\w.:\-]+\s*=[^;]*(?:;|$)|set\s+[\w.:\-]+\s*=[^\n]*\n", re.IGNORECASE
)
_SHOW: Final = re.compile(r"(show|explain)\b", re.IGNORECASE)

# sqlglot says on its log that it takes SHOW for an unknown command; we read it ourselves
logging.getLogger("sqlglot").setLevel(logging.ERROR)


def parsed(text: str, engine: Engine) -> exp.Expr | None:
    """Read the one statement of a query; None where Hive's text only sets variables.

    SHOW and EXPLAIN come back as a Command with the rest of their text.
    """
    check_text(text, engine)
    rest = _without_leading(text, engine)
    if not rest:
        if engine == "hive":
            return None
        raise QueryFailedError("mismatched input '<EOF>'", line=1, column=1)
    if found := _SHOW.match(rest):
        asked = rest.rstrip().rstrip(";")[found.end() :]
        return exp.Command(this=found[1].upper(), expression=exp.Literal.string(asked.strip()))
    with roomy_stack():
        statement = _statement(rest, engine, text)
        check_nodes(statement)
    return statement


def check_text(text: str, engine: Engine) -> None:
    """Refuse a text that is too long, nested too deep, or holds a zero character."""
    if len(text) > LENGTHS[engine]:
        raise QueryFailedError(
            f"Query text length ({len(text)}) exceeds the maximum length ({LENGTHS[engine]})"
        )
    if "\x00" in text:
        raise QueryFailedError("the query has a character that can't be in a query")
    depth = 0
    for character in _QUIET[engine].sub(" ", text):
        if character in "([":
            depth += 1
            if depth > _DEPTH:
                raise QueryFailedError(TOO_DEEP)
        elif character in ")]":
            depth = max(depth - 1, 0)


class _Room:
    """The interpreter's recursion limit, raised as long as one sandbox of several needs it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._usual = 0

    def enter(self) -> None:
        """Raise the limit."""
        with self._lock:
            if not self._users:
                self._usual = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._usual, _RECURSION))
            self._users += 1

    def leave(self) -> None:
        """Put the limit back, if nobody else needs it."""
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setrecursionlimit(self._usual)


_ROOM: Final = _Room()


@contextmanager
def roomy_stack() -> Iterator[None]:
    """Let recursion go as deep as a query may; turn what is deeper into a failed query."""
    _ROOM.enter()
    try:
        yield
    except RecursionError:
        raise QueryFailedError(TOO_DEEP) from None
    finally:
        _ROOM.leave()


def _without_leading(text: str, engine: Engine) -> str:
    position = 0
    while position < len(text):
        found = _COMMENT.match(text, position)
        if not found and engine == "hive":
            found = _HIVE_SET.match(text, position)
        if not found:
            break
        position = found.end()
    return text[position:]


def _statement(rest: str, engine: Engine, whole: str) -> exp.Expr:
    skipped = whole[: len(whole) - len(rest)]
    lines = skipped.count("\n")
    try:
        found = [
            one
            for one in sqlglot.parse(rest, dialect=HiveText if engine == "hive" else PrestoText)
            if one is not None and not isinstance(one, exp.Semicolon)
        ]
    except ParseError as error:
        raise _syntax_error(error, engine, lines) from None
    except (TokenError, SqlglotError, ValueError, TypeError, AttributeError, IndexError, KeyError):
        # a grammar this large has corners where the parser itself stumbles
        raise QueryFailedError("mismatched input", line=1 + lines, column=1) from None
    if len(found) != 1:
        raise QueryFailedError("mismatched input ';'. Expecting: <EOF>", line=1 + lines, column=1)
    return found[0]


def _syntax_error(error: ParseError, engine: Engine, lines: int) -> QueryFailedError:
    first = error.errors[0] if error.errors else {}
    word = str(first.get("highlight") or "<EOF>")
    line = int(first.get("line") or 1) + lines
    column = max(int(first.get("col") or 1) - len(word) + 1, 1)
    if engine == "hive":
        return QueryFailedError(
            f"FAILED: ParseException line {line}:{column} cannot recognize input near '{word}'"
        )
    return QueryFailedError(f"mismatched input '{word}'", line=line, column=column)


def check_nodes(statement: exp.Expr) -> None:
    """Refuse every kind of node that isn't known to be harmless."""
    for count, node in enumerate(statement.walk(bfs=False)):
        if count > _NODES:
            raise QueryFailedError(TOO_DEEP)
        if node is statement and isinstance(node, _STATEMENTS):
            continue
        if isinstance(node, exp.Hint):
            continue
        if type(node) not in _ALLOWED and not _belongs(node, statement):
            raise unsupported(_named(node))
        _check_arguments(node)
    for hint in list(statement.find_all(exp.Hint)):
        hint.pop()


def _belongs(node: exp.Expr, statement: exp.Expr) -> bool:
    """Say whether a node is one that only a certain statement has."""
    if isinstance(statement, exp.Create | exp.Insert):
        return isinstance(node, exp.Schema | exp.Properties | exp.FileFormatProperty | exp.Property)
    return isinstance(node, exp.Hint) or bool(node.find_ancestor(exp.Hint))


def _check_arguments(node: exp.Expr) -> None:
    if isinstance(node, exp.Star) and any(node.args.values()):
        raise unsupported("A star with exceptions")
    if isinstance(node, exp.Dot) and not isinstance(node.expression, exp.Identifier | exp.Literal):
        function = node.expression.name if isinstance(node.expression, exp.Anonymous) else "?"
        raise QueryFailedError(f"Function {function.lower()} not registered")
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        raise QueryFailedError(f"Function {node.this.name.lower()} not registered")
    if isinstance(node, exp.Table):
        extra = {key for key, value in node.args.items() if value} - _TABLE_PARTS
        if extra:
            raise unsupported(f"A table with {min(extra).rstrip('_')}")


_TABLE_PARTS: Final = {"this", "db", "catalog", "alias", "joins", "laterals"}


def _named(node: exp.Expr) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(node).__name__).upper()
