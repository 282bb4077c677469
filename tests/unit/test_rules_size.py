"""Rules 5 and 6: the size, and the image that must fit into it."""

from __future__ import annotations

import pytest

from tests.builders import (
    BACKUP,
    GIB,
    IMAGE,
    SNAPSHOT,
    VOLUME,
    a_backup,
    a_request,
    a_snapshot,
    a_volume,
    an_image,
    an_inventory,
    check,
    codes,
    origin,
)

SIZED = [
    ("snapshot_id", SNAPSHOT, "snapshots", a_snapshot, "volume_size", "snapshot"),
    ("source_volid", VOLUME, "volumes", a_volume, "size", "source_volume"),
    ("backup_id", BACKUP, "backups", a_backup, "size", "backup"),
]
OPEN = [{}, {"size": None}, {"size": 0}]


@pytest.mark.parametrize("size", [1, "1", "007", 2147483647, "2147483647", "0" * 5000 + "12"])
def test_a_size_is_a_number_or_its_digits(size):
    decision = check(a_request(size=size))
    assert decision.spec.size == (size if isinstance(size, int) else int(size[-12:]))
    assert origin(decision, "size") == "request"


@pytest.mark.parametrize("given", OPEN)
@pytest.mark.parametrize(("key", "source", "section", "build", "member", "field"), SIZED)
def test_a_size_left_open_is_the_sources(key, source, section, build, member, field, given):
    inventory = an_inventory(**{section: [build(**{member: 7})]})
    decision = check({"volume": {key: source, **given}}, inventory=inventory)
    assert decision.spec.size == 7
    assert origin(decision, "size") == field


@pytest.mark.parametrize(("key", "source", "section", "build", "member", "field"), SIZED)
def test_the_text_zero_is_a_size_that_is_given(key, source, section, build, member, field):
    assert codes(check({"volume": {key: source, "size": "0"}}))[0] == "size.not_positive"


@pytest.mark.parametrize("given", [{}, {"size": None}])
@pytest.mark.parametrize(("key", "source", "section", "build", "member", "field"), SIZED)
def test_a_source_of_unknown_size_has_none_to_give(key, source, section, build, member, field, given):
    inventory = an_inventory(**{section: [build(**{member: None})]})
    assert codes(check({"volume": {key: source, **given}}, inventory=inventory)) == ["size.missing"]
    assert check({"volume": {key: source, "size": 1}}, inventory=inventory).accepted


@pytest.mark.parametrize("given", [{}, {"size": None}, {"size": None, "imageRef": IMAGE}])
def test_without_a_source_a_size_is_needed(given):
    (missing,) = check({"volume": given}).violations
    assert (missing.code, missing.kind, missing.path) == ("size.missing", "InvalidInput", "/volume/size")


@pytest.mark.parametrize("size", [0, -1, "0", "000", -2147483649, -(10**30)])
def test_a_size_is_positive(size):
    (objection,) = check(a_request(size=size)).violations
    assert (objection.code, objection.kind, objection.path) == ("size.not_positive", "InvalidInput", "/volume/size")


@pytest.mark.parametrize(("key", "source", "section", "build", "member", "field"), SIZED)
def test_the_source_fits_into_the_size(key, source, section, build, member, field):
    inventory = an_inventory(**{section: [build(**{member: 7})]})
    assert check({"volume": {key: source, "size": 7}}, inventory=inventory).accepted
    assert check({"volume": {key: source, "size": "8"}}, inventory=inventory).spec.size == 8
    (objection,) = check({"volume": {key: source, "size": 6}}, inventory=inventory).violations
    assert (objection.code, objection.kind, objection.path) == (f"size.below_{field}", "InvalidInput", "/volume/size")
    assert (objection.params["size"], objection.params["minimum"]) == (6, 7)


@pytest.mark.parametrize(
    ("image", "least", "code"),
    [
        ({"size": 0, "min_disk": 0}, 1, None),
        ({"size": 1, "min_disk": None}, 1, None),
        ({"size": 3 * GIB, "min_disk": 0}, 3, "image.too_large"),
        ({"size": 3 * GIB + 1, "min_disk": 0}, 4, "image.too_large"),
        ({"size": 1, "min_disk": 5}, 5, "image.min_disk"),
        ({"size": 1, "min_disk": 0, "virtual_size": 5 * GIB}, 5, "image.virtual_size"),
        ({"size": 1, "min_disk": 0, "virtual_size": 5 * GIB + 1}, 6, "image.virtual_size"),
        ({"size": None, "min_disk": None, "virtual_size": None}, 1, None),
    ],
)
def test_the_image_fits_into_the_size(image, least, code):
    inventory = an_inventory(images=[an_image(**image)])
    assert check(a_request(size=least, imageRef=IMAGE), inventory=inventory).accepted
    if code:
        (objection,) = check(a_request(size=least - 1, imageRef=IMAGE), inventory=inventory).violations
        assert (objection.code, objection.kind, objection.path) == (code, "InvalidInput", "/volume/size")
        assert objection.params["minimum"] == least


def test_all_that_an_image_needs_is_told_in_order():
    inventory = an_inventory(images=[an_image(size=9 * GIB, min_disk=8, virtual_size=7 * GIB)])
    expected = ["image.too_large", "image.min_disk", "image.virtual_size"]
    assert codes(check(a_request(size=1, imageRef=IMAGE), inventory=inventory)) == expected


def test_an_image_has_no_size_to_give():
    assert codes(check({"volume": {"size": 0, "imageRef": IMAGE}})) == ["size.not_positive"]
