"""The decision log: what was decided, for whom, and nobody's password."""

from __future__ import annotations

import json

from volrules import Engine
from volrules.decisionlog import MASK, DecisionLog

CONTEXT = {"project_id": "p1", "user_id": "u1", "roles": ["member"], "request_id": "req-1"}


def logged(folder, *bodies, mask=("password", "token")):
    path = folder / "decisions.jsonl"
    log = DecisionLog({"path": str(path), "mask": list(mask)})
    with Engine.open({}, inventory={}, plugins=[log]) as engine:
        for body in bodies:
            engine.check(body, CONTEXT)
    return [json.loads(line) for line in path.read_text().splitlines()], path


def test_a_line_has_the_members_of_opas_logs(tmp_path):
    (line, rejected), path = logged(tmp_path, {"volume": {"size": 1}}, {"volume": {"size": -1}})
    assert line["labels"]["app"] == "volrules"
    assert line["input"] == {"request": {"volume": {"size": 1}}, "context": CONTEXT}
    assert line["result"]["outcome"] == "accepted"
    assert line["bundles"]["volrules"]["revision"] == line["result"]["policy_fingerprint"]
    assert (line["requested_by"], line["req_id"], line["erased"], line["masked"]) == ("u1", "req-1", [], [])
    assert line["metrics"]["timer_volrules_decide_ns"] > 0
    assert line["timestamp"].endswith("+00:00")
    assert line["decision_id"] != rejected["decision_id"]
    assert rejected["result"]["outcome"] == "rejected"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_secret_is_masked_wherever_it_is_told(tmp_path):
    body = {"volume": {"size": 1, "name": "for hunter2", "metadata": {"DB_Password": "hunter2", "a/b": "x"}}}
    (line,), path = logged(tmp_path, body)
    assert "hunter2" not in path.read_text()
    assert line["input"]["request"]["volume"]["metadata"] == {"DB_Password": MASK, "a/b": "x"}
    assert line["masked"] == [
        "/input/request/volume/metadata/DB_Password",
        "/input/request/volume/name",
        "/result/spec/metadata/DB_Password",
        "/result/spec/name",
    ]


def test_it_follows_its_file_when_that_is_moved_away(tmp_path):
    _, path = logged(tmp_path, {"volume": {"size": 1}})
    path.rename(tmp_path / "decisions.1")
    assert len(logged(tmp_path, {"volume": {"size": 1}})[0]) == 1


def test_a_decision_that_quota_turned_down_is_logged_as_it_ended(tmp_path):
    log = DecisionLog({"path": str(tmp_path / "log"), "mask": []})
    site = {"quotas": {"default": {"volumes": 0}}}
    with Engine.open(site, store=f"sqlite:///{tmp_path / 'v.db'}", plugins=[log]) as engine:
        assert engine.create({"volume": {"size": 1}}).outcome == "rejected"
    (line,) = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert [each["code"] for each in line["result"]["violations"]] == ["quota.volumes"]
