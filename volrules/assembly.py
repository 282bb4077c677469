"""Puts an engine's parts together from a site: its plugins, and what decides by them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, cast

from volrules.catalogue import Catalogue
from volrules.decide import Decider
from volrules.enforcement import Policy
from volrules.errors import PluginError
from volrules.fingerprint import fingerprint
from volrules.host import FAILURES, Host, Implementation
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
    schema = RequestSchema([_extension(each) for each in host.implementations("volrules_request_schema")])
    digest = fingerprint(site.document, host.plugins.values(), schema.document)
    return Decider(schema, host, Policy(site), digest)


def _extension(by: Implementation) -> dict[str, Any]:
    """What a plugin declares of the request. Raises PluginError for what is no JSON Schema."""
    try:
        declared = json.loads(json.dumps(dict(by.call()), allow_nan=False))
        RequestSchema([declared])
    except FAILURES as error:
        raise PluginError(f"{by.plugin} answers `{by.hook}` with no JSON Schema: {error}") from error
    return cast("dict[str, Any]", declared)


def chosen_by(site: Site, host: Host) -> tuple[Implementation, Implementation, Implementation]:
    """Who dispatches, makes keys and deletes them, as the site says. Raises SiteError for who is not there."""
    return (
        host.chosen("volrules_dispatch", site.dispatcher, "dispatcher"),
        host.chosen("volrules_create_key", site.key_manager, "key_manager"),
        host.chosen("volrules_delete_key", site.key_manager, "key_manager"),
    )
