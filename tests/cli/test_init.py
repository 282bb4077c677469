"""The starters work as they are, and nothing is overwritten."""

from __future__ import annotations

import json
from pathlib import Path


def test_check_accepts_the_starters(run, starters):
    args = ("--site", starters / "site.yaml", "--inventory", starters / "inventory.yaml")
    result = run("check", *args, starters / "requests.jsonl")

    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "3 accepted"
    assert result.stderr == ""


def test_create_accepts_the_starters(run, starters):
    result = run("create", "--site", starters / "site.yaml", "--format", "jsonl", starters / "requests.jsonl")

    receipts = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [each["dispatch"] for each in receipts] == ["dispatched"] * 3
    assert {each["volume_id"] for each in receipts} == {path.stem for path in Path("spool").glob("*.json")}


def test_the_starter_inventory_can_be_imported(run, starters):
    site = ("--site", starters / "site.yaml")

    assert run("store", "import", *site, starters / "inventory.yaml").exit_code == 0
    copy = {"request": {"volume": {"snapshot_id": "2b7c9a54-70c1-4a0b-9a39-5d2f6f1f7b02"}}}
    result = run("create", *site, "--project", "demo", "--format", "jsonl", "-", input=json.dumps(copy))
    assert json.loads(result.stdout)["decision"]["dispatch"] == {"target": "host", "host": "node1@lvm#pool"}


def test_it_says_what_to_try_next_and_that_works(run):
    said = run("init", "demo").stdout
    commands = [line.split()[1:] for line in said.splitlines() if line.startswith("  volrules ")]

    assert len(commands) == 2
    assert [run(*each).exit_code for each in commands] == [0, 0]


def test_existing_files_are_not_overwritten(run, tmp_path):
    mine = tmp_path / "inventory.yaml"
    mine.write_text("# mine\n")

    result = run("init")

    assert result.exit_code == 2
    assert "`inventory.yaml`" in result.stderr
    assert mine.read_text() == "# mine\n"
    assert not (tmp_path / "site.yaml").exists()


def test_a_directory_that_cannot_be_made_is_a_sentence(run, tmp_path):
    (tmp_path / "file").write_text("")

    result = run("init", "file/demo")

    assert result.exit_code == 2
    assert "name another directory" in result.stderr
