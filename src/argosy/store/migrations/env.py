"""What Alembic runs: all migrations that are due, on the connection that was handed in.

The caller's transaction is the only one, so that the migrations of one opening hold together.
"""

from alembic import context

from argosy.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
