"""What a query's user must be allowed to do with the databases the query names.

Queries are read as they are when they are run, so none can mean one thing here and another there.
One that can't be read needs nothing more: it fails when it is run, with its own message.
Administrators aren't asked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.auth import Caller, KeyKind
from argosy.sandbox.sql import QueryFailedError
from argosy.sandbox.sql.grammar import parsed

if TYPE_CHECKING:
    from argosy.sandbox.auth import Right, User
    from argosy.sandbox.sql import Engine

_SHOWN: Final = re.compile(r"(tables|columns)\s+(?:from|in)\s+([\w\"`.\-]+)", re.IGNORECASE)
_CHANGES: Final = (exp.Insert, exp.Create, exp.Delete, exp.Alter, exp.Update, exp.Merge)
_WHOLE: Final = (exp.Drop, exp.TruncateTable)
_WORDS: Final[dict[Right, str]] = {
    "query": "select from",
    "import": "insert into",
    "edit": "change",
}


def check_rights(user: User | None, text: str, engine: Engine, database: str) -> None:
    """Raise QueryFailedError if a user may not do what a query would."""
    if user is not None and user.administrator:
        return
    for right, name in sorted(needed_rights(text, engine, database)):
        if user is None or not Caller(user, KeyKind.MASTER).may(right, name):
            message = f"Access Denied: Cannot {_WORDS[right]} database {name}: not authorized"
            raise QueryFailedError(message)


def needed_rights(text: str, engine: Engine, database: str) -> set[tuple[Right, str]]:
    """Give the rights on databases that a query needs."""
    needed: set[tuple[Right, str]] = {("query", database)}
    try:
        statement = parsed(text, engine)
        if isinstance(statement, exp.Command) and statement.name == "EXPLAIN":
            statement = parsed(statement.expression.name, engine)
    except QueryFailedError:
        return needed
    if isinstance(statement, exp.Command):
        return needed | {("query", shown) for shown in _shown_databases(statement)}
    changed = [] if statement is None else _changed_tables(statement)
    for table in () if statement is None else statement.find_all(exp.Table):
        right: Right = "query"
        if any(table is one for one in changed):
            right = "import" if _only_adds(statement) else "edit"
        needed.add((right, table.db or database))
    return needed


def _shown_databases(command: exp.Command) -> list[str]:
    """Give the database that a SHOW names, if it does."""
    found = _SHOWN.match(command.expression.name)
    parts = [part.strip('"`').lower() for part in found[2].split(".")] if found else []
    if found and found[1].lower() == "columns":
        parts = parts[:-1]
    return parts[-1:]


def _changed_tables(statement: exp.Expr) -> list[exp.Table]:
    if isinstance(statement, _WHOLE):
        return list(statement.find_all(exp.Table))
    if not isinstance(statement, _CHANGES) or not isinstance(statement.this, exp.Expr):
        return []
    found = statement.this.find(exp.Table)
    return [] if found is None else [found]


def _only_adds(statement: exp.Expr | None) -> bool:
    return isinstance(statement, exp.Insert) and not statement.args.get("overwrite")
