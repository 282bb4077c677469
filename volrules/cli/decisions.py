"""``volrules check`` and ``volrules create``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from volrules.cli.answering import evaluate
from volrules.cli.crew import Crew, crew_options
from volrules.cli.options import Place, caller, context_options, format_option, place_options
from volrules.cli.printers import Answer
from volrules.cli.terminal import stdout
from volrules.cli.work import Act, ActOnAll, Work
from volrules.model import Context
from volrules.order import Order
from volrules.reading.request_lines import RequestLine

if TYPE_CHECKING:
    from volrules.engine import Engine


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
    return _answered(requests, _check, place, inventory, **options)


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
    return _answered(requests, _create, place, act_on_all=_create_all, **options)


def _answered(
    requests: str,
    act: Act,
    place: Place,
    inventory: str | None = None,
    *,
    act_on_all: ActOnAll | None = None,
    text_format: str,
    workers: int,
    scheduler: str | None,
    **options: Any,
) -> int:
    debug = click.get_current_context().find_root().params["debug"]
    context = Context.from_dict(caller(**options))
    work = Work(act, place, inventory, context, text_format, coloured=stdout().isatty(), debug=debug)
    return evaluate(requests, replace(work, act_on_all=act_on_all), Crew(workers, scheduler))


def _check(engine: Engine, line: RequestLine, context: Context) -> Answer:
    return engine.check(line.request, line.context or context, id=line.id)


def _create(engine: Engine, line: RequestLine, context: Context) -> Answer:
    return engine.create(line.request, line.context or context, idempotency_key=line.idempotency_key, id=line.id)


def _create_all(engine: Engine, lines: list[RequestLine], context: Context) -> Sequence[Answer | Exception]:
    asked = ((line, Context.from_dict(line.context or context)) for line in lines)
    return engine.create_many(Order(line.request, who, line.idempotency_key, line.id) for line, who in asked)
