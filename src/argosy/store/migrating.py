"""Lead a store from any older schema to this release's, once, whoever else opens it just now.

The migrations of one opening are one transaction, under the lock that writers take turns by: a
process that comes second finds the work done, and one that is killed leaves the schema of before.
A store at the newest migration is opened without loading them.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, inspect, select, text

from argosy.errors import StoreAddressError, StoreError, StoreTooNewError
from argosy.store.store import WRITE_LOCK, WRITES
from argosy.store.tables import HEAD, metadata

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection, Engine

_VERSIONS = "alembic_version"
#: Alembic keeps what it works on in its module, for one thread at a time.
_UPGRADING = threading.Lock()


def migrate(engine: Engine, *, create: bool = True) -> None:
    """Bring the schema to `HEAD`.

    Raises StoreTooNewError where it is beyond, and StoreAddressError where there is none and
    `create` is False.
    """
    with engine.connect().execution_options(**{WRITES: False}) as connection:
        if _version(connection) == HEAD:
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name != "sqlite":
            connection.execute(select(func.pg_advisory_xact_lock(WRITE_LOCK)))
        found = _version(connection)
        if found == HEAD:
            return
        if found is None:
            _refuse_what_is_not_ours(connection, create=create)
        _upgrade(connection, found)


def config() -> Config:
    """Return Alembic's settings: where the migrations lie, and nothing else."""
    from alembic.config import Config  # noqa: PLC0415 - most openings need no migration

    made = Config()
    folder = Path(__file__).parent / "migrations"
    made.set_main_option("script_location", str(folder).replace("%", "%%"))
    return made


def _upgrade(connection: Connection, found: str | None) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    settings = config()
    known = {step.revision for step in ScriptDirectory.from_config(settings).walk_revisions()}
    if found is not None and found not in known:
        raise StoreTooNewError(found=found, known=HEAD)
    settings.attributes["connection"] = connection
    with _UPGRADING:
        command.upgrade(settings, "head")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(_VERSIONS):
        return None
    found: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar()  # noqa: S608 - a constant
    return found


def _refuse_what_is_not_ours(connection: Connection, *, create: bool) -> None:
    if not create:
        raise StoreAddressError(detail="the database holds no store of this program.")
    taken = sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))
    if taken:
        raise StoreError(detail=f"the database has a table {taken[0]!r} of another program.")
