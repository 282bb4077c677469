"""What is printed, where, and in which order."""

from __future__ import annotations

import json

import pytest

GOOD = {"id": "good", "request": {"volume": {"size": 1, "name": "früh"}}}
BAD = {"id": "bad", "request": {"volume": {"size": 0, "availability_zone": "mars"}}}
SITE = {"availability_zones": ["nova"]}


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.json"
    path.write_text(json.dumps(SITE))
    return path


def test_jsonl_is_one_decision_a_line_in_the_order_of_the_input(run, requests, site):
    result = run("check", "--site", site, "--format", "jsonl", requests(BAD, GOOD, BAD))

    decisions = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["id"] for each in decisions] == ["bad", "good", "bad"]
    assert [each["code"] for each in decisions[0]["violations"]] == [
        "size.not_positive",
        "availability_zone.not_offered",
    ]
    assert "früh" in result.stdout


def test_json_is_one_array(run, requests, site):
    result = run("check", "--site", site, "--format", "json", requests(GOOD, BAD, GOOD))
    assert [each["outcome"] for each in json.loads(result.stdout)] == ["accepted", "rejected", "accepted"]


def test_json_is_an_array_even_of_nothing(run, requests):
    assert json.loads(run("check", "--format", "json", requests("{", "{")).stdout) == []


@pytest.mark.parametrize("text_format", ["json", "jsonl"])
def test_the_order_of_line_and_array_is_the_same_document(run, requests, site, text_format):
    lines = run("check", "--site", site, "--format", text_format, requests(GOOD, BAD)).stdout
    array = requests(json.dumps([GOOD, BAD]), name="requests.json")
    assert run("check", "--site", site, "--format", text_format, array).stdout == lines


def test_a_bare_body_comes_from_stdin(run):
    assert run("check", "-", input='{"volume": {"size": 1}}').exit_code == 0


def test_the_text_tells_field_reason_way_out_and_code(run, requests, site):
    lines = run("check", "--site", site, requests(BAD)).stdout.splitlines()

    assert lines[0] == "request 1 (bad): rejected"
    assert lines[1].startswith("  /volume/size: ")
    assert lines[1].endswith("[size.not_positive, fix_request]")
    assert lines[-1] == "1 rejected"


def test_the_text_tells_where_values_come_from_and_no_nulls(run, requests, site):
    text = run("check", "--site", site, requests(GOOD)).stdout
    told = {line.split()[0]: line for line in text.splitlines()[1:-1]}

    assert told["size"].split() == ["size", "1", "GiB", "←", "request"]
    assert told["availability_zone"].split()[-1] == "fallback"
    assert "None" not in text
    assert "snapshot_id" not in told


def test_the_last_line_sums_up(run, requests, site):
    result = run("check", "--site", site, requests(GOOD, BAD, GOOD, "{"))
    assert result.stdout.splitlines()[-1] == "2 accepted, 1 not readable, 1 rejected"


def test_warnings_are_shown(run, requests, tmp_path):
    site = tmp_path / "soft.json"
    site.write_text(json.dumps({**SITE, "rules": {"availability_zone.not_offered": {"enforcement": "warn"}}}))

    result = run("check", "--site", site, requests({"volume": {"size": 1, "availability_zone": "mars"}}))

    assert result.exit_code == 0
    assert "  warning: /volume/availability_zone: " in result.stdout


@pytest.fixture
def lenient(tmp_path):
    """A site that warns of one thing, audits another and waives a third."""
    path = tmp_path / "lenient.json"
    waiver = {"code": "image.too_large", "reason": "migration", "owner": "storage", "expires": "2999-12-31"}
    rules = {"availability_zone.not_offered": "warn", "metadata.blank_key": "audit"}
    softened = {code: {"enforcement": enforcement} for code, enforcement in rules.items()}
    path.write_text(json.dumps({**SITE, "rules": softened, "waivers": [waiver]}))
    return path


def lax(size=1, **more):
    return {"volume": {"size": size, "availability_zone": "mars", "metadata": {"": "x"}, **more}}


IMAGE = {"id": "large", "name": "large", "status": "active", "size": 5 * 2**30}


@pytest.mark.parametrize("command", ["check", "create"])
def test_what_does_not_reject_is_counted_and_called_what_it_is(run, requests, lenient, command):
    inventory = requests({"images": [IMAGE]}, name="inventory.json")
    run("store", "import", inventory)
    result = run(command, "--site", lenient, requests(lax(), lax(imageRef="large"), lax(size=0), GOOD))

    outcome = {"check": "3 accepted", "create": "3 created"}[command]
    assert result.stdout.splitlines()[-1] == f"{outcome}, 1 rejected; 3 warnings, 3 audited, 1 waived"
    assert result.stdout.count("  warning: /volume/availability_zone: ") == 3
    assert result.stdout.count("  audit: /volume/metadata") == 3
    assert result.stdout.count("  waived: /volume/") == 1


def test_one_warning_is_one_warning(run, requests, lenient):
    body = {"volume": {"size": 1, "availability_zone": "mars"}}
    assert run("check", "--site", lenient, requests(body)).stdout.splitlines()[-1] == "1 accepted; 1 warning"


def test_an_unreadable_line_is_told_by_number_and_costs_nobody_else(run, requests, site):
    result = run("check", "--site", site, "--format", "jsonl", requests(GOOD, '{"volume": {"size": 1,}}', GOOD))

    assert "line 2: " in result.stderr
    assert len(result.stdout.splitlines()) == 2


@pytest.mark.parametrize("place", ["id", "name", "key"])
def test_control_characters_do_not_reach_the_terminal(run, requests, site, place):
    evil = "\x1b[31m\x07\u202e"
    volume = {"size": 1, "name": evil, "metadata": {evil: evil}} if place == "name" else {"size": 1}
    line = {
        "id": evil if place == "id" else 1,
        "request": {"volume": {**volume, evil: 1} if place == "key" else volume},
    }

    result = run("check", "--site", site, requests(line))

    assert not set(evil) & (set(result.stdout + result.stderr) - set("[31m"))


def test_the_context_of_lines_without_one_is_that_of_the_options(run, requests, tmp_path):
    site = tmp_path / "site.json"
    site.write_text(json.dumps({"quotas": {"projects": {"small": {"per_volume_gigabytes": 1}}}}))
    big = {"volume": {"size": 2}}
    theirs = {"context": {"project_id": "large"}, "request": big}

    result = run("check", "--site", site, "--project", "small", "--format", "jsonl", requests(big, theirs))

    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == ["rejected", "accepted"]


def test_a_role_that_may_not_create_is_rejected(run, requests):
    result = run("check", "--role", "reader", "--role", "guest", "--format", "jsonl", requests({"volume": {"size": 1}}))
    assert json.loads(result.stdout)["violations"][0]["code"] == "policy.not_authorized"


def test_the_site_of_the_directory_is_the_default(run, requests, tmp_path):
    (tmp_path / "site.yaml").write_text("availability_zones: [nova]\n")
    assert run("check", requests(BAD)).exit_code == 3
