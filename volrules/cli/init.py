"""``volrules init``: documents to start from, that work as they are."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from volrules.cli.terminal import write
from volrules.errors import UsageError

_FILES = ("site.yaml", "inventory.yaml", "requests.jsonl")


@click.command()
@click.argument("directory", metavar="[DIR]", default=".")
def init(directory: str) -> None:
    """Write a starter site.yaml, inventory.yaml and requests.jsonl into DIR."""
    target = Path(directory)
    _refuse_to_overwrite(target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in _FILES:
            (target / name).write_bytes(files("volrules.cli").joinpath("starter", name).read_bytes())
    except OSError as error:
        raise UsageError(f"`{directory}` cannot be written to ({error.strerror}); name another directory") from None
    write(_next_steps(target))


def _refuse_to_overwrite(target: Path) -> None:
    there = [name for name in _FILES if (target / name).exists()]
    if there:
        raise UsageError(f"`{target}` has {', '.join(f'`{each}`' for each in there)} already; name another directory")


def _next_steps(target: Path) -> str:
    site, inventory, requests = (target / name for name in _FILES)
    return (
        f"wrote {site}, {inventory} and {requests}; now try\n"
        f"  volrules check --site {site} --inventory {inventory} {requests}\n"
        f"  volrules create --site {site} {requests}\n"
    )
