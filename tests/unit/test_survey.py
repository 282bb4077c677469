"""Who answers which hook, in which order, and why."""

from volrules import hookimpl
from volrules.host import Host
from volrules.host.survey import orders
from volrules.site import load_site


class Zulu:
    name = "zulu"

    @hookimpl(tryfirst=True)
    def volrules_resolve_size(self, draft):
        """No opinion."""


class Alpha:
    name = "alpha"

    @hookimpl
    def volrules_resolve_size(self, draft):
        """No opinion."""

    @hookimpl
    def volrules_validate_size(self, draft):
        """No objection."""


def survey(*plugins, **site):
    return {each.hook: each for each in orders(Host(load_site(site), plugins))}


def test_the_first_answer_counts_in_the_order_of_precedence_and_name():
    order = survey(Alpha, Zulu)["volrules_resolve_size"]
    assert order.counts == "first"
    assert [(each.plugin, each.why) for each in order.turns] == [
        ("zulu", "tryfirst"),
        ("alpha", "by name"),
        ("size", "trylast"),
    ]


def test_vendors_who_fill_in_the_same_field_are_rivals():
    assert survey(Alpha, Zulu)["volrules_resolve_size"].rivals == ("zulu", "alpha")
    assert survey(Alpha)["volrules_resolve_size"].rivals == ()


def test_all_are_heard_where_objections_are_asked_for():
    order = survey(Alpha)["volrules_validate_size"]
    assert (order.counts, [each.plugin for each in order.turns]) == ("all", ["size", "alpha"])
    assert order.rivals == ()


class Carrier:
    name = "carrier"

    @hookimpl
    def volrules_dispatch(self, message):
        """Hand nothing on."""


def test_of_those_of_whom_one_is_asked_the_sites_choice_is_told():
    for chosen in ("carrier", "spool"):
        order = survey(Carrier, dispatcher=chosen)["volrules_dispatch"]
        assert order.counts == "one"
        whys = {each.plugin: each.why for each in order.turns}
        assert whys == {"carrier": "not chosen", "spool": "not chosen", chosen: "the site's choice"}
    assert [each.why for each in survey()["volrules_delete_key"].turns] == ["the site's choice"]


def test_a_hook_that_nobody_implements_is_not_listed():
    assert "volrules_validate_qos_specs" not in survey()
