"""The API over HTTP: connections, tables, accounts.

`application` puts the routes of `routes/` together over `services`; `gate` stands before it and
sees every request first; `wsgi` gives both as the callable that the server's processes run.
"""

from importlib.util import find_spec

from argosy.errors import MissingExtraError
from argosy.server.api.settings import ApiSettings

__all__ = ["ApiSettings"]

# looked for and not loaded: the commands that need no server start the quicker
if not all(find_spec(name) for name in ("a2wsgi", "argon2", "fastapi", "jwt", "sqlalchemy")):
    raise MissingExtraError(what="The server", extra="server")
