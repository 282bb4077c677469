from __future__ import annotations

import json
import uuid

import pytest

from volrules.documents import thaw
from volrules.errors import DocumentMissing, SiteError
from volrules.site import PluginSettings, load_site

GOLD = {"name": "gold"}


def problems(document):
    with pytest.raises(SiteError) as caught:
        load_site(document)
    return {problem.path: problem.message for problem in caught.value.problems}


@pytest.fixture
def site_file(tmp_path):
    def write(text, name="site.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_an_empty_document_is_a_site_of_defaults(site_file):
    site = load_site(site_file(""))
    assert site == load_site({}) == load_site(None)
    assert (site.dispatcher, site.key_manager, site.store) == ("spool", "local", "sqlite:///volrules.db")
    assert site.retention == 7 * 86400
    assert site.document["storage_availability_zone"] == "nova"
    assert site.document["availability_zones"] is None
    assert thaw(site.quotas["default"]) == {"volumes": 10, "gigabytes": 1000, "per_volume_gigabytes": -1}
    assert (site.plugins, site.required, site.enforcement) == ({}, (), {})


def test_loading_what_was_loaded_changes_nothing():
    document = {
        "volume_types": [{"name": "gold", "qos_specs": "fast", "encryption": {"provider": "luks"}}],
        "qos_specs": [{"name": "fast", "specs": {"iops": 5}}],
        "quotas": {"default": {"volumes_gold": 1}, "projects": {"p": {"gigabytes": 2}}},
        "retention": "2w",
        "plugins": {"acme": {"timeout": None}},
        "rules": {"size.below_snapshot": {}},
    }
    site = load_site(document)
    assert load_site(site.document) == site
    assert load_site(json.loads(json.dumps(thaw(site.document)))) == site


def test_the_document_is_read_only():
    with pytest.raises(TypeError):
        load_site({"quotas": {"projects": {"p": {}}}}).document["quotas"]["projects"]["p"]["volumes"] = 1


def test_ids_are_made_of_names_where_none_is_given():
    document = load_site({"volume_types": [GOLD], "qos_specs": [{"name": "fast", "id": None}]}).document
    assert document["volume_types"][0]["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "volrules:volume_type:gold"))
    assert document["qos_specs"][0]["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, "volrules:qos_specs:fast"))


def test_given_ids_are_canonical():
    row = load_site({"volume_types": [{**GOLD, "id": "A" * 32}]}).document["volume_types"][0]
    assert row["id"] == "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"


def test_rows_are_filled_in():
    types = [{**GOLD, "encryption": {"provider": "luks"}, "extra_specs": {"a": 5}}]
    document = load_site({"volume_types": types, "qos_specs": [{"name": "fast", "specs": {"b": 6}}]}).document
    encryption = {"cipher": None, "key_size": None, "control_location": "front-end", "provider": "luks"}
    assert document["volume_types"][0]["encryption"] == encryption
    assert document["volume_types"][0]["extra_specs"] == {"a": "5"}
    assert document["qos_specs"][0]["consumer"] == "back-end"
    assert document["qos_specs"][0]["specs"] == {"b": "6"}


@pytest.mark.parametrize(
    ("written", "seconds"), [("7d", 604800), ("12h", 43200), ("30m", 1800), ("45s", 45), ("2w", 1209600), (90, 90)]
)
def test_retention_is_in_seconds(written, seconds):
    assert load_site({"retention": written}).retention == seconds


def test_a_limit_is_the_projects_then_the_default_then_none():
    quotas = {"default": {"volumes": 3, "acme.boxes": 4}, "projects": {"p": {"gigabytes": 5, "volumes": -1}}}
    site = load_site({"quotas": quotas})
    assert [site.limit("p", name) for name in ("gigabytes", "volumes", "acme.boxes")] == [5, -1, 4]
    assert [site.limit("q", name) for name in ("gigabytes", "volumes", "volumes_gold")] == [1000, 3, -1]
    assert site.limit("p", "per_volume_gigabytes") == -1


def test_plugins_have_settings():
    site = load_site({"plugins": {"a": {}, "b": {"enabled": False, "failure_policy": "ignore", "timeout": None}}})
    assert site.plugins["a"] == PluginSettings(enabled=True, failure_policy="fail", timeout=10, options={})
    assert site.plugins["b"] == PluginSettings(enabled=False, failure_policy="ignore", timeout=None, options={})


def test_enforcement_is_deny_unless_softened():
    site = load_site({"rules": {"a.b": {"enforcement": "warn"}, "c.d": {}}})
    assert site.enforcement == {"a.b": "warn", "c.d": "deny"}


def test_a_last_resort_outside_the_zones_is_no_error():
    load_site({"availability_zones": ["nova"], "storage_availability_zone": "az2", "default_availability_zone": "az3"})


@pytest.mark.parametrize(
    ("document", "path", "nearest"),
    [
        ({"availabilty_zones": []}, "availabilty_zones", "availability_zones"),
        ({"volume_types": [{**GOLD, "extra_spec": {}}]}, "volume_types.0.extra_spec", "extra_specs"),
        ({"plugins": {"a": {"option": {}}}}, "plugins.a.option", "options"),
        ({"rules": {"a.b": {"enforcment": "warn"}}}, "rules.a.b.enforcment", "enforcement"),
        ({"rules": {"a.b": {"enforcement": "wran"}}}, "rules.a.b.enforcement", "warn"),
        ({"volume_types": [GOLD], "default_volume_type": "gld"}, "default_volume_type", "gold"),
        (
            {"volume_types": [{**GOLD, "qos_specs": "fst"}], "qos_specs": [{"name": "fast"}]},
            "volume_types.0.qos_specs",
            "fast",
        ),
        ({"quotas": {"default": {"gigabyte": 1}}}, "quotas.default.gigabyte", "gigabytes"),
        ({"quotas": {"projects": {"p": {"volume": 1}}}}, "quotas.projects.p.volume", "volumes"),
        (
            {"volume_types": [GOLD], "quotas": {"default": {"volumes_gld": 1}}},
            "quotas.default.volumes_gld",
            "volumes_gold",
        ),
        ({"qos_specs": [{"name": "f", "consumer": "frontend"}]}, "qos_specs.0.consumer", "front-end"),
    ],
)
def test_a_misspelt_word_names_the_nearest(document, path, nearest):
    found = problems(document)
    assert list(found) == [path]
    assert f"`{nearest}`?" in found[path]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"cloned_volume_same_az": "no"}, "cloned_volume_same_az"),
        ({"snapshot_same_host": 1}, "snapshot_same_host"),
        ({"storage_availability_zone": None}, "storage_availability_zone"),
        ({"availability_zones": "nova"}, "availability_zones"),
        ({"availability_zones": [1]}, "availability_zones.0"),
        ({"dispatcher": ""}, "dispatcher"),
        ({"store": None}, "store"),
        ({"retention": "7x"}, "retention"),
        ({"retention": 0}, "retention"),
        ({"retention": -1}, "retention"),
        ({"retention": True}, "retention"),
        ({"relay": {"lease": "7d\n"}}, "relay.lease"),
        ({"required": "acme"}, "required"),
        ({"volume_types": {}}, "volume_types"),
        ({"volume_types": [5]}, "volume_types.0"),
        ({"volume_types": [{}]}, "volume_types.0.name"),
        ({"volume_types": [{"name": ""}]}, "volume_types.0.name"),
        ({"volume_types": [{"name": "n" * 256}]}, "volume_types.0.name"),
        ({"volume_types": [GOLD, GOLD]}, "volume_types.1.name"),
        ({"volume_types": [{"name": "a", "id": "A" * 32}, {"name": "b", "id": "a" * 32}]}, "volume_types.1.id"),
        ({"qos_specs": [{"name": "a"}, {"name": "a"}]}, "qos_specs.1.name"),
        ({"qos_specs": [{"name": "a", "specs": {"b": True}}]}, "qos_specs.0.specs.b"),
        ({"volume_types": [{**GOLD, "extra_specs": {"a": 1.5}}]}, "volume_types.0.extra_specs.a"),
        ({"volume_types": [{**GOLD, "extra_specs": {"a": None}}]}, "volume_types.0.extra_specs.a"),
        ({"volume_types": [{**GOLD, "encryption": {}}]}, "volume_types.0.encryption.provider"),
        (
            {"volume_types": [{**GOLD, "encryption": {"provider": "l", "key_size": True}}]},
            "volume_types.0.encryption.key_size",
        ),
        (
            {"volume_types": [{**GOLD, "encryption": {"provider": "l", "key_size": 0}}]},
            "volume_types.0.encryption.key_size",
        ),
        (
            {"volume_types": [{**GOLD, "extra_specs": {"provisioning:min_vol_size": "ten"}}]},
            "volume_types.0.extra_specs.provisioning:min_vol_size",
        ),
        (
            {
                "volume_types": [
                    {**GOLD, "extra_specs": {"provisioning:min_vol_size": 10, "provisioning:max_vol_size": "9"}}
                ]
            },
            "volume_types.0.extra_specs.provisioning:max_vol_size",
        ),
        ({"quotas": {"default": {"volumes": True}}}, "quotas.default.volumes"),
        ({"quotas": {"default": {"volumes": -2}}}, "quotas.default.volumes"),
        ({"quotas": {"default": {"volumes": 1.0}}}, "quotas.default.volumes"),
        ({"quotas": {"default": {"acme.boxes": "5"}}}, "quotas.default.acme.boxes"),
        ({"quotas": {"projects": {"p": {"volumes": True}}}}, "quotas.projects.p.volumes"),
        ({"quotas": {"projects": {"p": 5}}}, "quotas.projects.p"),
        ({"quotas": {"projects": {"p": {"volumes_gold": 5}}}}, "quotas.projects.p.volumes_gold"),
        ({"plugins": {"a": None}}, "plugins.a"),
        ({"plugins": {"a": {"timeout": 0}}}, "plugins.a.timeout"),
        ({"plugins": {"a": {"timeout": True}}}, "plugins.a.timeout"),
        ({"plugins": {"a": {"enabled": "yes"}}}, "plugins.a.enabled"),
        ({"rules": {"a.b": "deny"}}, "rules.a.b"),
    ],
)
def test_what_no_site_may_say_is_refused_at_its_place(document, path):
    assert list(problems(document)) == [path]


