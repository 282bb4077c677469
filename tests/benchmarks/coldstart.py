"""A process from its start to its end, against one that only imports click."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from . import samples
from .timing import Figure, Work, measure

BASE = "import click"


def figures(rounds: int) -> list[Figure]:
    """The command line with nothing to do, and with one request to check; a turn each is one process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder)
        check = [*_volrules(), "check", "--site", "site.json", "--inventory", "inventory.json", "--format", "jsonl"]
        works = {
            BASE: _process([sys.executable, "-c", "import click"], folder),
            "nothing": _process([sys.executable, "-c", "pass"], folder),
            "volrules --version": _process([*_volrules(), "--version"], folder),
            "volrules check": _process([*check, "requests.jsonl"], folder),
            "volrules check, YAML": _process([*check, "requests.jsonl", "--site", "site.yaml"], folder),
        }
        return measure(works, rounds, base=BASE, turn=1)


def _volrules() -> Sequence[str]:
    """The console script beside the interpreter that runs this."""
    return [str(Path(sys.executable).parent / "volrules")]


def _process(command: Sequence[str], folder: Path) -> Work:
    # As where it is installed, modules are compiled beforehand: by whoever runs first.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return partial(subprocess.run, command, cwd=folder, env=environment, check=True, capture_output=True)


def _write(folder: Path) -> None:
    (folder / "site.json").write_text(json.dumps(samples.SITE), encoding="utf-8")
    (folder / "site.yaml").write_text(
        "availability_zones: [nova, az1]\nvolume_types: [{name: ssd}]\n", encoding="utf-8"
    )
    (folder / "inventory.json").write_text(json.dumps(samples.INVENTORY), encoding="utf-8")
    line = json.dumps({"request": samples.BODIES["plain"]})
    (folder / "requests.jsonl").write_text(f"{line}\n", encoding="utf-8")
