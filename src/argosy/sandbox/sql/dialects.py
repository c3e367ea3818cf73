"""sqlglot's dialects, cut down to grammar: what a function means is decided by `functions`.

sqlglot would read many functions as its own and write them as what it holds for DuckDB's
equal, which at times runs and gives another value. So a call stays a call, by its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sqlglot.dialects.duckdb import DuckDB
from sqlglot.dialects.hive import Hive
from sqlglot.dialects.trino import Trino
from sqlglot.generators.duckdb import DuckDBGenerator
from sqlglot.parsers.hive import HiveParser
from sqlglot.parsers.trino import TrinoParser

if TYPE_CHECKING:
    from sqlglot import exp

_PRESTO_SYNTAX = {
    "CAST",
    "TRY_CAST",
    "EXTRACT",
    "TRIM",
    "SUBSTRING",
    "POSITION",
    "LISTAGG",
    "NORMALIZE",
}
_HIVE_SYNTAX = {"CAST", "EXTRACT", "TRIM"}
_WORDS = {"CASE", "IF", "ANY"}


class PrestoText(Trino):
    """Presto's grammar."""

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        """The parser that leaves functions alone."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in TrinoParser.FUNCTION_PARSERS.items()
            if name in _PRESTO_SYNTAX
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in TrinoParser.NO_PAREN_FUNCTION_PARSERS.items()
            if name in _WORDS
        }


class HiveText(Hive):
    """Hive's grammar."""

    INDEX_OFFSET = 0

    class Parser(HiveParser):
        """The parser that leaves functions alone."""

        ARRAY_CONSTRUCTORS: ClassVar[dict[str, Any]] = {}  # array(1, 2)[0] is an element

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in HiveParser.FUNCTION_PARSERS.items()
            if name in _HIVE_SYNTAX
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parser
            for name, parser in HiveParser.NO_PAREN_FUNCTION_PARSERS.items()
            if name in _WORDS
        }


class Target(DuckDB):
    """DuckDB's grammar, as what is written."""

    INDEX_OFFSET = 0

    class Generator(DuckDBGenerator):
        """The writer that leaves no IGNORE NULLS out: our functions are calls by their names."""

        def ignorenulls_sql(self, expression: exp.IgnoreNulls) -> str:
            """Write it behind the last argument, where DuckDB has it."""
            return self.sql(expression, "this").removesuffix(")") + " IGNORE NULLS)"


def written(node: exp.Expr) -> str:
    """Write a tree as DuckDB's SQL: every identifier quoted, no comments, no fallbacks."""
    return node.sql(dialect=Target, identify=True, comments=False, copy=False)
