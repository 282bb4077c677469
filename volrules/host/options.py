"""Checks a plugin's options against the schema that it declares."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from volrules.documents import EMPTY, freeze, thaw
from volrules.errors import PluginError, Problem, SiteError
from volrules.host.plugin import Plugin
from volrules.host.verification import OPTIONS
from volrules.site import Site
from volrules.wording import described, did_you_mean


def checked_options(plugin: Plugin, loaded: object, given: Mapping[str, Any], site: Site) -> Mapping[str, Any]:
    """The options with their defaults, and what the schema takes from the site, filled in; read-only.

    Raises SiteError for options that do not fit, PluginError for a schema that is none.
    """
    schema = _schema(plugin, loaded)
    if not schema:
        if given:
            raise SiteError(
                site.name, [Problem(f"plugins.{plugin.name}.options", f"{plugin} takes no options; remove them")]
            )
        return EMPTY
    own, from_site = _divided(schema)
    filled = _validated(plugin, own, thaw(given), site.name)
    # What the site declares was checked with the site and is read-only: it is handed on as it is, however long.
    for key, of in from_site.items():
        if of not in site.document:
            hint = did_you_mean(of, site.document)
            raise PluginError(
                f"{plugin} wants the site's `{of}` as its option `{key}`, which is no key of a site; {hint}"
            )
    return MappingProxyType({**freeze(filled), **{key: site.document[of] for key, of in from_site.items()}})


def _schema(plugin: Plugin, loaded: object) -> dict[str, Any]:
    declare = getattr(loaded, OPTIONS, None)
    if declare is None:
        return {}
    if inspect.isclass(loaded) and not isinstance(inspect.getattr_static(loaded, OPTIONS), staticmethod | classmethod):
        raise PluginError(f"{plugin} has `{OPTIONS}` as an instance's method; make it a staticmethod")
    return dict(declare())


def _divided(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    own, from_site = {}, {}
    for key, rules in schema.items():
        site_key = rules.get("meta", {}).get("site")
        if site_key is None:
            own[key] = rules
        else:
            from_site[key] = site_key
    return own, from_site


def _validated(plugin: Plugin, schema: dict[str, Any], given: dict[str, Any], name: str) -> dict[str, Any]:
    if not given and all("default" in rules for rules in schema.values()):
        return {key: rules["default"] for key, rules in schema.items()}
    import cerberus  # lazily: slow to import

    from volrules.reading.cerberus_strict import StrictValidator
    from volrules.reading.diagnosis import findings, problems

    try:
        validator = StrictValidator(schema)
    except cerberus.SchemaError as error:
        raise PluginError(f"{plugin} declares options that are no Cerberus schema: {described(error)}") from error
    normalized = validator.validated(given)
    if normalized is None:
        raise SiteError(name, problems(findings(validator, ("plugins", plugin.name, "options")), given))
    return dict(normalized)
