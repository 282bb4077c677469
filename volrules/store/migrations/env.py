"""Run by Alembic: the migrations, on the connection and in the transaction of whoever asked for them."""

from __future__ import annotations

from alembic import context

from volrules.store.schema import VERSION_TABLE
from volrules.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
