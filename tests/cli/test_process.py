"""What only a process of its own shows: start-up, pipes, signals."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from volrules.cli.answering import HEAD

VOLRULES = (sys.executable, "-m", "volrules")
# Slow to import; needed only by a store, for a diagnosis, on a terminal, for keys, or by those who share work.
HEAVY = {
    "alembic",
    "concurrent.futures",
    "cryptography",
    "difflib",
    "jsonschema",
    "multiprocessing",
    "psycopg",
    "rich",
    "secrets",
    "sqlalchemy",
}


def imported(*args):
    process = subprocess.run(
        (sys.executable, "-X", "importtime", "-m", "volrules", *map(str, args)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return {line.rsplit("|", 1)[-1].strip() for line in process.stderr.splitlines() if "|" in line}


def test_the_version_imports_click_and_a_constant():
    ours = {each for each in imported("--version") if each.startswith("volrules")}
    assert ours == {"volrules", "volrules.version", "volrules.cli", "volrules.cli.exits", "volrules.cli.application"}


def test_a_check_imports_nothing_it_does_not_need(starters):
    args = ("--site", starters / "site.yaml", "--inventory", starters / "inventory.yaml")
    assert not imported("check", *args, starters / "requests.jsonl") & HEAVY


def test_a_check_of_json_alone_reads_no_yaml(requests):
    site, inventory = (requests("{}", name=f"{name}.json") for name in ("site", "inventory"))
    args = ("--site", site, "--inventory", inventory, requests({"volume": {"size": 1}}))
    assert not imported("check", *args) & {*HEAVY, "ruamel.yaml"}


def test_a_reader_that_goes_away_ends_it_quietly(requests):
    path = requests(*[{"volume": {"size": 1}}] * 2000)
    with subprocess.Popen((*VOLRULES, "check", path), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.parametrize("text_format", ["text", "jsonl"])
def test_control_c_leaves_whole_answers_to_a_slow_reader(requests, text_format):
    path = requests(*[{"volume": {"size": 1, "name": "x" * 255}}] * 2000)
    command = (*VOLRULES, "check", "--format", text_format, "--workers", "1", path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        first = process.stdout.read(1)
        wait_until_full(process.stdout)
        process.send_signal(signal.SIGINT)
        *_, last = (first + process.stdout.read()).splitlines(keepends=True)
    assert process.returncode == 130
    assert last.endswith(b"\n")
    assert text_format == "text" or json.loads(last)["outcome"] == "accepted"


def wait_until_full(pipe):
    """Wait until whoever writes to the pipe waits, too."""
    held, before = waiting(pipe), -1
    while held != before:
        time.sleep(0.2)
        held, before = waiting(pipe), held


def waiting(pipe):
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_control_c_is_a_sentence():
    with subprocess.Popen((*VOLRULES, "check", "-"), stdin=-1, stdout=-1, stderr=-1) as process:
        process.stdin.write(b'{"volume": {"size": 1}}\n')
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said.startswith(b"volrules: interrupted")
    assert said.count(b"\n") == 1


def test_answers_come_as_requests_go():
    with subprocess.Popen((*VOLRULES, "check", "--format", "jsonl", "-"), stdin=-1, stdout=-1) as process:
        for _ in range(3):
            process.stdin.write(b'{"volume": {"size": 1}}\n')
            process.stdin.flush()
            assert b"accepted" in process.stdout.readline()
        process.stdin.close()
    assert process.returncode == 0


def test_a_terminal_that_is_not_utf8_still_gets_utf8_json(requests):
    line = {"volume": {"size": 1, "name": "früh ← spät"}}
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for text_format in ("text", "jsonl"):
        args = (*VOLRULES, "check", "--format", text_format, requests(line))
        output = subprocess.run(args, capture_output=True, env=environment, check=True).stdout
        assert "früh ← spät" in output.decode()


LOUD = """
import os, subprocess, sys
from volrules import hookimpl

def shout(what):
    os.write(1, what.encode())
    subprocess.run((sys.executable, "-c", f"print({what!r})"))
    print(what)
    print(what, file=sys.__stdout__)

shout("imported")

@hookimpl
def volrules_validate_request(request):
    if request.name == "loud":
        shout("asked")
"""


@pytest.fixture
def loud(tmp_path):
    """A plugin that writes to stdout in every way there is, when it is imported and when it is asked."""
    (tmp_path / "loud.py").write_text(LOUD)
    return ("-p", "loud")


@pytest.mark.parametrize("command", ["check", "create"])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_plugins_print_below_python_stays_out_of_the_report(requests, loud, command, workers):
    quiet = {"volume": {"size": 1}}
    path = requests(*[quiet] * HEAD, {"volume": {"size": 1, "name": "loud"}}, quiet)
    site = requests({"quotas": {"default": {"volumes": -1, "gigabytes": -1}}}, name="site.json")
    args = (command, "--site", site, *loud, "--format", "jsonl", "--workers", workers, path)

    process = subprocess.run((*VOLRULES, *map(str, args)), capture_output=True, text=True, check=False)

    assert process.returncode == 0
    outcomes = [json.loads(line)["outcome"] for line in process.stdout.splitlines()]
    assert outcomes == [{"check": "accepted", "create": "created"}[command]] * (HEAD + 2)
    assert process.stderr.count("imported") >= 4
    assert process.stderr.count("asked") == 4


def test_help_and_plugins_keep_to_stdout_and_loud_plugins_do_not(loud):
    for args in (("check", "--help"), ("plugins", *loud), ("quota", "show", "--help")):
        process = subprocess.run((*VOLRULES, *args), capture_output=True, text=True, check=True)
        assert process.stdout
        assert "imported" not in process.stdout


def test_without_a_stderr_there_is_a_report_all_the_same(requests):
    path = requests({"volume": {"size": 1}})
    args = ("sh", "-c", '"$@" 2>&-', "sh", *VOLRULES, "check", "--format", "jsonl", path)
    process = subprocess.run(args, stdout=subprocess.PIPE, check=True)
    assert json.loads(process.stdout)["outcome"] == "accepted"


def wait_until_caught(pid, number):
    """Wait until the process has a handler for the signal (proc_pid_status(5), SigCgt)."""
    for _ in range(600):
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if caught >> (number - 1) & 1:
            return
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to see that the signal is caught")
def test_a_following_relay_stops_cleanly(tmp_path):
    subprocess.run((*VOLRULES, "store", "init"), check=True, capture_output=True)
    with subprocess.Popen((*VOLRULES, "relay", "--follow"), stdout=-1, stderr=-1) as process:
        wait_until_caught(process.pid, signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert process.communicate() == (b"", b"")
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_long_input_on_a_terminal_has_a_progress_bar(requests):
    import pty

    path = requests(*[{"volume": {"size": 1}}] * 40_000)
    inventory = requests("{}", name="inventory.json")
    ours, theirs = pty.openpty()
    args = (*VOLRULES, "check", "--inventory", inventory, "--format", "jsonl", path)
    with subprocess.Popen(args, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
    os.close(ours)
    assert process.returncode == 0
    assert b"requests.jsonl" in shown
    assert b"%" in shown


def _read(terminal):
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux says so at the end
        return b""
