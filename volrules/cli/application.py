"""The ``volrules`` command: commands are imported when they are called."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import click

from volrules.version import VERSION

_COMMANDS = {
    "init": "volrules.cli.init",
    "check": "volrules.cli.decisions",
    "create": "volrules.cli.decisions",
    "show": "volrules.cli.volumes",
    "report": "volrules.cli.volumes",
    "delete": "volrules.cli.volumes",
    "relay": "volrules.cli.outbox",
    "status": "volrules.cli.outbox",
    "quota": "volrules.cli.quota",
    "store": "volrules.cli.store",
    "plugins": "volrules.cli.plugins",
    "schema": "volrules.cli.schema",
    "lint": "volrules.cli.lint",
    "new-plugin": "volrules.cli.new_plugin",
}

_EXITS = (
    "Exit codes: 0 all accepted, 1 internal fault, 2 usage, 3 something rejected, 4 input not readable, "
    "5 site or plugin configuration, 6 nothing to evaluate, 7 try again later."
)


class Application(click.Group):
    """Our own commands by name, and behind them those that plugins offer."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*_COMMANDS, *_offered()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return _offered().get(cmd_name)
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name.replace("-", "_"))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            from volrules.wording import did_you_mean

            ctx.fail(f"no command `{args[0]}`; {did_you_mean(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        from volrules.cli.guard import guarded

        ctx.exit(guarded(partial(super().invoke, ctx), ctx.params["debug"]))


def _offered() -> dict[str, click.Command]:
    from volrules.cli.offered import commands

    return commands(frozenset(_COMMANDS))


@click.command(cls=Application, epilog=_EXITS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, envvar="VOLRULES_DEBUG", help="Show tracebacks.")
def volrules(debug: bool) -> None:
    """Decide volume-create requests by the site's rules, reserve quota, and hand the volumes on."""
