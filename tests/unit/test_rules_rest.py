"""Rules 12 to 14: metadata, the size of a single volume, dispatch; and what passes through."""

from __future__ import annotations

import pytest

from tests.builders import (
    BACKUP,
    IMAGE,
    OTHER,
    SNAPSHOT,
    VOLUME,
    a_context,
    a_request,
    a_site,
    a_volume,
    an_inventory,
    check,
    codes,
    origin,
    paths,
)


@pytest.mark.parametrize(
    "metadata", [{}, None, {"k" * 255: "v" * 255}, {"k": ""}, {" ": "v"}, {"ключ/~ \n": "値"}, {"😀" * 255: "😀" * 255}]
)
def test_metadata_is_taken_as_it_is(metadata):
    decision = check(a_request(metadata=metadata))
    assert dict(decision.spec.metadata) == (metadata or {})
    assert origin(decision, "metadata") == "request"


@pytest.mark.parametrize(
    ("metadata", "code", "kind", "path"),
    [
        ({"": "v"}, "blank_key", "InvalidVolumeMetadata", "/volume/metadata/"),
        ({"k" * 256: "v"}, "key_too_long", "InvalidVolumeMetadataSize", f"/volume/metadata/{'k' * 256}"),
        ({"a/b~c": "v" * 256}, "value_too_long", "InvalidVolumeMetadataSize", "/volume/metadata/a~1b~0c"),
    ],
)
def test_metadata_fits_the_database(metadata, code, kind, path):
    (objection,) = check(a_request(metadata=metadata)).violations
    assert (objection.code, objection.kind, objection.path) == (f"metadata.{code}", kind, path)


def test_all_that_is_wrong_with_metadata_is_told():
    metadata = {"z" * 256: "v" * 256, "": "", "a": "v" * 256}
    decision = check(a_request(metadata=metadata))
    expected = ["blank_key", "key_too_long", "value_too_long", "value_too_long"]
    assert codes(decision) == [f"metadata.{each}" for each in expected]
    assert paths(decision)[2:] == [f"/volume/metadata/{'z' * 256}", "/volume/metadata/a"]


@pytest.mark.parametrize(
    ("limit", "size", "accepted"), [(10, 10, True), (10, 11, False), (-1, 9999, True), (0, 1, False)]
)
def test_a_single_volume_has_a_limit(limit, size, accepted):
    site = a_site(quotas={"default": {"per_volume_gigabytes": limit}})
    decision = check(a_request(size=size), site=site)
    assert decision.accepted is accepted
    for objection in decision.violations:
        assert (objection.code, objection.kind) == ("quota.per_volume_gigabytes", "VolumeSizeExceedsLimit")
        assert objection.params["limit"] == limit


def test_a_projects_own_limit_for_a_volume_counts():
    quotas = {"default": {"per_volume_gigabytes": 5}, "projects": {"p1": {"per_volume_gigabytes": 20}, "p2": {}}}
    assert check(a_request(), site=a_site(quotas=quotas)).accepted
    assert codes(check(a_request(), site=a_site(quotas=quotas), context=a_context(project_id="p2")))


def test_a_check_against_an_inventory_tells_no_quota():
    site = a_site(quotas={"default": {"volumes": 0, "gigabytes": 0}})
    assert check(a_request(), site=site).accepted


SOURCES = [{"snapshot_id": SNAPSHOT}, {"source_volid": VOLUME}, {"backup_id": BACKUP}, {"size": 10, "imageRef": IMAGE}]


@pytest.mark.parametrize("same_host", [True, False])
@pytest.mark.parametrize("host", ["h@b#p", None, ""])
@pytest.mark.parametrize("source", [{}, *SOURCES])
def test_a_copy_is_made_where_its_source_lives(source, host, same_host):
    decision = check(
        a_request(**source),
        inventory=an_inventory(volumes=[a_volume(host=host)]),
        site=a_site(snapshot_same_host=same_host),
    )
    there = bool(host) and ("source_volid" in source or ("snapshot_id" in source and same_host))
    assert dict(decision.dispatch) == ({"target": "host", "host": host} if there else {"target": "scheduler"})
    assert origin(decision, "dispatch") in ({"snapshot", "source_volume"} if there else {"fallback"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"name": None, "display_name": "old"}, "old"),
        ({"name": "new", "display_name": "old"}, "new"),
        ({"name": "", "display_name": "old"}, ""),
        ({"name": " \t\u3000x y\n\x1f"}, "x y"),
        ({"name": " " * 300 + "x" * 255 + "\n" * 300}, "x" * 255),
        ({"name": " " * 300}, ""),
        ({"name": "😀" * 255}, "😀" * 255),
    ],
)
def test_names_are_stripped_and_the_newer_spelling_wins(given, expected):
    assert check(a_request(**given)).spec.name == expected
    renamed = {key.replace("name", "description"): each for key, each in given.items()}
    assert check(a_request(**renamed)).spec.description == expected


def test_groups_and_hints_pass_through():
    decision = check(a_request(group_id="g", consistencygroup_id=OTHER.replace("-", "").upper(), hints={"a": [1, {}]}))
    spec = decision.to_dict()["spec"]
    assert (spec["group_id"], spec["consistencygroup_id"]) == ("g", OTHER)
    assert spec["scheduler_hints"] == {"a": [1, {}]}
    assert spec["extra"] == {}
