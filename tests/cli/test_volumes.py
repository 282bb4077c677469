"""Volumes after they are created: show, report, delete, relay, status, quota and the store."""

from __future__ import annotations

import json

import pytest

PLAIN = {"volume": {"size": 5, "name": "scratch"}}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def volume_id(run, requests):
    result = run("create", "--format", "jsonl", requests(PLAIN))
    assert result.exit_code == 0
    return json.loads(result.stdout)["volume_id"]


def records(result):
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def usage(run):
    return {each["resource"]: each["in_use"] for each in records(run("quota", "show", "--format", "jsonl"))}


def test_show_lists_volumes(run, volume_id):
    assert [each["id"] for each in records(run("show", "--format", "jsonl"))] == [volume_id]
    assert volume_id in run("show").stdout


def test_show_tells_about_one(run, volume_id):
    (record,) = records(run("show", "--format", "jsonl", volume_id))

    assert (record["size"], record["display_name"]) == (5, "scratch")
    assert "scratch" in run("show", volume_id).stdout
    assert json.loads(run("show", "--format", "json", volume_id).stdout) == record


def test_an_unknown_volume_does_not_hide_the_others(run, volume_id):
    result = run("show", NOBODY, volume_id)

    assert result.exit_code == 3
    assert NOBODY in result.stderr
    assert volume_id in result.stdout


def test_report_takes_a_host_s_word(run, volume_id):
    assert run("report", volume_id, "available", "--host", "node1").exit_code == 0

    (record,) = records(run("show", "--format", "jsonl", volume_id))
    assert (record["status"], record["host"]) == ("available", "node1")


def test_delete_gives_the_quota_back(run, volume_id):
    assert usage(run) == {"gigabytes": 5, "volumes": 1}

    assert run("delete", volume_id).exit_code == 0

    assert set(usage(run).values()) == {0}
    assert records(run("show", "--format", "jsonl")) == []


def test_delete_goes_on_after_an_unknown_volume(run, volume_id):
    result = run("delete", NOBODY, volume_id)

    assert result.exit_code == 3
    assert f"deleted volume {volume_id}" in result.stdout
    assert NOBODY in result.stderr


def test_a_released_volume_takes_no_reports(run, volume_id):
    run("delete", volume_id)
    assert run("report", volume_id, "available").exit_code == 3


def test_over_quota_is_rejected_and_leaves_no_volume(run, requests, tmp_path):
    (tmp_path / "site.yaml").write_text("quotas: {default: {gigabytes: 7}}\n")

    result = run("create", "--format", "jsonl", requests(PLAIN, PLAIN))

    outcomes = [json.loads(line)["outcome"] for line in result.stdout.splitlines()]
    assert (result.exit_code, outcomes) == (3, ["created", "rejected"])
    assert len(records(run("show", "--format", "jsonl"))) == 1


def test_a_request_with_a_known_key_is_replayed(run, requests):
    line = {"idempotency_key": "once", "request": PLAIN}

    receipts = records(run("create", "--format", "jsonl", requests(line, line)))

    assert [each["replayed"] for each in receipts] == [False, True]
    assert receipts[0]["volume_id"] == receipts[1]["volume_id"]


def test_a_dispatcher_out_of_order_leaves_it_to_the_relay(run, requests, tmp_path):
    spool = tmp_path / "spool"
    spool.write_text("in the way")
    result = run("create", requests(PLAIN))
    assert (result.exit_code, "pending" in result.stdout) == (0, True)
    assert json.loads(run("status", "--format", "json").stdout)["messages"] == {"pending": 1}

    assert run("relay").exit_code == 7
    spool.unlink()
    assert json.loads(run("relay", "--format", "json").stdout)["dispatched"] == 1


def test_relay_with_nothing_to_do_says_so(run, volume_id):
    assert json.loads(run("relay", "--format", "json").stdout) == {"dispatched": 0, "pending": 0, "failed": 0}


def test_a_volume_that_has_not_failed_is_not_retried(run, volume_id):
    assert run("relay", "--retry", volume_id).exit_code == 3


def test_usage_is_what_the_volumes_were_charged(run, volume_id):
    assert run("quota", "check").exit_code == 0
    assert records(run("quota", "sync", "--format", "jsonl")) == []


def test_usage_that_differs_is_told_and_set_right(run, volume_id, tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "volrules.db") as database:
        database.execute("UPDATE quota_usages SET in_use = 7 WHERE resource = 'volumes'")
    database.close()

    assert run("quota", "check").exit_code == 3
    (difference,) = records(run("quota", "sync", "--format", "jsonl"))
    assert (difference["in_use"], difference["charged"]) == (7, 1)
    assert run("quota", "check").exit_code == 0


def test_a_store_can_be_made_beforehand(run, tmp_path):
    assert run("store", "init", "--store", "sqlite:///mine.db").exit_code == 0
    assert (tmp_path / "mine.db").exists()


def test_looking_makes_no_store(run, tmp_path):
    for command in (["show"], ["status"], ["quota", "show"], ["quota", "check"]):
        assert run(*command).exit_code == 0
    assert list(tmp_path.iterdir()) == []
