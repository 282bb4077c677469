"""Rules 7 to 11: zone, volume type and what it demands, QoS specs, encryption."""

from __future__ import annotations

import pytest

from tests.builders import (
    BACKUP,
    CRYPT,
    GONE,
    IMAGE,
    LUKS,
    OTHER,
    SNAPSHOT,
    SSD,
    VOLUME,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_inventory,
    check,
    codes,
    origin,
    warnings,
)

COPIES = {"snapshot_id": SNAPSHOT, "source_volid": VOLUME}
FIELD = {"snapshot_id": "snapshot", "source_volid": "source_volume", "backup_id": "backup"}


def in_zone(zone):
    return an_inventory(volumes=[a_volume(availability_zone=zone)])


def test_a_zone_is_what_the_request_says():
    decision = check(a_request(availability_zone="az1"))
    assert (decision.spec.availability_zone, origin(decision, "availability_zone")) == ("az1", "request")


@pytest.mark.parametrize("key", COPIES)
def test_a_zone_left_out_is_the_sources(key):
    decision = check(a_request(**{key: COPIES[key]}), inventory=in_zone("az1"))
    assert (decision.spec.availability_zone, origin(decision, "availability_zone")) == ("az1", FIELD[key])


@pytest.mark.parametrize("zone", [None, ""])
@pytest.mark.parametrize("key", COPIES)
def test_a_source_without_a_zone_falls_through(key, zone):
    decision = check(a_request(**{key: COPIES[key]}), inventory=in_zone(zone))
    assert (decision.spec.availability_zone, origin(decision, "availability_zone")) == ("nova", "fallback")
    assert check(a_request(availability_zone="az1", **{key: COPIES[key]}), inventory=in_zone(zone)).accepted


def test_the_sites_default_comes_before_its_last_resort():
    site = a_site(default_availability_zone="az1", storage_availability_zone="nova")
    decision = check(a_request(), site=site)
    assert (decision.spec.availability_zone, origin(decision, "availability_zone")) == ("az1", "site_default")


def test_a_backup_or_image_suggests_no_zone():
    for sources in ({"backup_id": BACKUP}, {"size": 10, "imageRef": IMAGE}):
        assert check(a_request(**sources), inventory=in_zone("az1")).spec.availability_zone == "nova"


def test_a_zone_is_one_that_the_site_offers():
    (objection,) = check(a_request(availability_zone="mars")).violations
    assert (objection.code, objection.kind) == ("availability_zone.not_offered", "InvalidInput")
    assert objection.path == "/volume/availability_zone"


def test_a_site_that_names_no_zones_offers_every_one():
    assert check(a_request(availability_zone="mars"), site=a_site(availability_zones=None)).accepted


def test_the_zone_that_nobody_asked_for_must_be_offered_too():
    assert codes(check(a_request(), site=a_site(availability_zones=["az1"]))) == ["availability_zone.not_offered"]
    assert codes(check(a_request(source_volid=VOLUME), inventory=in_zone("old"))) == ["availability_zone.not_offered"]


@pytest.mark.parametrize(("key", "code"), [("snapshot_id", "not_snapshots"), ("source_volid", "not_source_volumes")])
def test_a_copy_stays_in_its_sources_zone(key, code):
    body = a_request(availability_zone="nova", **{key: COPIES[key]})
    (objection,) = check(body, inventory=in_zone("az1")).violations
    assert (objection.code, objection.kind) == (f"availability_zone.{code}", "InvalidInput")
    assert check(body, inventory=in_zone("az1"), site=a_site(cloned_volume_same_az=False)).accepted


def test_a_zone_may_be_neither_offered_nor_the_sources():
    body = a_request(availability_zone="mars", source_volid=VOLUME)
    expected = ["availability_zone.not_offered", "availability_zone.not_source_volumes"]
    assert codes(check(body, inventory=in_zone("az1"))) == expected


def test_a_type_is_the_one_named_else_the_sites_default_else_none():
    for site, body, name, where in (
        (a_site(default_volume_type="crypt"), a_request(volume_type="ssd"), "ssd", "request"),
        (a_site(default_volume_type="crypt"), a_request(), "crypt", "site_default"),
        (a_site(), a_request(), None, "fallback"),
    ):
        decision = check(body, site=site)
        assert (decision.spec.volume_type, origin(decision, "volume_type")) == (name, where)