def test_all_problems_come_at_once_in_the_order_of_the_lines(site_file):
    path = site_file("retention: 7x\nvolume_types:\n- name: gold\n  extra_spec: {}\n- name: gold\nzzz: 1\nstore: ''\n")
    with pytest.raises(SiteError) as caught:
        load_site(path)
    found = [(problem.line, problem.path) for problem in caught.value.problems]
    assert found == [
        (1, "retention"),
        (4, "volume_types.0.extra_spec"),
        (5, "volume_types.1.name"),
        (6, "zzz"),
        (7, "store"),
    ]


def test_a_json_site_has_lines_too(site_file):
    with pytest.raises(SiteError) as caught:
        load_site(site_file('{"store": "x",\n"quotas": {"default":\n{"gigabyte": 1}}}', "site.json"))
    assert [problem.line for problem in caught.value.problems] == [3]


def test_very_many_wrong_rows_are_told_in_few_sentences():
    found = problems({"volume_types": [{"name": f"t{n}", "nmae": 1} for n in range(5000)]})
    assert "volume_types.0.nmae" in found
    assert "volume_types" in found
    assert len(found) < 200


def test_a_missing_site_is_told_apart(tmp_path):
    with pytest.raises(DocumentMissing):
        load_site(tmp_path / "nowhere.yaml")
