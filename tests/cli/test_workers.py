"""Long JSON Lines are answered by several processes; nobody can tell from what is printed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from volrules.cli.answering import HEAD

VOLRULES = (sys.executable, "-m", "volrules")
GOOD = b'{"volume": {"size": 1}}\n'
LONG = 8 * HEAD
"""Lines enough for several chunks below the head."""
SITE = {
    "availability_zones": ["nova"],
    "quotas": {"default": {"volumes": -1, "gigabytes": -1}},
    "rules": {"availability_zone.not_offered": {"enforcement": "warn"}},
}
MIXED = [
    GOOD,
    b'{"id": "named", "request": {"volume": {"size": 2, "name": "fr\xc3\xbch"}}}\r\n',
    b'{"id": 3, "request": {"volume": {"size": 0}}}\n',
    b'{"volume": {"size": 1, "availability_zone": "mars"}}\n',
    b"\n",
    b" \t\r\n",
    b'\xef\xbb\xbf{"volume": {"size": 1}}\n',
    b'{"volume": {"size": 1,}}\n',
    b'{"volume": {"size": \n',
    b"\xff\n",
    b'{"request": {}, "reqest": {}}\r\n',
    b'{"context": {"roles": ["reader"]}, "request": {"volume": {"size": 1}}}\n',
    b'{"volume": {"size": 1, "name": "\\u001b[31m\r"}}\n',
    b"[1, 2]\n",
]


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.json"
    path.write_text(json.dumps(SITE))
    return path


@pytest.fixture
def long_input(tmp_path):
    """Write these lines, over and over."""

    def write(lines, name="long.jsonl", count=LONG):
        path = tmp_path / name
        path.write_bytes(b"".join(lines[number % len(lines)] for number in range(count)))
        return path

    return write


def volrules(*args, **options):
    return subprocess.run((*VOLRULES, *map(str, args)), capture_output=True, check=False, **options)


def children(process):
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(each) for each in listed if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


@contextmanager
def running(*args, **pipes):
    """A command in the middle of its work, its workers too; its stdin stays open."""
    with subprocess.Popen(
        (*VOLRULES, *map(str, args), "-"), stdin=-1, stdout=-1, stderr=-1, start_new_session=True, **pipes
    ) as process:
        for _ in range(HEAD):
            process.stdin.write(GOOD)
        process.stdin.flush()
        lines = [process.stdout.readline() for _ in range(HEAD)]
        process.stdin.write(GOOD)
        process.stdin.flush()
        lines.append(process.stdout.readline())
        assert all(lines)
        yield process


def gone(pid):
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def eventually(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("text_format", ["text", "json", "jsonl"])
def test_nobody_can_tell_how_many_have_answered(site, long_input, text_format):
    path = long_input(MIXED)

    alone, several = (
        volrules("check", "--site", site, "--format", text_format, "--workers", workers, path) for workers in (1, 3)
    )

    assert several.stdout == alone.stdout
    assert several.stderr == alone.stderr
    assert several.returncode == alone.returncode == 4
    assert f"line {LONG - HEAD}".encode()[:-2] in several.stderr
    assert (f"; {LONG // len(MIXED) + 1} warnings\n".encode() in several.stdout) == (text_format == "text")


def test_answers_and_diagnostics_are_in_one_order(site, long_input):
    path = long_input(MIXED)
    alone, several = (
        subprocess.run(
            (*VOLRULES, "check", "--site", site, "--format", "json", "--workers", str(workers), path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        ).stdout
        for workers in (1, 2)
    )
    assert several == alone


def test_a_last_line_without_an_end_is_answered(long_input):
    path = long_input([GOOD])
    path.write_bytes(path.read_bytes() + b'{"id": "last", "request": {"volume": {"size": 1}}}')

    result = volrules("check", "--format", "jsonl", "--workers", 2, path)

    assert json.loads(result.stdout.splitlines()[-1])["id"] == "last"
    assert len(result.stdout.splitlines()) == LONG + 1


def test_a_line_longer_than_a_chunk_is_answered(long_input, site):
    long = json.dumps({"volume": {"size": 1, "metadata": {str(key): "x" * 200 for key in range(1000)}}}).encode()
    path = long_input([*[GOOD] * HEAD, long + b"\n"], count=2 * HEAD + 2)

    alone, several = (volrules("check", "--format", "jsonl", "--workers", workers, path) for workers in (1, 2))

    assert several.stdout == alone.stdout
    assert several.returncode == 0


@pytest.mark.parametrize("name", ["one.json", "array.json"])
def test_a_long_document_is_answered_by_one(tmp_path, name):
    document = [json.loads(GOOD)] * 3 * HEAD if name == "array.json" else json.loads(GOOD)
    path = tmp_path / name
    path.write_text(json.dumps(document, indent=1))

    result = volrules("check", "--format", "jsonl", "--workers", 2, path)

    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == (3 * HEAD if name == "array.json" else 1)


def test_short_input_starts_nobody(run, requests, monkeypatch):
    monkeypatch.setattr("volrules.cli.crew.Crew._processes", None)
    path = requests(*[GOOD.decode().strip()] * (HEAD - 1))
    assert run("check", "--workers", 8, path).exit_code == 0


def test_a_site_that_is_wrong_is_told_once(tmp_path, long_input):
    site = tmp_path / "site.yaml"
    site.write_text("zones: [nova]\n")

    result = volrules("check", "--site", site, "--workers", 3, long_input([GOOD]))

    assert result.returncode == 5
    assert result.stderr.count(b"unknown key") == result.stderr.count(b"\n") == 1


def test_a_site_that_can_be_read_only_once_is_enough(long_input, site):
    ours, theirs = os.pipe()
    os.write(theirs, site.read_bytes())
    os.close(theirs)
    args = ("check", "--site", f"/dev/fd/{ours}", "--workers", 2, "--format", "jsonl")
    result = volrules(*args, long_input([GOOD]), pass_fds=[ours])
    os.close(ours)
    assert result.returncode == 0
    assert len(result.stdout.splitlines()) == LONG


def test_a_selected_plugin_takes_part_in_every_process(tmp_path, long_input):
    (tmp_path / "strict.py").write_text(
        "import volrules\n"
        "print('imported')\n"
        "@volrules.hookimpl\n"
        "def volrules_validate_volume(draft):\n"
        "    print('asked')\n"
        "    yield volrules.violation('strict.never', '/volume', 'never')\n"
    )

    alone, several = (
        volrules("check", "-p", "strict", "--format", "jsonl", "--workers", workers, long_input([GOOD]))
        for workers in (1, 2)
    )

    assert several.stdout == alone.stdout
    assert several.stderr == alone.stderr
    assert several.stderr.count(b"imported") == 1
    assert several.stderr.count(b"asked") == several.stdout.count(b"strict.never") == LONG


def test_answers_come_as_requests_go():
    with running("check", "--format", "jsonl", "--workers", "2") as process:
        process.stdin.write(GOOD + GOOD[:5])
        process.stdin.flush()
        assert b"accepted" in process.stdout.readline()
        process.stdin.close()
        process.stdin = None
        process.wait()
    assert process.returncode == 4


def test_a_create_by_several_keeps_its_promises(site, tmp_path, long_input):
    lines = [json.dumps({"id": each, "request": json.loads(GOOD)}).encode() + b"\n" for each in range(3 * HEAD)]
    keyed = json.dumps({"idempotency_key": "once", "request": json.loads(GOOD)}).encode() + b"\n"
    path = long_input([*lines, keyed, keyed], count=3 * HEAD + 2)

    result = volrules("create", "--site", site, "--workers", 2, "--format", "jsonl", path)

    assert result.returncode == 0, result.stderr
    receipts = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["id"] for each in receipts] == [*range(3 * HEAD), None, None]
    made = Counter(each["volume_id"] for each in receipts)
    assert len(made) == 3 * HEAD + 1
    assert [each["replayed"] for each in receipts].count(True) == 1
    with sqlite3.connect(tmp_path / "volrules.db") as store:
        usages = dict(store.execute("SELECT resource, in_use FROM quota_usages WHERE project_id = 'default'"))
    store.close()
    assert usages["volumes"] == 3 * HEAD + 1


def test_a_worker_that_dies_is_a_sentence():
    with running("check", "--format", "jsonl", "--workers", "2") as process:
        (worker,) = children(process)
        os.kill(worker, signal.SIGKILL)
        _, said = process.communicate(GOOD)
    assert process.returncode == 1
    assert said.startswith(b"volrules: a worker ended before it had answered line ")
    assert said.count(b"\n") == 1


def test_control_c_ends_all_of_them():
    with running("check", "--format", "jsonl", "--workers", "2") as process:
        workers = children(process)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said.startswith(b"volrules: interrupted")
    assert said.count(b"\n") == 1
    eventually(lambda: all(map(gone, workers)))


def test_workers_end_with_a_parent_that_cannot_say_so():
    with running("check", "--format", "jsonl", "--workers", "2") as process:
        workers = children(process)
        process.kill()
    eventually(lambda: all(map(gone, workers)))


def test_a_reader_that_goes_away_ends_all_of_them_quietly(long_input):
    path = long_input([GOOD], count=5 * LONG)
    with subprocess.Popen((*VOLRULES, "check", "--workers", "2", path), stdout=-1, stderr=-1) as process:
        for _ in range(4 * HEAD):
            process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("url", ["spark://host:1", "dask://host", "dask://", "host:8786"])
def test_what_is_no_executor_is_usage(run, requests, url):
    assert run("check", "--executor", url, requests("{}")).exit_code == 2


def test_a_cluster_without_its_extra_is_usage(run, requests, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    result = run("check", "--executor", "dask://localhost:8786", requests("{}"))

    assert result.exit_code == 2
    assert "volrules[dask]" in result.stderr


@pytest.fixture
def scheduler(tmp_path):
    """The address of a Dask cluster of two processes."""
    pytest.importorskip("distributed")
    dask = (sys.executable, "-m", "distributed.cli")
    file = tmp_path / "scheduler.json"
    at = ("--scheduler-file", str(file))
    commands = (
        ("dask_scheduler", *at, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        ("dask_worker", *at, "--nworkers", "2", "--nthreads", "1", "--no-dashboard"),
    )
    processes = [
        subprocess.Popen(
            (*dask[:2], f"{dask[2]}.{name}", *args), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for name, *args in commands
    ]
    try:
        eventually(lambda: file.exists() and file.read_text().endswith("}"))  # it is there before it is written
        yield json.loads(file.read_text())["address"].replace("tcp", "dask")
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait()


def when_there_are_workers(*args):
    """The result of a command, once the cluster has somebody to work for it."""
    results = []
    eventually(lambda: results.append(volrules(*args)) or b"no workers" not in results[-1].stderr)
    return results[-1]


@pytest.mark.parametrize("text_format", ["json", "jsonl"])
def test_a_cluster_answers_as_one_process_does(site, long_input, scheduler, text_format):
    args = ("check", "--site", site, "--format", text_format, long_input(MIXED))

    several = when_there_are_workers(*args, "--executor", scheduler)

    alone = volrules(*args, "--workers", 1)
    assert several.stdout == alone.stdout
    assert several.stderr == alone.stderr
    assert several.returncode == 4


def test_a_cluster_creates_nothing_twice(site, tmp_path, long_input, scheduler):
    args = ("create", "--site", site, "--store", f"sqlite:///{tmp_path}/volrules.db", "--format", "jsonl")

    result = when_there_are_workers(*args, "--executor", scheduler, long_input([GOOD]))

    assert result.returncode == 0, result.stderr
    with sqlite3.connect(tmp_path / "volrules.db") as store:
        keys = store.execute("SELECT count(*) FROM idempotency_keys").fetchone()[0]
        volumes = store.execute("SELECT count(*) FROM volumes").fetchone()[0]
    store.close()
    assert volumes == LONG
    assert 0 < keys <= LONG - HEAD  # those that the cluster answered


def test_a_cluster_that_is_not_there_is_to_be_tried_again(long_input):
    pytest.importorskip("distributed")
    result = volrules("check", "--executor", "dask://127.0.0.1:1", long_input([GOOD]))
    assert result.returncode == 7
    assert result.stdout == b""
    assert b"127.0.0.1:1" in result.stderr
    assert result.stderr.count(b"\n") == 1
