from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from volrules.cli.application import volrules

Run = Callable[..., click.testing.Result]


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spool, keys and the default database go where the command runs."""
    monkeypatch.chdir(tmp_path)
    for name in ("VOLRULES_SITE", "VOLRULES_STORE", "VOLRULES_PLUGINS", "VOLRULES_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def run() -> Run:
    """Run a command; ``input`` is its stdin."""

    def run(*args: object, **options: Any) -> click.testing.Result:
        result = click.testing.CliRunner().invoke(volrules, [str(each) for each in args], **options)
        assert "Traceback" not in result.output
        return result

    return run


@pytest.fixture
def requests(tmp_path: Path) -> Callable[..., Path]:
    """Write request lines to a file: bodies as objects, or text as it is."""

    def write(*lines: Any, name: str = "requests.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in lines))
        return path

    return write


@pytest.fixture
def starters(run: Run) -> Path:
    """A directory with the starter documents."""
    assert run("init", "demo").exit_code == 0
    return Path("demo")
