"""``volrules schema``: the published JSON Schemas."""

from __future__ import annotations

import click

from volrules.cli.terminal import write


@click.command()
@click.argument("name", type=click.Choice(("request", "decision", "message")), default="request")
def schema(name: str) -> None:
    """Print the JSON Schema (draft 2020-12) of a document, as it is shipped."""
    from importlib.resources import files

    write(files("volrules.schemas").joinpath(f"{name}.json").read_text(encoding="utf-8"))
