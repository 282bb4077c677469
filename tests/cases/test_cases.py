"""Cases: folders of site, inventory, request lines and what is expected of each, by way of the API and of the CLI.

An expected line has ``id`` and ``outcome``; where accepted the ``spec`` fields and ``dispatch``, ``qos_specs_id``
standing for the id within ``qos_specs``; where rejected the ``kind`` of the first violation.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from volrules import Engine
from volrules.cli.application import volrules

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/expected.jsonl"))


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def as_expected(decision, expected):
    """The decision, in the words of the expectation."""
    if decision["outcome"] == "rejected":
        told = {"kind": decision["violations"][0]["kind"]}
    else:
        spec = {**decision["spec"], "qos_specs_id": (decision["spec"]["qos_specs"] or {}).get("id")}
        told = {"spec": {key: spec[key] for key in expected.get("spec", ())}, "dispatch": decision["dispatch"]}
    return {"id": decision["id"], "outcome": decision["outcome"], **told}


def compare(decisions, expectations):
    expectations = [{key: each[key] for key in each if key != "reason"} for each in expectations]
    assert [each["id"] for each in decisions] == [each["id"] for each in expectations]
    for decision, expected in zip(decisions, expectations, strict=True):
        assert as_expected(decision, expected) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_api(case):
    with Engine.open(case / "site.json", inventory=case / "inventory.json") as engine:
        decisions = [
            engine.check(line["request"], line.get("context"), id=line.get("id")).to_dict()
            for line in lines(case / "requests.jsonl")
        ]
    compare(decisions, lines(case / "expected.jsonl"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cli(case):
    documents = ("--site", str(case / "site.json"), "--inventory", str(case / "inventory.json"))
    args = ["check", *documents, "--format", "jsonl", str(case / "requests.jsonl")]
    result = CliRunner().invoke(volrules, args)
    expectations = lines(case / "expected.jsonl")

    assert result.exit_code == (3 if any(each["outcome"] == "rejected" for each in expectations) else 0)
    compare([json.loads(line) for line in result.stdout.splitlines()], expectations)
