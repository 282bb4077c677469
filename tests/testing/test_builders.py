"""The builders make what they say, and generated bodies are what a plugin must be able to take."""

from __future__ import annotations

import itertools

import pytest

from volrules import Backup, Image, Snapshot, Volume, hookimpl
from volrules.testing import (
    a_backup,
    a_request,
    a_site,
    a_snapshot,
    a_volume,
    a_volume_type,
    an_image,
    an_inventory,
    open_engine,
)
from volrules.testing.generating import generated


class Nothing:
    @hookimpl
    def volrules_validate_volume(self): ...


EXTRA = {
    "properties": {
        "owner": {"type": "string", "examples": ["ada"]},
        "tier": {"enum": ["gold", "silver"]},
        "copies": {"type": "integer", "minimum": 2},
        "frozen": {"type": "boolean"},
    },
    "required": ["owner"],
}


@pytest.mark.parametrize(
    ("record", "build"), [(Volume, a_volume), (Snapshot, a_snapshot), (Backup, a_backup), (Image, an_image)]
)
def test_entries_are_records_members(record, build):
    assert record(**build(project_id="p2")).project_id == "p2"


@pytest.mark.parametrize("build", [a_request, a_volume, a_site, an_inventory, a_volume_type])
def test_each_call_makes_its_own(build):
    assert build() == build()
    assert build() is not build()


def test_a_request_asks_for_a_size_or_a_source():
    assert a_request(name="x") == {"volume": {"size": 10, "name": "x"}}
    assert a_request(snapshot_id="s") == {"volume": {"snapshot_id": "s"}}
    assert a_request(hints={"a": 1})["OS-SCH-HNT:scheduler_hints"] == {"a": 1}


def bodies(extra=EXTRA, seed=0, site=None):
    return list(itertools.islice(generated(a_site() if site is None else site, an_inventory(), extra, seed), 200))


def test_a_seed_generates_the_same_bodies():
    assert bodies() == bodies()
    assert bodies() != bodies(seed=1)


def test_generated_bodies_are_accepted():
    with open_engine(Nothing) as engine:
        rejected = [each for each in bodies(extra={}) if not engine.check(each).accepted]
    assert rejected == []


def test_generated_bodies_are_of_every_sort():
    keys = {key for each in bodies() for key in each["volume"]}
    assert {"snapshot_id", "source_volid", "backup_id", "imageRef", "size", "volume_type", "availability_zone"} <= keys
    assert {"owner", "tier", "copies", "frozen", "name", "display_name", "metadata", "multiattach"} <= keys


def test_declared_keys_fit_their_schema():
    for each in bodies():
        volume = each["volume"]
        assert volume["owner"] == "ada"
        assert volume.get("tier", "gold") in ("gold", "silver")
        assert volume.get("copies", 2) == 2


def test_a_site_without_types_or_zones_will_do():
    assert all("volume_type" not in each["volume"] for each in bodies(site={}))
