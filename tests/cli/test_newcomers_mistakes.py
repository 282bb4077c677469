"""Each mistake that a newcomer makes ends in one clear sentence that names the place, and the right exit code."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def site(tmp_path):
    def write(text, name="my-site.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def only_violation(result):
    (violation,) = json.loads(result.stdout)["violations"]
    return violation


def test_a_misspelt_key_of_the_request(run, requests):
    result = run("check", "--format", "jsonl", requests({"volume": {"size": 1, "avaliability_zone": "nova"}}))

    assert result.exit_code == 3
    assert only_violation(result)["path"] == "/volume/avaliability_zone"
    assert "`availability_zone`" in only_violation(result)["message"]


def test_a_misspelt_key_of_the_site(run, requests, site):
    result = run("check", "--site", site("volume_typs: []\n"), requests({"volume": {"size": 1}}))

    assert result.exit_code == 5
    assert "my-site.yaml:1: " in result.stderr
    assert "`volume_types`" in result.stderr


def test_a_misspelt_key_beside_the_request(run, requests):
    result = run("check", requests({"idd": 1, "request": {"volume": {"size": 1}}}))

    assert result.exit_code == 4
    assert "line 1: " in result.stderr
    assert "`id`" in result.stderr


def test_an_unknown_zone(run, requests, site):
    path = site("availability_zones: [nova, az1]\n")
    result = run(
        "check", "--site", path, "--format", "jsonl", requests({"volume": {"size": 1, "availability_zone": "az"}})
    )

    assert result.exit_code == 3
    assert only_violation(result)["code"] == "availability_zone.not_offered"
    assert "`az1`" in only_violation(result)["message"]


def test_a_size_as_text(run, requests):
    result = run("check", "--format", "jsonl", requests({"volume": {"size": "10 GB"}}))

    assert result.exit_code == 3
    assert only_violation(result)["path"] == "/volume/size"
    assert "`10 GB`" in only_violation(result)["message"]


def test_a_tab_in_the_yaml(run, requests, site):
    result = run("check", "--site", site("quotas:\n\tdefault: {}\n"), requests({"volume": {"size": 1}}))

    assert result.exit_code == 5
    assert "my-site.yaml:2: " in result.stderr
    assert "tab" in result.stderr


@pytest.mark.parametrize("option", ["--site", "--inventory"])
def test_a_document_that_is_not_there(run, requests, option):
    result = run("check", option, "nowhere.yaml", requests({"volume": {"size": 1}}))

    assert result.exit_code == 2
    assert "nowhere.yaml: there is no such file" in result.stderr


def test_an_empty_site_is_a_valid_one(run, requests, site):
    assert run("check", "--site", site(""), requests({"volume": {"size": 1}})).exit_code == 0


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file(run, requests, text):
    result = run("check", requests(text))

    assert result.exit_code == 6
    assert "nothing to evaluate" in result.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"volume": {"size": 1,}}', "comma"),
        ('{"volume": {"size": NaN}}', "NaN"),
        ('{"volume": {"size": 1, "size": 2}}', "duplicate key `size`"),
        ('{"volume": {"name": "\\ud800"}}', "surrogate"),
        ("{'volume': {'size': 1}}", "quote"),
    ],
)
@pytest.mark.parametrize("name", ["requests.jsonl", "requests.json"])
def test_what_is_not_json(run, requests, line, said, name):
    result = run("check", requests(line, name=name))

    assert result.exit_code == 4
    assert result.stderr.startswith("volrules: ")
    assert f"{name}: line 1: " in result.stderr
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_hundred_megabytes_of_brackets(run, tmp_path):
    path = tmp_path / "brackets.json"
    path.write_bytes(b"[" * 100_000_000)

    result = run("check", path)

    assert result.exit_code == 4
    assert "levels" in result.stderr
    assert len(result.stderr) < 1000


def test_a_default_type_that_is_not_declared(run, requests, site):
    result = run("lint", site("volume_types: [{name: ssd}]\ndefault_volume_type: sdd\n"))

    assert result.exit_code == 5
    assert "my-site.yaml:2: default_volume_type: " in result.stderr
    assert "`ssd`" in result.stderr


def test_a_dispatcher_that_is_not_installed(run, requests, site):
    result = run("check", "--site", site("dispatcher: spol\n"), requests({"volume": {"size": 1}}))

    assert result.exit_code == 5
    assert "`spool`" in result.stderr


def test_a_plugin_that_is_not_installed(run, site):
    result = run("lint", site("plugins: {sizes: {enabled: false}}\n"))

    assert result.exit_code == 5
    assert "`size`" in result.stderr
