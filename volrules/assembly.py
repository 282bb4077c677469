"""Puts an engine's parts together from a site: its plugins, and what decides by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from volrules.catalogue import Catalogue
from volrules.decide import Decider
from volrules.enforcement import Policy
from volrules.errors import VolrulesError
from volrules.extension import HOOK, extension
from volrules.fingerprint import fingerprint
from volrules.host import Host, Implementation
from volrules.requests import RequestSchema
from volrules.site import Site


def host_of(site: Site, plugins: Iterable[object], select: Iterable[str], existing: object) -> Host:
    """The plugins, sound; ``existing`` answers look-ups of sources. Raises SiteError and PluginError."""
    host = Host(site, plugins, {"catalogue": Catalogue(site.document), "existing": existing}, select)
    try:
        host.require_sound()
    except BaseException:
        host.close()
        raise
    return host


def decider_of(site: Site, host: Host) -> Decider:
    """What decides by the rules of a host. Raises SiteError and PluginError."""
    schema = RequestSchema([extension(each) for each in host.implementations(HOOK)])
    digest = fingerprint(site.document, host.plugins.values(), schema.document)
    return Decider(schema, host, Policy(site), digest)


def chosen_by(site: Site, host: Host) -> tuple[Implementation, Implementation, Implementation]:
    """Who dispatches, makes keys and deletes them, as the site says. Raises SiteError for who is not there."""
    dispatch, create_key, delete_key = (host.chosen(*choice) for choice in _choices(site))
    return dispatch, create_key, delete_key


def weaknesses(host: Host) -> list[VolrulesError]:
    """What keeps an engine from opening on the host, beside the host's own faults; all of it."""
    parts: list[Callable[[], object]] = [
        *(partial(host.chosen, *each) for each in _choices(host.site) if each[1] not in host.unusable),
        partial(Policy, host.site),
        *(partial(extension, each) for each in host.implementations(HOOK)),
    ]
    return [fault for part in parts if (fault := _fault(part)) is not None]


def _choices(site: Site) -> tuple[tuple[str, str, str], ...]:
    return (
        ("volrules_dispatch", site.dispatcher, "dispatcher"),
        ("volrules_create_key", site.key_manager, "key_manager"),
        ("volrules_delete_key", site.key_manager, "key_manager"),
    )


def _fault(part: Callable[[], object]) -> VolrulesError | None:
    try:
        part()
    except VolrulesError as fault:
        return fault
    return None
