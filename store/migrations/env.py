"""Alembic's entry: migrates the connection it is handed."""

from alembic import context

from store import add_tables, tables  # noqa: F401 - so that all tables are known
from store.columns import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
