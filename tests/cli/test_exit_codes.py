"""The exit codes are published; several at once: 1 beats 7 beats 4 beats 3."""

from __future__ import annotations

import itertools

import pytest

from volrules.cli.exits import Exit, gravest
from volrules.errors import StoreError, StoreUnavailable
from volrules.requests import RequestSchema

GOOD = {"volume": {"size": 1}}
BAD = {"volume": {"size": 0}}


@pytest.fixture
def failing(monkeypatch):
    """Let the second check fail with an error."""

    def fail_with(error):
        parse, calls = RequestSchema.parse, itertools.count(1)

        def fails(self, body):
            if next(calls) == 2:
                raise error
            return parse(self, body)

        monkeypatch.setattr(RequestSchema, "parse", fails)

    return fail_with


@pytest.mark.parametrize("text_format", ["text", "json", "jsonl"])
@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([GOOD], 0),
        ([GOOD, BAD], 3),
        ([GOOD, "{"], 4),
        ([BAD, "{", GOOD], 4),
        (["{", "{"], 4),
        ([], 6),
        (["", "  "], 6),
    ],
)
def test_every_format_ends_with_the_same_code(run, requests, lines, code, text_format):
    assert run("check", "--format", text_format, requests(*lines)).exit_code == code


def test_an_empty_array_is_nothing_to_evaluate(run, requests):
    assert run("check", requests("[]", name="requests.json")).exit_code == 6


def test_a_missing_file_is_usage(run):
    result = run("check", "nowhere.jsonl")

    assert result.exit_code == 2
    assert "`nowhere.jsonl`" in result.stderr
    assert "no such file" in result.stderr


@pytest.mark.parametrize(
    "args", [["check"], ["chekc", "x"], ["check", "--format", "xml", "-"], ["report", "id", "fine"], ["--nonsense"]]
)
def test_click_s_complaints_are_usage(run, args):
    assert run(*args).exit_code == 2


def test_a_misspelt_command_is_told_its_neighbour(run):
    assert "did you mean `check`?" in run("chekc", "x").stderr


def test_check_reads_an_inventory_or_a_store(run, requests):
    path = requests(GOOD)
    assert run("check", "--inventory", path, "--store", "sqlite:///x.db", path).exit_code == 2


def test_an_inventory_wins_over_the_store_of_the_environment(run, starters, monkeypatch):
    monkeypatch.setenv("VOLRULES_STORE", "sqlite:////nowhere/at/all.db")
    args = ("--site", starters / "site.yaml", "--inventory", starters / "inventory.yaml")
    assert run("check", *args, starters / "requests.jsonl").exit_code == 0


def test_create_takes_no_inventory(run, requests):
    path = requests(GOOD)
    assert run("create", "--inventory", path, path).exit_code == 2


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///", "mysql://localhost/x"])
def test_what_is_no_store_is_usage(run, requests, url):
    assert run("create", "--store", url, requests(GOOD)).exit_code == 2


def test_a_store_that_is_none_is_configuration(run, requests, tmp_path):
    (tmp_path / "text.db").write_text("no database" * 1000)
    assert run("create", "--store", "sqlite:///text.db", requests(GOOD)).exit_code == 5


def test_an_internal_fault_is_one_sentence_and_the_others_are_answered(run, requests, failing):
    failing(RuntimeError("boom\nbang"))

    result = run("check", "--format", "jsonl", requests(GOOD, GOOD, BAD, "{"))

    assert result.exit_code == 1
    assert "line 2: internal fault (RuntimeError: boom bang)" in result.stderr
    assert len(result.stdout.splitlines()) == 2


def test_a_busy_store_is_to_be_tried_again(run, requests, failing):
    failing(StoreUnavailable("the store is busy; try again later"))

    result = run("check", requests(GOOD, GOOD, BAD, "{"))

    assert result.exit_code == 7
    assert "line 2: the store is busy; try again later" in result.stderr


def test_a_store_that_cannot_be_used_ends_it(run, requests, failing):
    failing(StoreError("the store's schema is newer; update volrules"))

    result = run("check", "--format", "jsonl", requests(GOOD, GOOD, GOOD))

    assert result.exit_code == 5
    assert len(result.stdout.splitlines()) == 1


def test_debug_shows_the_traceback(requests, failing):
    from click.testing import CliRunner

    from volrules.cli.application import volrules

    failing(RuntimeError("boom"))
    result = CliRunner().invoke(volrules, ["--debug", "check", str(requests(GOOD, GOOD))])
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("several", "one"),
    [
        ([], Exit.ACCEPTED),
        ([Exit.REJECTED, Exit.ACCEPTED], Exit.REJECTED),
        ([Exit.REJECTED, Exit.UNREADABLE], Exit.UNREADABLE),
        ([Exit.UNREADABLE, Exit.RETRY, Exit.REJECTED], Exit.RETRY),
        ([Exit.RETRY, Exit.FAULT, Exit.UNREADABLE], Exit.FAULT),
    ],
)
def test_the_gravest_counts(several, one):
    assert gravest(several) is one