def typed(key, type_id):
    """An inventory in which the source has the type."""
    if key == "snapshot_id":
        return an_inventory(snapshots=[a_snapshot(volume_type_id=type_id)])
    return an_inventory(volumes=[a_volume(volume_type_id=type_id)])


@pytest.mark.parametrize("requested", [None, "crypt"])
@pytest.mark.parametrize("inherited", [None, SSD])
@pytest.mark.parametrize("key", ["snapshot_id", "backup_id"])
def test_a_snapshots_or_backups_type_counts_even_when_it_is_none(key, inherited, requested):
    body = a_request(volume_type=requested, **{key: {"snapshot_id": SNAPSHOT, "backup_id": BACKUP}[key]})
    decision = check(body, inventory=typed(key, inherited), site=a_site(default_volume_type="crypt"))
    assert decision.spec.volume_type_id == inherited
    assert origin(decision, "volume_type") == FIELD[key]
    assert warnings(decision) == (["volume_type.overridden"] if requested else [])


@pytest.mark.parametrize("requested", ["ssd", SSD])
def test_naming_the_type_that_a_snapshot_has_overrides_nothing(requested):
    decision = check(a_request(snapshot_id=SNAPSHOT, volume_type=requested), inventory=typed("snapshot_id", SSD))
    assert decision.accepted
    assert not decision.warnings


def test_a_snapshots_type_is_its_own_not_its_volumes():
    inventory = an_inventory(volumes=[a_volume(volume_type_id=CRYPT)], snapshots=[a_snapshot(volume_type_id=SSD)])
    assert check(a_request(snapshot_id=SNAPSHOT), inventory=inventory).spec.volume_type_id == SSD


def test_a_source_volumes_type_counts_when_none_is_named():
    site = a_site(default_volume_type="ssd")
    for requested, inherited, expected, where in (
        (None, CRYPT, CRYPT, "source_volume"),
        (None, None, None, "source_volume"),
        ("ssd", CRYPT, SSD, "request"),
        ("", CRYPT, CRYPT, "source_volume"),
    ):
        body = a_request(source_volid=VOLUME, volume_type=requested)
        decision = check(body, inventory=typed("source_volid", inherited), site=site)
        assert (decision.spec.volume_type_id, origin(decision, "volume_type")) == (expected, where)
        assert not decision.warnings


@pytest.mark.parametrize("key", FIELD)
def test_an_inherited_type_that_the_site_lacks_is_a_violation(key):
    body = a_request(**{key: {"backup_id": BACKUP, **COPIES}[key]})
    (objection,) = check(body, inventory=typed(key, GONE)).violations
    assert (objection.code, objection.kind) == ("volume_type.not_declared", "VolumeTypeNotFound")


def test_a_backup_whose_volume_is_gone_is_a_violation():
    body, inventory = a_request(backup_id=BACKUP, volume_type="ssd"), an_inventory(volumes=[])
    (objection,) = check(body, inventory=inventory).violations
    assert (objection.code, objection.kind) == ("volume_type.backup_volume_gone", "VolumeNotFound")


def test_a_snapshot_whose_volume_is_gone_is_no_violation():
    assert check(a_request(snapshot_id=SNAPSHOT), inventory=an_inventory(volumes=[])).accepted


def with_specs(**specs):
    return a_site(volume_types=[a_type(extra_specs={key.replace("__", ":"): each for key, each in specs.items()})])


@pytest.mark.parametrize(
    ("size", "code"), [(4, "size_too_small"), (5, None), (7, None), (9, None), (10, "size_too_large")]
)
def test_a_type_bounds_the_size_inclusively(size, code):
    site = with_specs(provisioning__min_vol_size="5", provisioning__max_vol_size="9")
    decision = check(a_request(size=size, volume_type="ssd"), site=site)
    assert codes(decision) == ([f"volume_type.{code}"] if code else [])
    for objection in decision.violations:
        assert (objection.kind, objection.path) == ("InvalidInput", "/volume/size")


def test_a_type_is_offered_in_its_zones():
    site = with_specs(RESKEY__availability_zones=" az1 , nova,")
    for zone in ("az1", "nova", None):
        assert check(a_request(volume_type="ssd", availability_zone=zone), site=site).accepted
    site = with_specs(RESKEY__availability_zones="az1")
    (objection,) = check(a_request(volume_type="ssd"), site=site).violations
    assert (objection.code, objection.kind) == ("volume_type.not_in_zone", "InvalidTypeAvailabilityZones")


