"""The pipeline: order, silence, provenance, enforcement; and the decision as a document."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from tests import builders
from tests.builders import (
    BACKUP,
    GIB,
    GONE,
    IMAGE,
    SNAPSHOT,
    SSD,
    VOLUME,
    a_context,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_image,
    an_inventory,
    assert_valid,
    check,
    codes,
    origin,
    text,
    warnings,
)
from volrules import Decision, Engine, SiteError, UsageError

FIELDS = ["size", "availability_zone", "volume_type", "qos_specs", "encryption_key", "metadata", "dispatch"]
STRICT = a_site(
    volume_types=[a_type(id=SSD, extra_specs={"provisioning:min_vol_size": 8, "RESKEY:availability_zones": "az1"})],
    quotas={"default": {"per_volume_gigabytes": 3}},
)


def test_every_violation_is_told_in_the_order_of_the_rules():
    inventory = an_inventory(
        volumes=[a_volume(availability_zone="az1")], snapshots=[a_snapshot(status="error", volume_size=4)]
    )
    body = a_request(
        snapshot_id=SNAPSHOT, size=3, availability_zone="mars", volume_type="nope", multiattach=True, metadata={"": ""}
    )
    assert codes(check(body, inventory=inventory)) == [
        "volume_type.not_found",
        "snapshot.not_available",
        "size.below_snapshot",
        "availability_zone.not_offered",
        "availability_zone.not_snapshots",
        "volume_type.no_multiattach",
        "metadata.blank_key",
    ]


def test_the_figures_of_a_type_are_judged_against_what_is_sound():
    decision = check(a_request(size=4, volume_type="ssd", metadata={"": ""}), site=STRICT)
    assert codes(decision) == [
        "volume_type.size_too_small",
        "volume_type.not_in_zone",
        "metadata.blank_key",
        "quota.per_volume_gigabytes",
    ]


def test_two_sources_silence_the_look_ups_and_what_reads_sources():
    body = a_request(snapshot_id=GONE, source_volid=GONE, volume_type="nope", metadata={"": ""}, availability_zone="x")
    assert codes(check(body)) == ["sources.exclusive", "availability_zone.not_offered", "metadata.blank_key"]


def test_two_sources_do_not_hide_a_size_that_is_not_positive():
    assert codes(check(a_request(snapshot_id=GONE, source_volid=GONE, size=-1))) == [
        "sources.exclusive",
        "size.not_positive",
    ]


def test_two_sources_and_no_permission_are_both_told():
    body = a_request(snapshot_id=GONE, source_volid=GONE)
    assert codes(check(body, context=a_context(roles=[]))) == ["sources.exclusive", "policy.not_authorized"]


def test_a_source_that_is_not_there_silences_what_would_read_it():
    body = a_request(snapshot_id=GONE, availability_zone="mars", multiattach=True, metadata={"": ""})
    assert codes(check(body)) == ["snapshot.not_found", "availability_zone.not_offered", "metadata.blank_key"]


def test_a_source_that_is_not_there_does_not_hide_a_bad_size():
    assert codes(check(a_request(snapshot_id=GONE, size=0 - 5))) == ["snapshot.not_found", "size.not_positive"]


def test_an_image_that_is_not_there_does_not_hide_that_size_and_type_disagree():
    site = a_site(volume_types=[a_type(extra_specs={"provisioning:max_vol_size": 5})])
    body = a_request(size=10, imageRef=GONE, volume_type="ssd")
    assert codes(check(body, site=site)) == ["image.not_found", "volume_type.size_too_large"]


def test_a_bad_status_does_not_hide_a_bad_size():
    inventory = an_inventory(snapshots=[a_snapshot(status="error")])
    body = a_request(snapshot_id=SNAPSHOT, size=9)
    assert codes(check(body, inventory=inventory)) == ["snapshot.not_available", "size.below_snapshot"]


def test_a_bad_size_silences_what_reads_the_size():
    body = a_request(size=0, imageRef=IMAGE, volume_type="ssd", availability_zone="az1")
    assert codes(check(body, site=STRICT)) == ["size.not_positive"]


def test_a_bad_zone_silences_the_types_zones():
    body = a_request(size=9, volume_type="ssd", availability_zone="mars")
    assert codes(check(body, site={**STRICT, "quotas": {}})) == ["availability_zone.not_offered"]


def test_an_image_that_does_not_fit_silences_nothing():
    inventory = an_inventory(images=[an_image(size=9 * GIB)])
    body = a_request(size=5, imageRef=IMAGE, volume_type="ssd", availability_zone="az1")
    assert codes(check(body, site=STRICT, inventory=inventory)) == [
        "image.too_large",
        "volume_type.size_too_small",
        "quota.per_volume_gigabytes",
    ]


def test_no_permission_does_not_hide_that_there_is_no_size():
    assert codes(check({"volume": {}}, context=a_context(roles=[]))) == ["policy.not_authorized", "size.missing"]


def test_no_permission_does_not_hide_what_needs_no_look_up():
    body = a_request(size=0, metadata={"": ""}, availability_zone="mars")
    assert codes(check(body, context=a_context(roles=["reader"]))) == [
        "policy.not_authorized",
        "size.not_positive",
        "availability_zone.not_offered",
        "metadata.blank_key",
    ]


def test_a_shape_violation_ends_the_evaluation():
    decision = check({"volume": {"size": True, "name": 5, "metadata": {"": ""}}}, context=a_context(roles=[]))
    assert codes(decision) == ["schema.type", "schema.type"]
    assert {each.kind for each in decision.violations} == {"ValidationError"}
    assert not decision.provenance


def test_every_field_has_its_provenance():
    decision = check(a_request())
    assert list(decision.provenance) == FIELDS
    assert {each.plugin for each in decision.provenance.values()} == {"volrules"}
    assert [each.rule for each in decision.provenance.values()] == FIELDS


def test_all_origins_of_the_built_in_rules():
    site = a_site(default_availability_zone="az1", default_volume_type="ssd")
    zoned = an_inventory(volumes=[a_volume(availability_zone="az1", host="h", volume_type_id=SSD)])
    seen = {
        (field, origin(check(body, site=site, inventory=zoned), field))
        for body in (
            a_request(size=20, availability_zone="az1", volume_type="ssd"),
            a_request(),
            a_request(snapshot_id=SNAPSHOT),
            a_request(source_volid=VOLUME),
            a_request(backup_id=BACKUP),
        )
        for field in FIELDS
    }
    assert {where for _, where in seen} == {
        "request",
        "site_default",
        "fallback",
        "snapshot",
        "source_volume",
        "backup",
        "volume_type",
    }
    assert {field for field, where in seen if where == "backup"} == {"size", "volume_type"}


@pytest.mark.parametrize("enforcement", ["warn", "audit"])
def test_a_softened_violation_is_a_warning_and_the_field_stays(enforcement):
    site = a_site(rules={"availability_zone.not_offered": {"enforcement": enforcement}})
    decision = check(a_request(availability_zone="mars"), site=site)
    assert decision.accepted
    assert decision.spec.availability_zone == "mars"
    assert [(each.code, each.enforcement) for each in decision.warnings] == [
        ("availability_zone.not_offered", enforcement)
    ]


def test_a_warning_can_be_hardened():
    site = a_site(rules={"volume_type.overridden": {"enforcement": "deny"}})
    decision = check(a_request(snapshot_id=SNAPSHOT, volume_type="ssd"), site=site)
    assert codes(decision) == ["volume_type.overridden"]
    assert not decision.warnings


@pytest.mark.parametrize(
    "code", ["size.missing", "snapshot.not_found", "schema.type", "sources.exclusive", "quota.volumes"]
)
def test_what_a_spec_cannot_do_without_is_not_softened(code):
    with pytest.raises(SiteError):
        Engine.open(a_site(rules={code: {"enforcement": "warn"}}), inventory={})


def test_a_misspelt_code_is_a_site_error():
    with pytest.raises(SiteError):
        Engine.open(a_site(rules={"size.below_snapshots": {"enforcement": "warn"}}), inventory={})


def test_a_rejected_decision_keeps_its_warnings():
    decision = check(a_request(snapshot_id=SNAPSHOT, volume_type="ssd", metadata={"": ""}))
    assert (codes(decision), warnings(decision)) == (["metadata.blank_key"], ["volume_type.overridden"])


@pytest.mark.parametrize(
    "body", [a_request(), a_request(size=0), a_request(snapshot_id=SNAPSHOT, volume_type="ssd"), 5]
)
def test_a_decision_survives_documents_and_pickles(body):
    decision = check(body, line="line-1")
    for other in (
        Decision.from_dict(json.loads(json.dumps(decision.to_dict()))),
        pickle.loads(pickle.dumps(decision)),
        copy.deepcopy(decision),
    ):
        assert other.to_dict() == decision.to_dict()
        assert other == decision
        assert (other.accepted, other.outcome, other.id) == (decision.accepted, decision.outcome, "line-1")


@pytest.mark.parametrize("line", [None, "x", 0, 1.5, False])
def test_the_id_is_handed_through(line):
    assert check(a_request(), line=line).to_dict()["id"] is line


def test_a_decision_cannot_be_changed():
    decision = check(a_request(metadata={"a": "b"}, hints={"a": {"b": [1]}}))
    for change in (
        lambda: setattr(decision, "spec", None),
        lambda: setattr(decision.spec, "size", 1),
        lambda: decision.spec.metadata.update(a="c"),
        lambda: decision.spec.scheduler_hints["a"].update(b=1),
        lambda: decision.dispatch.update(target="host"),
        lambda: decision.provenance.pop("size"),
    ):
        with pytest.raises((AttributeError, TypeError)):
            change()


def test_a_decision_does_not_follow_its_body():
    body = a_request(name="before", metadata={"a": "b"}, hints={"a": 1})
    with Engine.open(a_site(), inventory={}) as engine:
        decision = engine.check(body)
    body["volume"].update(name="after", size=99, availability_zone="mars", imageRef=IMAGE)
    body["volume"]["metadata"]["a"] = "c"
    body["OS-SCH-HNT:scheduler_hints"]["a"] = 2
    spec = decision.to_dict()["spec"]
    assert (spec["name"], spec["size"], spec["metadata"], spec["scheduler_hints"]) == (
        "before",
        10,
        {"a": "b"},
        {"a": 1},
    )


def test_the_fingerprint_tells_sites_apart():
    with (
        Engine.open(a_site(), inventory={}) as one,
        Engine.open(a_site(), inventory=an_inventory()) as same,
        Engine.open(a_site(snapshot_same_host=False), inventory={}) as other,
        Engine.open(a_site(plugins={"metadata": {"enabled": False}}), inventory={}) as fewer,
    ):
        prints = [each.check(a_request()).policy_fingerprint for each in (one, same, other, fewer)]
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


SCRIPT = """
import json, sys
from builders import *
bodies = [a_request(), {"volume": {"size": True, "x": 1, "a": 2, "metadata": {"b": 1}}, "z": 1, "y": {}},
          a_request(snapshot_id=SNAPSHOT, size=1, volume_type="ssd", metadata={"b": "1", "": "", "a": "v" * 256}),
          a_request(snapshot_id=GONE, source_volid=GONE), a_request(volume_type="sdd", availability_zone="nowa")]
