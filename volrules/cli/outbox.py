"""``volrules relay`` and ``status``: what is committed and not yet settled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from volrules.cli.exits import Exit
from volrules.cli.options import Place, format_option, place_options
from volrules.cli.records import show_one

if TYPE_CHECKING:
    from volrules.relay import Settled

_STATES: tuple[Settled, ...] = ("dispatched", "pending", "failed")


@click.command()
@place_options
@format_option
@click.option("--follow", is_flag=True, help="Go on as a service, until SIGTERM or Ctrl-C.")
@click.option("--retry", "volume_id", metavar="VOLUME_ID", help="Try a volume that has failed once more.")
def relay(place: Place, text_format: str, follow: bool, volume_id: str | None) -> int:
    """Settle what is committed: make keys, hand volumes on.

    Exits with 7 while something is left for later, with 3 when something has failed for good.
    """
    with place.engine() as engine:
        if volume_id is not None:
            show_one(engine.retry(volume_id), text_format)
            return Exit.ACCEPTED
        if follow:
            engine.follow(_stopped_by_signals())
            return Exit.ACCEPTED
        return _told(engine.relay(), text_format)


def _told(counts: Mapping[Settled, int], text_format: str) -> int:
    show_one({state: counts.get(state, 0) for state in _STATES}, text_format)
    if counts.get("pending"):
        return Exit.RETRY
    return Exit.REJECTED if counts.get("failed") else Exit.ACCEPTED


def _stopped_by_signals() -> threading.Event:
    """An event that SIGTERM and Ctrl-C set: what is under way is finished first."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


@click.command()
@place_options
@format_option
def status(place: Place, text_format: str) -> None:
    """Show what is waiting to be settled, for how long, and why."""
    with place.engine() as engine:
        show_one(engine.status(), text_format)