@pytest.mark.parametrize("wanted", [True, "true", "True", "on", "YES", "y", "t", "1"])
def test_multiattach_needs_a_type_that_has_it(wanted):
    site = with_specs(multiattach="<is> True")
    assert check(a_request(volume_type="ssd", multiattach=wanted), site=site).spec.multiattach is True
    for site, body in (
        (a_site(), a_request(multiattach=wanted)),
        (a_site(), a_request(volume_type="ssd", multiattach=wanted)),
        (with_specs(multiattach="True"), a_request(volume_type="ssd", multiattach=wanted)),
    ):
        (objection,) = check(body, site=site).violations
        assert (objection.code, objection.kind) == ("volume_type.no_multiattach", "InvalidInput")


@pytest.mark.parametrize("wanted", [None, False, "false", "off", "NO", "n", "f", "0"])
def test_multiattach_is_the_types(wanted):
    body = a_request(volume_type="ssd", multiattach=wanted)
    assert check(body, site=with_specs(multiattach="<is> True")).spec.multiattach is True
    assert check(body).spec.multiattach is False


def test_multiattach_and_encryption_exclude_each_other():
    site = a_site(volume_types=[a_type(extra_specs={"multiattach": "<is> True"}, encryption=LUKS)])
    (objection,) = check(a_request(volume_type="ssd"), site=site).violations
    assert (objection.code, objection.kind) == ("volume_type.multiattach_encrypted", "InvalidVolume")


def test_qos_specs_are_the_types():
    site = a_site(
        volume_types=[a_type(qos_specs="gold"), a_type("plain")],
        qos_specs=[{"id": OTHER, "name": "gold", "consumer": "both", "specs": {"iops": 5}}],
    )
    decision = check(a_request(volume_type="ssd"), site=site)
    assert decision.to_dict()["spec"]["qos_specs"] == {
        "id": OTHER,
        "name": "gold",
        "consumer": "both",
        "specs": {"iops": "5"},
    }
    assert origin(decision, "qos_specs") == "volume_type"
    assert check(a_request(volume_type="plain"), site=site).spec.qos_specs is None


CREATE, COPY = {"action": "create"}, {"action": "copy", "source_key_id": "k1"}
KEYED = [
    ({"snapshot_id": SNAPSHOT}, {"snapshots": [a_snapshot(volume_type_id=CRYPT, encryption_key_id="k1")]}, "snapshot"),
    (
        {"source_volid": VOLUME},
        {"volumes": [a_volume(volume_type_id=CRYPT, encryption_key_id="k1")]},
        "source_volume",
    ),
    ({"backup_id": BACKUP}, {"volumes": [a_volume(volume_type_id=CRYPT, encryption_key_id="k1")]}, "backup"),
]


@pytest.mark.parametrize(("source", "sections", "where"), KEYED)
def test_an_encrypted_types_key_is_a_copy_of_the_sources(source, sections, where):
    decision = check(a_request(**source), inventory=an_inventory(**sections))
    assert (dict(decision.spec.encryption_key), origin(decision, "encryption_key")) == (COPY, where)


@pytest.mark.parametrize(("source", "sections", "where"), KEYED)
def test_an_encrypted_types_key_is_made_where_the_source_has_none(source, sections, where):
    bare = {section: [{**row, "encryption_key_id": None} for row in rows] for section, rows in sections.items()}
    decision = check(a_request(**source), inventory=an_inventory(**bare))
    assert (dict(decision.spec.encryption_key), origin(decision, "encryption_key")) == (CREATE, "volume_type")


@pytest.mark.parametrize(("source", "sections", "where"), KEYED)
def test_a_plain_type_has_no_key_whatever_the_source_has(source, sections, where):
    plain = {section: [{**row, "volume_type_id": SSD} for row in rows] for section, rows in sections.items()}
    assert check(a_request(**source), inventory=an_inventory(**plain)).spec.encryption_key is None


def test_a_snapshots_key_is_its_own_not_its_volumes():
    inventory = an_inventory(volumes=[a_volume(encryption_key_id="k1")], snapshots=[a_snapshot(volume_type_id=CRYPT)])
    assert dict(check(a_request(snapshot_id=SNAPSHOT), inventory=inventory).spec.encryption_key) == CREATE


def test_a_clone_into_an_encrypted_type_makes_its_first_key():
    body = a_request(source_volid=VOLUME, volume_type="crypt")
    assert dict(check(body).spec.encryption_key) == CREATE
