"""Running a query of a job: its text in, its outcome or the reason of its failure out."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb

from argosy.sandbox.sql.errors import TIME_LIMIT, QueryFailedError, told_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.sql.session import Outcome, QuerySession

MOST_ROWS: Final = 5_000_000


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Make a connection ready for `run`, once: set the zone that times without one are in.

    The macros a query needs are made when it runs, in the connection's temporary catalog.
    """
    connection.execute("SET TimeZone = 'UTC'")


def run(
    connection: duckdb.DuckDBPyConnection,
    text: str,
    session: QuerySession,
    *,
    seconds: float | None = None,
    most_rows: int = MOST_ROWS,
) -> Outcome:
    """Run the one statement of a query on a connection that is `install`ed.

    Nothing is begun or committed here. A failure inside a transaction of the caller leaves
    DuckDB no way on but a rollback, so what records the failure has to be another transaction.

    `seconds` limits how long DuckDB may work. Raises QueryFailedError for whatever the query's
    author can mend, and for what the sandbox can't do.
    """
    from argosy.sandbox.sql.statements import Statements  # noqa: PLC0415  # loads sqlglot: 0.3 s

    with _limited(connection, seconds) as limit:
        try:
            return Statements(connection, session, most_rows).run(text)
        except duckdb.InterruptException:
            raise QueryFailedError(TIME_LIMIT, "limit") from None
        except duckdb.Error as error:
            if limit.is_set():
                raise QueryFailedError(TIME_LIMIT, "limit") from None
            raise QueryFailedError(told_by(session.engine, str(error))) from None
        except (RecursionError, MemoryError, OverflowError, ValueError) as error:
            raise _unreadable(error) from None
        except (AttributeError, TypeError, LookupError) as error:
            # a form of a node that sqlglot gives and our code doesn't know
            raise QueryFailedError(
                "This form of a clause or function is not supported by the sandbox", "unsupported"
            ) from error


def _unreadable(error: Exception) -> QueryFailedError:
    reason = {
        RecursionError: "statement is too large (stack overflow while parsing or analyzing)",
        MemoryError: "Query exceeded per-node memory limit",
    }
    return QueryFailedError(
        reason.get(type(error), "a value in the query or its result is out of range")
    )


@contextmanager
def _limited(
    connection: duckdb.DuckDBPyConnection, seconds: float | None
) -> Iterator[threading.Event]:
    over = threading.Event()
    if seconds is None:
        yield over
        return

    def stop(*_: Any) -> None:
        over.set()
        connection.interrupt()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    try:
        yield over
    finally:
        timer.cancel()
        timer.join()
