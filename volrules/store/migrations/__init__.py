"""Bringing a database to this release's schema, with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Run what is missing, in the caller's transaction."""
    command.upgrade(config(connection), "head")


def config(connection: Connection) -> Config:
    """Alembic's configuration for a database that is connected already."""
    settings = Config(attributes={"connection": connection})
    settings.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return settings
