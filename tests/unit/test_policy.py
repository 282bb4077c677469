"""What the site waives and requires."""

import pytest

from tests.builders import a_context, a_request
from volrules import Engine, SiteError

BLANK = {"metadata": {"": "x"}}


def waiver(code="metadata.blank_key", **members):
    return {"code": code, "reason": "migration", "owner": "storage team", "expires": "2999-12-31", **members}


def checked(waivers, project="p1"):
    with Engine.open({"waivers": waivers}, inventory={}) as engine:
        return engine.check(a_request(**BLANK), a_context(project_id=project))


def test_a_waived_violation_is_recorded_and_does_not_reject():
    decision = checked([waiver()])
    assert decision.accepted
    assert [(each.code, each.enforcement) for each in decision.warnings] == [("metadata.blank_key", "waived")]


def test_a_waiver_of_one_project_is_no_other_s():
    waivers = [waiver(project="p1")]
    assert checked(waivers, "p1").accepted
    assert not checked(waivers, "p2").accepted


def test_a_waiver_that_has_run_out_is_void():
    assert not checked([waiver(expires="2020-01-31")]).accepted


@pytest.mark.parametrize("code", ["size.missing", "schema.type", "metadata.blank_kye"])
def test_a_code_that_cannot_be_waived_is_a_site_error(code):
    with pytest.raises(SiteError) as caught:
        Engine.open({"waivers": [waiver(code)]}, inventory={})
    assert caught.value.problems[0].path == "waivers.0.code"


@pytest.mark.parametrize("member", ["reason", "owner", "expires"])
def test_a_waiver_says_why_by_whom_and_until_when(member):
    document = waiver()
    del document[member]
    with pytest.raises(SiteError) as caught:
        Engine.open({"waivers": [document]}, inventory={})
    assert caught.value.problems[0].path == f"waivers.0.{member}"


def test_what_is_required_and_there_opens():
    Engine.open({"required": ["pluggy>=1"]}, inventory={}).close()


@pytest.mark.parametrize("requirement", ["volrules-nowhere", "pluggy>=1000", "not a requirement"])
def test_what_is_required_and_not_there_does_not_open(requirement):
    with pytest.raises(SiteError) as caught:
        Engine.open({"required": [requirement]}, inventory={})
    assert [each.path for each in caught.value.problems] == ["required"]