for body in bodies:
    for roles in (["member"], ["b", "a"]):
        print(text(check(body, context=a_context(roles=roles))))
"""


def test_decisions_are_the_same_bytes_in_every_process(tmp_path):
    def output(seed):
        path = os.pathsep.join([str(Path(builders.__file__).parent), *filter(None, sys.path)])
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        # Not from the checkout: that would hide an installed package.
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        return run.stdout

    first = output("1")
    assert first.count(b"policy_fingerprint") == 10
    assert output("2") == first


@pytest.mark.parametrize(
    "context",
    [{"project": "p"}, {"roles": "admin"}, {"roles": [1]}, {"project_id": 5}, {"project_id": ""}, "p1", {1: 2}],
)
def test_a_context_that_is_none_is_a_usage_error(context):
    with Engine.open(a_site(), inventory={}) as engine, pytest.raises(UsageError):
        engine.check(a_request(), context)


def test_no_context_and_nulls_are_the_default_project():
    with Engine.open(a_site(), inventory=an_inventory(volumes=[a_volume(project_id="default")])) as engine:
        for context in (None, {}, {"project_id": None, "user_id": None, "roles": None, "request_id": None}):
            decision = engine.check(a_request(source_volid=VOLUME), context)
            assert decision.accepted
            assert_valid("decision", decision.to_dict())
    assert text(decision)
