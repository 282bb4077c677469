from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volrules.errors import DocumentMissing, InventoryError
from volrules.inventory import load_inventory
from volrules.inventory_schema import FIELDS
from volrules.model import Context, Volume
from volrules.reading.cerberus_strict import StrictValidator
from volrules.reading.rows import Rows

UUID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
MINE, OTHERS, ADMIN = Context("mine"), Context("others"), Context("others", roles=("admin",))


def problems(document):
    with pytest.raises(InventoryError) as caught:
        load_inventory(document)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_nothing_is_an_empty_inventory():
    inventory = load_inventory()
    assert not inventory.volumes
    assert inventory.volrules_find_volume(volume_id=UUID, context=MINE) is None


def test_null_means_unknown():
    row = {"id": "v", "size": None, "status": None, "host": None, "shared": None, "project_id": None}
    assert load_inventory({"volumes": [row], "images": None}).volumes["v"] == Volume("v")


def test_ids_and_references_are_canonical():
    volume = {"id": UUID.upper(), "volume_type_id": "B" * 32}
    inventory = load_inventory({"volumes": [volume], "snapshots": [{"id": "s", "volume_id": "A" * 32}]})
    assert inventory.volumes[UUID].volume_type_id == "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb"
    assert inventory.snapshots["s"].volume == inventory.volumes[UUID]
    assert inventory.volrules_find_volume(volume_id="A" * 32, context=MINE).id == UUID


@pytest.mark.parametrize("section", ["snapshots", "backups"])
def test_what_is_of_a_volume_has_it_and_takes_its_project(section):
    rows = [
        {"id": "a", "volume_id": "v"},
        {"id": "b", "volume_id": "v", "project_id": "q"},
        {"id": "c", "volume_id": "w"},
    ]
    inventory = load_inventory({"volumes": [{"id": "v", "project_id": "p"}], section: rows})
    found = getattr(inventory, section)
    assert [found[each].project_id for each in "abc"] == ["p", "q", None]
    assert [found[each].volume is inventory.volumes["v"] for each in "abc"] == [True, True, False]
    assert found["c"].volume is None


@pytest.mark.parametrize(
    ("section", "find", "argument"),
    [
        ("volumes", "volrules_find_volume", "volume_id"),
        ("snapshots", "volrules_find_snapshot", "snapshot_id"),
        ("backups", "volrules_find_backup", "backup_id"),
        ("images", "volrules_find_image", "image_id"),
    ],
)
def test_another_projects_entry_does_not_exist(section, find, argument):
    rows = [{"id": "own", "project_id": "mine"}, {"id": "open", "project_id": "mine", "shared": True}, {"id": "all"}]
    inventory = load_inventory({section: rows})

    def seen(context):
        ids = ("own", "open", "all", "none")
        return [each for each in ids if getattr(inventory, find)(**{argument: each, "context": context})]

    assert seen(MINE) == seen(ADMIN) == ["own", "open", "all"]
    assert seen(OTHERS) == ["open", "all"]


def test_an_image_is_found_by_id_then_by_a_name_unique_to_the_caller():
    rows = [
        {"id": UUID, "name": "cirros"},
        {"id": "i2", "name": "ubuntu", "project_id": "mine"},
        {"id": "i3", "name": "ubuntu", "project_id": "others"},
        {"id": "i4", "name": "i2"},
    ]
    inventory = load_inventory({"images": rows})

    def found(reference, context):
        image = inventory.volrules_find_image(image_id=reference, context=context)
        return image and image.id

    assert found("A" * 32, MINE) == found("cirros", MINE) == UUID
    assert found("ubuntu", MINE) == "i2"
    assert found("ubuntu", OTHERS) == "i3"
    assert found("ubuntu", ADMIN) is None
    assert found("i2", MINE) == "i2"
    assert found("i2", OTHERS) == "i4"


@pytest.mark.parametrize(
    ("document", "path", "nearest"),
    [
        ({"snapshot": []}, "snapshot", "snapshots"),
        ({"volumes": [{"id": "v", "stauts": "x"}]}, "volumes.0.stauts", "status"),
        ({"images": [{"id": "i", "min_dsk": 1}]}, "images.0.min_dsk", "min_disk"),
    ],
)
def test_an_unknown_key_names_the_nearest(document, path, nearest):
    found = problems(document)
    assert list(found) == [path]
    assert f"`{nearest}`?" in found[path]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"volumes": {}}, "volumes"),
        ({"volumes": [1]}, "volumes.0"),
        ({"volumes": [{}]}, "volumes.0.id"),
        ({"volumes": [{"id": ""}]}, "volumes.0.id"),
        ({"volumes": [{"id": 5}]}, "volumes.0.id"),
        ({"volumes": [{"id": None}]}, "volumes.0.id"),
        ({"volumes": [{"id": "v", "size": True}]}, "volumes.0.size"),
        ({"volumes": [{"id": "v", "size": -1}]}, "volumes.0.size"),
        ({"volumes": [{"id": "v", "size": 1.0}]}, "volumes.0.size"),
        ({"volumes": [{"id": "v", "size": 2**63}]}, "volumes.0.size"),
        ({"volumes": [{"id": "v", "shared": 1}]}, "volumes.0.shared"),
        ({"volumes": [{"id": "v"}, {"id": "v"}]}, "volumes.1.id"),
        ({"volumes": [{"id": "A" * 32}, {"id": UUID}]}, "volumes.1.id"),
    ],
)
def test_what_no_inventory_may_say_is_refused_at_its_place(document, path):
    assert list(problems(document)) == [path]


def test_all_problems_come_at_once():
    found = problems({"volumes": [{"id": "v"}, {"id": "v"}, {"id": "w", "size": "1"}], "imges": []})
    assert list(found) == ["volumes.1.id", "volumes.2.size", "imges"]


def test_one_id_in_two_sections_is_no_duplicate():
    load_inventory({"volumes": [{"id": "a"}], "snapshots": [{"id": "a"}]})


def test_problems_have_lines(tmp_path):
    path = tmp_path / "inventory.yaml"
    path.write_text("volumes:\n- id: v\n  size: -1\n")
    with pytest.raises(InventoryError) as caught:
        load_inventory(path)
    assert [problem.line for problem in caught.value.problems] == [3]


def test_a_missing_inventory_is_told_apart(tmp_path):
    with pytest.raises(DocumentMissing):
        load_inventory(tmp_path / "nowhere.json")


field_values = st.sampled_from([None, True, 0, -1, 1, 1.0, 2**63, "", "x", [], {}])


@given(st.sampled_from(sorted(FIELDS)), st.data())
def test_the_fast_yes_and_the_slow_why_agree(section, data):
    rules = {"type": "dict", "schema": FIELDS[section]}
    row = data.draw(st.dictionaries(st.sampled_from([*FIELDS[section], "other"]), field_values))
    accepts = StrictValidator({"row": rules}).validate({"row": row}, normalize=False)
    assert (Rows(rules).findings([row], (section,)) == []) == accepts
