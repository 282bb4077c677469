"""``volrules check`` and ``volrules create``."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from volrules.cli.evaluation import evaluate
from volrules.cli.options import Place, caller, context_options, format_option, place_options
from volrules.model import Context
from volrules.reading.request_lines import RequestLine


@click.command()
@click.argument("requests")
@click.option("--inventory", metavar="FILE", help="What exists already, in place of what the store knows.")
@place_options
@context_options
@format_option
def check(requests: str, inventory: str | None, place: Place, **options: Any) -> int:
    """Decide REQUESTS and write nothing.

    REQUESTS is a JSON file, a file of JSON Lines, or - for stdin.
    """
    source = click.get_current_context().get_parameter_source("store")
    if inventory is not None and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--inventory and --store exclude each other; name what the requests' sources are in.")
    text_format, context = _taken(options)
    with place.engine(inventory) as engine:

        def decide(line: RequestLine) -> Any:
            return engine.check(line.request, line.context or context, id=line.id)

        return evaluate(requests, text_format, decide)


@click.command()
@click.argument("requests")
@place_options
@context_options
@format_option
def create(requests: str, place: Place, **options: Any) -> int:
    """Decide REQUESTS, reserve quota, record the volumes and hand them on.

    REQUESTS is a JSON file, a file of JSON Lines, or - for stdin.
    """
    text_format, context = _taken(options)
    with place.engine() as engine:

        def make(line: RequestLine) -> Any:
            key = line.idempotency_key
            return engine.create(line.request, line.context or context, idempotency_key=key, id=line.id)

        return evaluate(requests, text_format, make)


def _taken(options: dict[str, Any]) -> tuple[str, Context]:
    """The format, and the context of lines without one."""
    text_format = options.pop("text_format")
    return text_format, Context.from_dict(caller(**options))
