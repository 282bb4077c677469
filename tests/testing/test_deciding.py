"""One plugin beside the built-in ones, and nobody else's."""

from __future__ import annotations

import types

import pytest

from volrules import PluginError, SiteError, Unresolved, hookimpl, violation
from volrules.rules import metadata
from volrules.testing import a_request, a_site, a_snapshot, a_volume, an_inventory, decide, deciding


class Even:
    name = "even"

    def __init__(self, options):
        self._step = options["step"]

    @staticmethod
    def volrules_options_schema():
        return {"step": {"type": "integer", "default": 2}}

    @hookimpl
    def volrules_validate_size(self, draft):
        if draft.size % self._step:
            yield violation("even.odd_size", "/volume/size", f"size {draft.size} GiB is odd; add one")


def codes(decision):
    return [each.code for each in decision.violations]


def test_a_class_gets_its_options():
    assert codes(decide(Even, a_request(size=3))) == ["even.odd_size"]
    assert codes(decide(Even, a_request(size=3), options={"step": 3})) == []


def test_options_of_the_site_are_kept():
    site = a_site(plugins={"even": {"options": {"step": 3}, "failure_policy": "ignore"}})
    assert decide(Even, a_request(size=3), site=site).accepted


def test_options_that_do_not_fit_are_told():
    with pytest.raises(SiteError, match="stap"):
        decide(Even, options={"stap": 3})


def test_a_module_and_an_object_will_do():
    module = types.ModuleType("odd")
    module.volrules_validate_size = hookimpl(lambda draft: violation("odd.size", "/volume/size", "no"))
    module.volrules_validate_size.__name__ = "volrules_validate_size"
    assert codes(decide(module)) == ["odd.size"]
    assert codes(decide(Even({"step": 3}))) == ["even.odd_size"]


def test_the_built_in_rules_take_part():
    decision = decide(Even, a_request(snapshot_id=a_snapshot()["id"], size=3))
    assert codes(decision) == ["size.below_snapshot", "even.odd_size"]


def test_what_is_installed_is_not_handed_in_once_more():
    assert codes(decide(metadata, a_request(metadata={"": "x"}))) == ["metadata.blank_key"]


def test_other_installed_plugins_take_no_part(monkeypatch):
    def installed(group):
        ours = types.SimpleNamespace(
            name="size", value="volrules.rules.size", dist=types.SimpleNamespace(name="volrules")
        )
        return [
            ours,
            types.SimpleNamespace(name="other", value="other", dist=types.SimpleNamespace(name="volrules-other")),
        ]

    monkeypatch.setattr(deciding, "entry_points", installed)
    assert deciding._others("even") == {"other": {"enabled": False}}


def test_a_plugin_that_cannot_be_used_is_told():
    class Misspelt:
        @hookimpl
        def volrules_validate_sise(self, draft): ...

    with pytest.raises(PluginError, match="volrules_validate_size"):
        decide(Misspelt)


def test_the_inventory_is_given():
    inventory = an_inventory(volumes=[a_volume(size=40)])
    decision = decide(Even, a_request(source_volid=a_volume()["id"]), inventory=inventory)
    assert decision.spec.size == 40


def test_silence_is_kept():
    class Silent:
        @hookimpl
        def volrules_validate_volume(self, draft):
            raise Unresolved("nothing to say")

    assert decide(Silent).accepted
