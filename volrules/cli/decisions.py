"""``volrules check`` and ``volrules create``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from volrules.cli.answering import evaluate
from volrules.cli.crew import Crew, crew_options
from volrules.cli.options import Place, caller, context_options, format_option, place_options
from volrules.cli.terminal import stdout
from volrules.cli.work import Act, Answers, Talk, Work
from volrules.conversation import held
from volrules.model import Context
from volrules.order import Order

if TYPE_CHECKING:
    from volrules.engine import Engine

_CHECKED, _CREATED = 0.1, 0.0
"""Seconds for which answers are held back: checks share a hand-off to plugins, and what is created is told at once."""


@click.command()
@click.argument("requests")
@click.option("--inventory", metavar="FILE", help="What exists already, in place of what the store knows.")
@place_options
@context_options
@crew_options
@format_option
def check(requests: str, inventory: str | None, place: Place, **options: Any) -> int:
    """Decide REQUESTS and write nothing.

    REQUESTS is a JSON file, a file of JSON Lines, or - for stdin.
    """
    source = click.get_current_context().get_parameter_source("store")
    if inventory is not None and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--inventory and --store exclude each other; name what the requests' sources are in.")
    return _answered(requests, _check, _CHECKED, place, inventory, **options)


@click.command()
@click.argument("requests")
@place_options
@context_options
@crew_options
@format_option
def create(requests: str, place: Place, **options: Any) -> int:
    """Decide REQUESTS, reserve quota, record the volumes and hand them on.

    REQUESTS is a JSON file, a file of JSON Lines, or - for stdin.
    """
    return _answered(requests, _create, _CREATED, place, **options)


def _answered(
    requests: str,
    act: Act,
    held_back: float,
    place: Place,
    inventory: str | None = None,
    *,
    text_format: str,
    workers: int,
    scheduler: str | None,
    **options: Any,
) -> int:
    debug = click.get_current_context().find_root().params["debug"]
    context = Context.from_dict(caller(**options))
    work = Work(act, held_back, place, inventory, context, text_format, coloured=stdout().isatty(), debug=debug)
    return evaluate(requests, work, Crew(workers, scheduler))


def _check(engine: Engine, talk: Talk) -> None:
    engine.check_stream(talk)


def _create(engine: Engine, talk: Talk) -> None:
    held(talk, partial(_created, engine))


def _created(engine: Engine, orders: list[Order]) -> Answers:
    try:
        return engine.create_many(orders)
    except Exception as error:  # noqa: BLE001 - it is each one's, and told with it
        return [error] * len(orders)
