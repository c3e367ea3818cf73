"""The first schema.

The tables as they were at this migration: later changes of `argosy.store.tables` do not reach here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_SECONDS = sa.Float(precision=53)
_ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_metadata = sa.MetaData()

sa.Table(
    "audit",
    _metadata,
    sa.Column("id", _ROW_NUMBER, autoincrement=True, nullable=False),
    sa.Column("organization", _WORDS),
    sa.Column("at", _SECONDS, nullable=False),
    sa.Column("account", _WORDS),
    sa.Column("account_name", _WORDS, nullable=False),
    sa.Column("action", sa.Text(), nullable=False),
    sa.Column("target", sa.Text(), nullable=False),
    sa.Column("fields", sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_audit"),
    sa.Index("ix_audit_organization_id", "organization", "id"),
    sqlite_autoincrement=True,
)

sa.Table(
    "login_failures",
    _metadata,
    sa.Column("subject", _WORDS, nullable=False),
    sa.Column("failures", sa.Integer(), nullable=False),
    sa.Column("last_failed", _SECONDS, nullable=False),
    sa.PrimaryKeyConstraint("subject", name="pk_login_failures"),
    sa.Index("ix_login_failures_last_failed", "last_failed"),
)

sa.Table(
    "organizations",
    _metadata,
    sa.Column("id", _WORDS, nullable=False),
    sa.Column("name", _WORDS, nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("modified", _SECONDS, nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    sa.UniqueConstraint("name", name="uq_organizations_name"),
)

sa.Table(
    "setup_tokens",
    _metadata,
    sa.Column("token_hash", _WORDS, nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("expires", _SECONDS, nullable=False),
    sa.PrimaryKeyConstraint("token_hash", name="pk_setup_tokens"),
)

sa.Table(
    "accounts",
    _metadata,
    sa.Column("id", _WORDS, nullable=False),
    sa.Column("organization", _WORDS, nullable=False),
    sa.Column("kind", sa.Text(), nullable=False),
    sa.Column("name", _WORDS, nullable=False),
    sa.Column("role", sa.Text(), nullable=False),
    sa.Column("password_hash", sa.Text()),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("modified", _SECONDS, nullable=False),
    sa.Column("last_login", _SECONDS),
    sa.CheckConstraint("kind IN ('individual', 'service')", name="ck_accounts_kind"),
    sa.CheckConstraint(
        "role IN ('root', 'manager', 'backend', 'frontend', 'demo_viewer')", name="ck_accounts_role"
    ),
    sa.ForeignKeyConstraint(
        ["organization"], ["organizations.id"], name="fk_accounts_organization"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_accounts"),
    sa.UniqueConstraint("organization", "kind", "name", name="uq_accounts_organization_kind_name"),
    sa.Index(
        "ix_accounts_email",
        "name",
        unique=True,
        sqlite_where=sa.text("kind = 'individual'"),
        postgresql_where=sa.text("kind = 'individual'"),
    ),
)

sa.Table(
    "connections",
    _metadata,
    sa.Column("organization", _WORDS, nullable=False),
    sa.Column("name", _WORDS, nullable=False),
    sa.Column("type", _WORDS, nullable=False),
    sa.Column("credentials", sa.Text(), nullable=False),
    sa.Column("key_id", _WORDS, nullable=False),
    sa.Column("metadata", sa.Text(), nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("modified", _SECONDS, nullable=False),
    sa.Column("last_tested", _SECONDS),
    sa.Column("last_result", sa.Text()),
    sa.ForeignKeyConstraint(
        ["organization"], ["organizations.id"], name="fk_connections_organization"
    ),
    sa.PrimaryKeyConstraint("organization", "name", name="pk_connections"),
    sa.Index("ix_connections_key_id", "key_id"),
)

sa.Table(
    "databases",
    _metadata,
    sa.Column("id", _WORDS, nullable=False),
    sa.Column("organization", _WORDS, nullable=False),
    sa.Column("name", _WORDS, nullable=False),
    sa.Column("description", sa.Text(), server_default="", nullable=False),
    sa.Column("item_id_type", sa.Text(), server_default="string", nullable=False),
    sa.Column("user_id_type", sa.Text(), server_default="string", nullable=False),
    sa.Column("session_id_type", sa.Text(), server_default="string", nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("modified", _SECONDS, nullable=False),
    sa.ForeignKeyConstraint(
        ["organization"], ["organizations.id"], name="fk_databases_organization"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_databases"),
    sa.UniqueConstraint("organization", "name", name="uq_databases_organization_name"),
)

sa.Table(
    "data_tables",
    _metadata,
    sa.Column("database", _WORDS, nullable=False),
    sa.Column("connection", _WORDS, nullable=False),
    sa.Column("name", _WORDS, nullable=False),
    sa.Column("resource", _WORDS, nullable=False),
    sa.Column("resource_params", sa.Text(), nullable=False),
    sa.Column("connection_table_params", sa.Text(), nullable=False),
    sa.Column("connection_table_metadata", sa.Text(), nullable=False),
    sa.Column("status", sa.Text(), nullable=False),
    sa.Column("status_detail", sa.Text()),
    sa.Column("fingerprint", sa.Text()),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("modified", _SECONDS, nullable=False),
    sa.Column("last_tested", _SECONDS),
    sa.ForeignKeyConstraint(
        ["database"], ["databases.id"], name="fk_data_tables_database", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("database", "connection", "name", name="pk_data_tables"),
    sa.Index(
        "ix_data_tables_database_created_connection_name",
        "database",
        "created",
        "connection",
        "name",
    ),
)

sa.Table(
    "service_keys",
    _metadata,
    sa.Column("id", _WORDS, nullable=False),
    sa.Column("account", _WORDS, nullable=False),
    sa.Column("key_hash", _WORDS, nullable=False),
    sa.Column("description", sa.Text(), server_default="", nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("expires", _SECONDS),
    sa.Column("revoked", _SECONDS),
    sa.Column("last_used", _SECONDS),
    sa.ForeignKeyConstraint(
        ["account"], ["accounts.id"], name="fk_service_keys_account", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_service_keys"),
    sa.UniqueConstraint("key_hash", name="uq_service_keys_key_hash"),
    sa.Index("ix_service_keys_account", "account"),
)

sa.Table(
    "sessions",
    _metadata,
    sa.Column("id", _WORDS, nullable=False),
    sa.Column("account", _WORDS, nullable=False),
    sa.Column("service_key", _WORDS),
    sa.Column("address", sa.Text(), server_default="", nullable=False),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("last_used", _SECONDS, nullable=False),
    sa.Column("expires", _SECONDS, nullable=False),
    sa.Column("revoked", _SECONDS),
    sa.Column("revoked_why", sa.Text(), server_default="", nullable=False),
    sa.ForeignKeyConstraint(
        ["account"], ["accounts.id"], name="fk_sessions_account", ondelete="CASCADE"
    ),
    sa.ForeignKeyConstraint(
        ["service_key"], ["service_keys.id"], name="fk_sessions_service_key", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    sa.Index("ix_sessions_account", "account"),
)

sa.Table(
    "refresh_tokens",
    _metadata,
    sa.Column("token_hash", _WORDS, nullable=False),
    sa.Column("session", _WORDS, nullable=False),
    sa.Column("database", _WORDS),
    sa.Column("created", _SECONDS, nullable=False),
    sa.Column("expires", _SECONDS, nullable=False),
    sa.Column("used", _SECONDS),
    sa.ForeignKeyConstraint(
        ["database"], ["databases.id"], name="fk_refresh_tokens_database", ondelete="SET NULL"
    ),
    sa.ForeignKeyConstraint(
        ["session"], ["sessions.id"], name="fk_refresh_tokens_session", ondelete="CASCADE"
    ),
    sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_tokens"),
    sa.Index("ix_refresh_tokens_session", "session"),
)


def upgrade() -> None:
    """Make all tables."""
    _metadata.create_all(op.get_bind(), checkfirst=False)
