"""The plugin as requests meet it, and as engines rely on it."""

from __future__ import annotations

import pytest

from volrules import Engine, SiteError
from volrules.testing import a_context, a_request, a_site, a_snapshot, check_plugin, decide
from volrules_acme import Acme

HOME = {"home_zones": {"p1": "az1"}}


def codes(decision):
    return [(each.code, each.path) for each in decision.violations]


@pytest.mark.parametrize("name", ["data", "data-2", "", None, "  data "])
def test_a_name_may_be_like_this(name):
    assert decide(Acme, a_request(name=name)).accepted


@pytest.mark.parametrize("name", ["Data", "2data", "data_2", "data\n", "été"])
def test_a_name_may_not_be_like_that(name):
    assert codes(decide(Acme, a_request(name=f"x {name}"))) == [("acme.bad_name", "/volume/name")]


def test_the_older_spelling_is_pointed_at_where_it_is_used():
    assert codes(decide(Acme, a_request(display_name="X"))) == [("acme.bad_name", "/volume/display_name")]


def test_the_site_says_how_names_are():
    assert decide(Acme, a_request(name="DATA"), options={"names": "[A-Z]+"}).accepted


def test_a_pattern_that_is_none_is_told_when_an_engine_opens():
    with pytest.raises(SiteError, match=r"`\(` is no regular expression"):
        decide(Acme, options={"names": "("})


def test_a_project_has_a_home():
    decision = decide(Acme, options=HOME)
    assert decision.spec.availability_zone == "az1"
    assert decision.provenance["availability_zone"].to_dict() == {
        "origin": "home_zone",
        "rule": "availability_zone",
        "plugin": "acme",
    }


@pytest.mark.parametrize(
    "request_",
    [a_request(availability_zone="nova"), a_request(snapshot_id=a_snapshot()["id"])],
    ids=["the zone asked for", "the source's zone"],
)
def test_home_gives_way_to(request_):
    assert decide(Acme, request_, options=HOME).spec.availability_zone == "nova"


def test_other_projects_are_at_home_elsewhere():
    decision = decide(Acme, options=HOME, context=a_context(project_id="p2"))
    assert decision.provenance["availability_zone"].plugin == "volrules"


def test_replicas_travel_with_the_volume():
    assert decide(Acme, a_request(acme_replicas=3)).spec.extra == {"acme_replicas": 3}


@pytest.mark.parametrize("replicas", [0, 4, "2"])
def test_replicas_are_one_to_three(replicas):
    (found,) = decide(Acme, a_request(acme_replicas=replicas)).violations
    assert (found.kind, found.path) == ("ValidationError", "/volume/acme_replicas")


def test_null_means_one_volume():
    assert decide(Acme, a_request(acme_replicas=None)).accepted


def test_replicas_are_charged(tmp_path):
    quotas = {"default": {"volumes": -1, "gigabytes": -1, "acme.replica_gigabytes": 20}}
    site = a_site(quotas=quotas, plugins={"spool": {"options": {"directory": str(tmp_path)}}})
    with Engine.open(site, store=f"sqlite:///{tmp_path}/volrules.db") as engine:
        fits = engine.create(a_request(size=10, acme_replicas=3), a_context())
        over = engine.create(a_request(size=1, acme_replicas=2), a_context())
        usage = {each.resource: each.in_use for each in engine.quota("p1")}
    assert (fits.outcome, over.outcome) == ("created", "rejected")
    assert [each.params["resource"] for each in over.decision.violations] == ["acme.replica_gigabytes"]
    assert usage["acme.replica_gigabytes"] == 20


def test_engines_can_rely_on_it():
    check_plugin(Acme, options=HOME)
