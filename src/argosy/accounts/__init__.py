"""Who may use the service: organizations, accounts, logins, sessions, and the audit of changes.

accounts = Accounts(store, ring)
token = accounts.founding.offer()                    # at the first start: print it, once
accounts.founding.accept(token, organization=…, email=…, password=…, database=…)
login = accounts.logins.individual(email, password, db_name=…, address=…)
principal = accounts.identify(login.token)           # on each request
principal.require("root", "manager", "backend")
"""

from argosy.errors import MissingExtraError

try:
    from argosy.accounts import audit
    from argosy.accounts.accounts import Accounts
    from argosy.accounts.passwords import Passwords
    from argosy.accounts.principal import OPERATOR, ROLES, Principal
    from argosy.accounts.settings import AccountSettings
    from argosy.accounts.views import Account, Database, Login, ServiceKey, Session
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] in {"argon2", "jwt"}:
        raise MissingExtraError(what="An account", extra="server") from error
    raise

__all__ = [
    "OPERATOR",
    "ROLES",
    "Account",
    "AccountSettings",
    "Accounts",
    "Database",
    "Login",
    "Passwords",
    "Principal",
    "ServiceKey",
    "Session",
    "audit",
]
