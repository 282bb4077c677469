"""Rules 1 to 4: one source, by somebody who may, that is there, and that can be copied from."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.builders import (
    BACKUP,
    GONE,
    IMAGE,
    OTHER,
    SNAPSHOT,
    SSD,
    VOLUME,
    a_backup,
    a_context,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_image,
    an_inventory,
    check,
    codes,
)

SOURCES = {"snapshot_id": SNAPSHOT, "source_volid": VOLUME, "imageRef": IMAGE, "backup_id": BACKUP}
ADMIN = a_context(roles=["admin"])


@pytest.mark.parametrize("key", SOURCES)
def test_one_source_is_accepted(key):
    assert check(a_request(size=10, **{key: SOURCES[key]})).accepted


@pytest.mark.parametrize("given", [*combinations(SOURCES, 2), *combinations(SOURCES, 3), tuple(SOURCES)])
def test_two_sources_exclude_each_other(given):
    decision = check(a_request(size=10, **{key: SOURCES[key] for key in given}))
    assert [(each.code, each.kind) for each in decision.violations] == [("sources.exclusive", "InvalidInput")]


def test_null_and_empty_sources_are_not_given():
    assert check(
        a_request(snapshot_id=SNAPSHOT, source_volid=None, imageRef="", image_id=None, backup_id=None)
    ).accepted


@pytest.mark.parametrize("roles", [["admin"], ["member"], ["reader", "member"], None])
def test_admins_members_and_whoever_is_authorized_already_may_create(roles):
    assert check(a_request(), context=a_context(roles=roles)).accepted


@pytest.mark.parametrize("roles", [[], ["reader"], ["Admin"]])
def test_nobody_else_may_create(roles):
    decision = check(a_request(), context=a_context(roles=roles))
    (refusal,) = decision.violations
    assert (refusal.code, refusal.kind) == ("policy.not_authorized", "PolicyNotAuthorized")
    assert refusal.recovery == "ask_operator"


def test_nothing_is_looked_up_for_who_may_not_create():
    body = a_request(size=10, snapshot_id=GONE, volume_type="nope")
    assert codes(check(body, context=a_context(roles=[]))) == ["policy.not_authorized"]


NOT_FOUND = [
    ("snapshot_id", "snapshot", "SnapshotNotFound"),
    ("source_volid", "source_volume", "VolumeNotFound"),
    ("backup_id", "backup", "BackupNotFound"),
    ("imageRef", "image", "ImageNotFound"),
    ("image_id", "image", "ImageNotFound"),
    ("volume_type", "volume_type", "VolumeTypeNotFound"),
]


@pytest.mark.parametrize(("key", "noun", "kind"), NOT_FOUND)
def test_what_is_not_there_is_not_found(key, noun, kind):
    (missing,) = check(a_request(size=10, **{key: GONE})).violations
    assert (missing.code, missing.kind) == (f"{noun}.not_found", kind)
    assert missing.path == f"/volume/{key}"


@pytest.mark.parametrize("key", ["snapshot_id", "source_volid", "imageRef", "backup_id"])
def test_a_source_that_is_not_there_does_not_hide_a_type_that_is_not_there(key):
    first, second = codes(check(a_request(size=10, volume_type="nope", **{key: GONE})))
    assert first.endswith(".not_found")
    assert second == "volume_type.not_found"


def of_project(project, **members):
    return an_inventory(
        volumes=[a_volume(project_id=project, **members)],
        snapshots=[a_snapshot(project_id=project, **members)],
        backups=[a_backup(project_id=project, **members)],
        images=[an_image(project_id=project, **members)],
    )


@pytest.mark.parametrize("key", SOURCES)
def test_another_projects_source_does_not_exist(key):
    body, inventory = a_request(size=10, **{key: SOURCES[key]}), of_project("p2")
    assert codes(check(body, inventory=inventory))[0].endswith(".not_found")
    assert codes(check(body, inventory=inventory, context={"project_id": "p1"}))[0].endswith(".not_found")
    assert check(body, inventory=inventory, context=ADMIN).accepted
    assert check(body, inventory=of_project("p2", shared=True)).accepted
    assert check(body, inventory=of_project("p1")).accepted


@pytest.mark.parametrize("key", ["snapshot_id", "backup_id"])
def test_what_names_no_project_has_its_volumes(key):
    inventory = an_inventory(volumes=[a_volume(project_id="p2")])
    body = a_request(**{key: SOURCES[key]})
    assert codes(check(body, inventory=inventory))[0].endswith(".not_found")
    assert check(body, inventory=inventory, context=ADMIN).accepted
    assert check(body, inventory=inventory, context=a_context(project_id="p2")).accepted


def test_a_snapshot_of_mine_keeps_what_its_volume_has_though_that_is_anothers():
    volume = a_volume(project_id="p2", availability_zone="az1", host="h@b#p")
    decision = check(
        a_request(snapshot_id=SNAPSHOT),
        inventory=an_inventory(volumes=[volume], snapshots=[a_snapshot(project_id="p1")]),
    )
    assert decision.spec.availability_zone == "az1"
    assert decision.dispatch == {"target": "host", "host": "h@b#p"}


@pytest.mark.parametrize(
    "reference",
    [
        IMAGE,
        IMAGE.upper(),
        IMAGE.replace("-", ""),
        "debian",
        f"http://glance/v2/images/{IMAGE}",
        f"http://glance/v2/images/{IMAGE}/",
        f"/v2/images/{IMAGE}",
        "https://glance/images/debian",
    ],
)
def test_an_image_goes_by_id_name_or_url(reference):
    assert check(a_request(size=10, imageRef=reference)).spec.image_id == IMAGE


def test_an_ambiguous_image_name_is_not_found():
    inventory = an_inventory(images=[an_image(), an_image(OTHER)])
    assert codes(check(a_request(size=10, imageRef="debian"), inventory=inventory)) == ["image.not_found"]


def test_an_image_name_is_unique_among_what_the_caller_sees():
    inventory = an_inventory(images=[an_image(), an_image(OTHER, project_id="p2")])
    assert check(a_request(size=10, imageRef="debian"), inventory=inventory).spec.image_id == IMAGE
    assert codes(check(a_request(size=10, imageRef="debian"), inventory=inventory, context=ADMIN)) == [
        "image.not_found"
    ]


def test_an_image_id_wins_over_a_name():
    inventory = an_inventory(images=[an_image(), an_image(OTHER, name=IMAGE)])
    assert check(a_request(size=10, imageRef=IMAGE), inventory=inventory).spec.image_id == IMAGE


def test_image_id_wins_over_image_ref_unless_it_is_not_given():
    inventory = an_inventory(images=[an_image(), an_image(OTHER, name="other")])
    for image_id, expected in ((OTHER, OTHER), (None, IMAGE), ("", IMAGE)):
        body = a_request(size=10, imageRef=IMAGE, image_id=image_id)
        assert check(body, inventory=inventory).spec.image_id == expected


@pytest.mark.parametrize("reference", ["ssd", SSD, SSD.upper()])
def test_a_type_goes_by_name_or_id(reference):
    assert check(a_request(volume_type=reference)).spec.volume_type_id == SSD


def test_a_types_name_is_compared_exactly():
    assert codes(check(a_request(volume_type="SSD"))) == ["volume_type.not_found"]


def test_a_types_id_wins_over_a_name():
    site = a_site(volume_types=[a_type(SSD, id=OTHER), a_type("ssd", id=SSD)])
    assert check(a_request(volume_type=SSD), site=site).spec.volume_type == "ssd"


def test_an_empty_type_is_not_given():
    assert check(a_request(volume_type="")).spec.volume_type_id is None


STATUS = [
    ("snapshot_id", "snapshots", a_snapshot, {"available"}, "snapshot.not_available", "InvalidSnapshot"),
    ("source_volid", "volumes", a_volume, {"available", "in-use"}, "source_volume.not_available", "InvalidVolume"),
    ("backup_id", "backups", a_backup, {"available"}, "backup.not_available", "InvalidBackup"),
    ("imageRef", "images", an_image, {"active"}, "image.not_active", "InvalidInput"),
]


@pytest.mark.parametrize("status", ["available", "in-use", "active", "error", "creating", "Available", "", None])
@pytest.mark.parametrize(("key", "section", "build", "allowed", "code", "kind"), STATUS)
def test_a_source_must_have_a_status_to_copy_from(key, section, build, allowed, code, kind, status):
    body, inventory = a_request(size=10, **{key: SOURCES[key]}), an_inventory(**{section: [build(status=status)]})
    decision = check(body, inventory=inventory)
    if status in allowed or status is None:
        assert decision.accepted
    else:
        (objection,) = decision.violations
        assert (objection.code, objection.kind, objection.path) == (code, kind, f"/volume/{key}")
        assert objection.recovery == "wait_and_retry"


def test_the_status_of_a_snapshots_volume_does_not_matter():
    inventory = an_inventory(volumes=[a_volume(status="error")])
    assert check(a_request(snapshot_id=SNAPSHOT), inventory=inventory).accepted
