"""The tables as they are now; `migrations/` leads an older store here.

Ids are random text. An organization owns everything below it; `connections` belong to the
organization and `data_tables` to one of its databases. Nothing here is a secret in clear:
`credentials` is a `KeyRing`'s ciphertext, passwords are argon2id hashes, keys and tokens SHA-256.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from argosy.store.columns import JsonText, RowNumber, Seconds, Words

#: The newest migration: a store at this one is opened without looking at the migrations.
HEAD = "0001"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Words, primary_key=True),
    Column("name", Words, nullable=False, unique=True),
    Column("created", Seconds, nullable=False),
    Column("modified", Seconds, nullable=False),
)

databases = Table(
    "databases",
    metadata,
    Column("id", Words, primary_key=True),
    Column("organization", Words, ForeignKey("organizations.id"), nullable=False),
    Column("name", Words, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("item_id_type", Text, nullable=False, server_default="string"),
    Column("user_id_type", Text, nullable=False, server_default="string"),
    Column("session_id_type", Text, nullable=False, server_default="string"),
    Column("created", Seconds, nullable=False),
    Column("modified", Seconds, nullable=False),
    UniqueConstraint("organization", "name"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Words, primary_key=True),
    Column("organization", Words, ForeignKey("organizations.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Words, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text),
    Column("created", Seconds, nullable=False),
    Column("modified", Seconds, nullable=False),
    Column("last_login", Seconds),
    UniqueConstraint("organization", "kind", "name"),
    CheckConstraint("kind IN ('individual', 'service')", name="kind"),
    CheckConstraint(
        "role IN ('root', 'manager', 'backend', 'frontend', 'demo_viewer')", name="role"
    ),
)
# a login by password names no organization, so an e-mail address is one account everywhere
Index(
    "ix_accounts_email",
    accounts.c.name,
    unique=True,
    sqlite_where=text("kind = 'individual'"),
    postgresql_where=text("kind = 'individual'"),
)

service_keys = Table(
    "service_keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("account", Words, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("key_hash", Words, nullable=False, unique=True),
    Column("description", Text, nullable=False, server_default=""),
    Column("created", Seconds, nullable=False),
    Column("expires", Seconds),
    Column("revoked", Seconds),
    Column("last_used", Seconds),
    Index(None, "account"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Words, primary_key=True),
    Column("account", Words, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("service_key", Words, ForeignKey("service_keys.id", ondelete="CASCADE")),
    Column("address", Text, nullable=False, server_default=""),
    Column("created", Seconds, nullable=False),
    Column("last_used", Seconds, nullable=False),
    Column("expires", Seconds, nullable=False),
    Column("revoked", Seconds),
    Column("revoked_why", Text, nullable=False, server_default=""),
    Index(None, "account"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", Words, primary_key=True),
    Column("session", Words, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    Column("database", Words, ForeignKey("databases.id", ondelete="SET NULL")),
    Column("created", Seconds, nullable=False),
    Column("expires", Seconds, nullable=False),
    Column("used", Seconds),
    Index(None, "session"),
)

setup_tokens = Table(
    "setup_tokens",
    metadata,
    Column("token_hash", Words, primary_key=True),
    Column("created", Seconds, nullable=False),
    Column("expires", Seconds, nullable=False),
)

login_failures = Table(
    "login_failures",
    metadata,
    Column("subject", Words, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_failed", Seconds, nullable=False),
    Index(None, "last_failed"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("organization", Words),
    Column("at", Seconds, nullable=False),
    Column("account", Words),
    Column("account_name", Words, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("fields", JsonText, nullable=False),
    Index(None, "organization", "id"),
    sqlite_autoincrement=True,
)

connections = Table(
    "connections",
    metadata,
    Column("organization", Words, ForeignKey("organizations.id"), primary_key=True),
    Column("name", Words, primary_key=True),
    Column("type", Words, nullable=False),
    Column("credentials", Text, nullable=False),
    Column("key_id", Words, nullable=False),
    Column("metadata", JsonText, nullable=False),
    Column("created", Seconds, nullable=False),
    Column("modified", Seconds, nullable=False),
    Column("last_tested", Seconds),
    Column("last_result", JsonText),
    Index(None, "key_id"),
)

data_tables = Table(
    "data_tables",
    metadata,
    Column("database", Words, ForeignKey("databases.id", ondelete="CASCADE"), primary_key=True),
    Column("connection", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("resource", Words, nullable=False),
    Column("resource_params", JsonText, nullable=False),
    Column("connection_table_params", JsonText, nullable=False),
    Column("connection_table_metadata", JsonText, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_detail", JsonText),
    Column("fingerprint", JsonText),
    Column("created", Seconds, nullable=False),
    Column("modified", Seconds, nullable=False),
    Column("last_tested", Seconds),
    Index(None, "database", "created", "connection", "name"),
)
