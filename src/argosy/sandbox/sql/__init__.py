"""The SQL of jobs: Presto's (Trino's) and Hive's queries, run on DuckDB.

`install` a connection once, then `run` queries on it in a `QuerySession`; what comes out is an
`Outcome` or a `QueryFailedError`. sqlglot reads a query; everything it names is looked up in
tables of what the vendor's engines have, and only that reaches DuckDB.
"""

from argosy.sandbox.sql.errors import QueryFailedError, told
from argosy.sandbox.sql.running import install, run
from argosy.sandbox.sql.session import (
    Engine,
    Outcome,
    QuerySession,
    ResultColumn,
    TableName,
    hive_type,
)

__all__ = [
    "Engine",
    "Outcome",
    "QueryFailedError",
    "QuerySession",
    "ResultColumn",
    "TableName",
    "hive_type",
    "install",
    "run",
    "told",
]
