"""All that keeps an engine from opening, for commands that look at a site without using it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volrules.cli.options import Place
from volrules.errors import VolrulesError

if TYPE_CHECKING:
    from volrules.host import Host


def faults_of(place: Place, host: Host) -> list[VolrulesError]:
    """What is wrong with the plugins of a place, what the site says of them, and what is made of them.

    ``host``: its plugins, loaded; it is closed, since those who lock something could not be loaded a second time.
    """
    from volrules.assembly import weaknesses

    faults = [*host.faults, *weaknesses(host)]
    host.close()
    return faults or _of_opening(place)


def _of_opening(place: Place) -> list[VolrulesError]:
    try:
        with place.engine() as engine:
            engine.require_sound()
    except VolrulesError as fault:
        return [fault]
    return []
