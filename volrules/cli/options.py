"""The options that commands share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from volrules.cli.reporting import report_only

if TYPE_CHECKING:
    from volrules.engine import Engine
    from volrules.host import Host

Command = Callable[..., Any]
FORMATS = ("text", "json", "jsonl")
_SITE = "site.yaml"


class Place(NamedTuple):
    """The site, the store and the choice of plugins that a command works with; None: the defaults."""

    site: str | None
    store: str | None = None
    select: tuple[str, ...] = ()

    def engine(self, inventory: str | None = None) -> Engine:
        """Open an engine on it."""
        from volrules.engine import Engine

        return Engine.open(self.site, inventory=inventory, store=self.store, select=self.select)

    def host(self) -> Host:
        """Load its plugins, sound or not."""
        from volrules.host import Host
        from volrules.site import load_site

        return Host(load_site(self.site), select=self.select)


def found_site() -> str | None:
    """The site of the current directory, when there is one."""
    return _SITE if Path(_SITE).exists() else None


def place_options(command: Command) -> Command:
    """``--site``, ``--store`` and ``-p``; together as ``place``."""

    @functools.wraps(command)
    def placed(*args: Any, site: str | None, store: str | None, select: tuple[str, ...], **options: Any) -> Any:
        return command(*args, place=Place(site, store, select), **options)

    return site_option(store_option(select_option(placed)))


def site_option(command: Command) -> Command:
    """``--site``; its value or its default as ``site``."""
    text = f"The site document. [default: {_SITE} where there is one, else the built-in defaults]"
    return click.option(
        "--site", metavar="FILE", envvar="VOLRULES_SITE", default=found_site, help=text, show_envvar=True
    )(command)


def store_option(command: Command) -> Command:
    """``--store``; its value as ``store``, None for the site's."""
    text = "The database, in place of the site's."
    return click.option("--store", metavar="URL", envvar="VOLRULES_STORE", help=text, show_envvar=True)(command)


def select_option(command: Command) -> Command:
    """``-p``; as ``select``. Whatever the plugins print stays out of the command's report."""
    text = "A plugin that takes part whatever the site says; no:NAME one that does not. May be repeated."
    return click.option(
        "-p", "select", metavar="NAME", multiple=True, envvar="VOLRULES_PLUGINS", help=text, show_envvar=True
    )(report_only(command))


def format_option(command: Command) -> Command:
    """``--format``; as ``text_format``."""
    return click.option(
        "--format",
        "text_format",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="What to print: text to read, one JSON array, or one JSON document a line.",
    )(command)


def context_options(command: Command) -> Command:
    """``--project``, ``--user`` and ``--role``: see :func:`caller`."""
    for option in (
        click.option("--role", "roles", metavar="NAME", multiple=True, help="The caller's role; may be repeated."),
        click.option("--user", "user_id", metavar="ID", help="The caller's user."),
        click.option("--project", "project_id", metavar="ID", help="The caller's project."),
    ):
        command = option(command)
    return command


def caller(project_id: str | None, user_id: str | None, roles: tuple[str, ...]) -> dict[str, Any]:
    """The context of requests that name none."""
    return {"project_id": project_id, "user_id": user_id, "roles": list(roles) or None}
