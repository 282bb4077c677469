"""Creates that come together share commits; none waits for one that has not come yet."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SITE = {"quotas": {"default": {"volumes": -1}}, "dispatcher": "seeing", "plugins": {"seeing": {"timeout": None}}}
SEEING = """
import sqlite3

import volrules


@volrules.hookimpl
def volrules_dispatch(message):
    with sqlite3.connect("volrules.db") as store:
        (there,) = store.execute("SELECT count(*) FROM volumes").fetchone()
    store.close()
    with open("seen.txt", "a") as seen:
        print(there, file=seen)
"""


@pytest.fixture
def volrules(tmp_path):
    """Start a create whose dispatcher notes how many volumes are committed by then."""
    (tmp_path / "seeing.py").write_text(SEEING)
    (tmp_path / "site.json").write_text(json.dumps(SITE))
    args = (sys.executable, "-m", "volrules", "create", "--site", "site.json", "-p", "seeing", "--format", "jsonl")

    def start(*more, **pipes):
        return subprocess.Popen((*args, *map(str, more)), stdout=subprocess.PIPE, **pipes)

    return start


def seen(tmp_path):
    return [int(each) for each in (tmp_path / "seen.txt").read_text().split()]


@pytest.mark.parametrize("workers", [1, 2])
def test_creates_of_a_file_share_commits_from_the_first_line_on(volrules, requests, tmp_path, workers):
    path = requests(*[{"volume": {"size": 1}}] * 200)
    with volrules("--workers", workers, path) as process:
        assert len(process.stdout.read().splitlines()) == 200
    assert process.returncode == 0
    assert len(set(seen(tmp_path))) < 20


def test_a_create_does_not_wait_for_another_one(volrules, tmp_path):
    with volrules("-", stdin=subprocess.PIPE) as process:
        for number in (1, 2, 3):
            process.stdin.write(b'{"volume": {"size": 1}}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["outcome"] == "created"
            assert seen(tmp_path)[-1] == number
        process.stdin.close()
    assert process.returncode == 0
