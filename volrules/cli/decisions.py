"""``volrules check`` and ``volrules create``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from volrules.cli.answering import evaluate
from volrules.cli.crew import Crew, crew_options
from volrules.cli.options import Place, caller, context_options, format_option, place_options
from volrules.cli.terminal import stdout
from volrules.cli.work import Act, Answers, Work
from volrules.model import Context
from volrules.order import Order
from volrules.reading.request_lines import RequestLine

if TYPE_CHECKING:
    from volrules.engine import Engine

_CHECKED, _CREATED = 1024, 128
"""Requests that are answered together: checks, mostly all of a chunk, share a hand-off to plugins, creates a commit."""


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
    together: int,
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
    work = Work(act, together, place, inventory, context, text_format, coloured=stdout().isatty(), debug=debug)
    return evaluate(requests, work, Crew(workers, scheduler))


def _check(engine: Engine, lines: list[RequestLine], context: Context) -> Answers:
    return engine.check_many(_orders(lines, context))


def _create(engine: Engine, lines: list[RequestLine], context: Context) -> Answers:
    return engine.create_many(_orders(lines, context))


def _orders(lines: list[RequestLine], context: Context) -> Iterator[Order]:
    return (
        Order(line.request, Context.from_dict(line.context or context), line.idempotency_key, line.id) for line in lines
    )
