"""Where the service keeps what it knows: SQLite by default, PostgreSQL by its address.

    with open_store("sqlite:////var/lib/argosy/argosy.db") as store:
        with store.write() as connection:
            connection.execute(tables.connections.insert().values(…))
        with store.read() as connection:
            rows = connection.execute(select(tables.connections)).all()

Both databases behave alike: writers take turns, so what a write reads does not change before it
commits; a read sees one moment; names sort by code point; JSON is text. Secrets are encrypted by a
`KeyRing` before they come here, tokens and passwords are hashed.
"""

from argosy.errors import MissingExtraError

try:
    from argosy.store import tables
    from argosy.store.keys import KeyRing, credentials_context
    from argosy.store.opening import open_store
    from argosy.store.ring_file import default_key_file, open_ring
    from argosy.store.rotation import Rotation, rotate, unknown_keys
    from argosy.store.store import Store
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] in {"sqlalchemy", "alembic", "cryptography"}:
        raise MissingExtraError(what="The store", extra="server") from error
    raise

__all__ = [
    "KeyRing",
    "Rotation",
    "Store",
    "credentials_context",
    "default_key_file",
    "open_ring",
    "open_store",
    "rotate",
    "tables",
    "unknown_keys",
]
