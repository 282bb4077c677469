"""What is shipped, and that it works from nothing."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
SH = re.compile(r"```sh\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def shipped(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_every_package_is_declared():
    setup = configparser.ConfigParser()
    setup.read(CHECKOUT / "setup.cfg")
    there = {str(path.parent.relative_to(CHECKOUT)).replace("/", ".") for path in (CHECKOUT / "volrules").rglob("*.py")}
    assert set(setup["options"]["packages"].split()) == there | {"volrules.schemas"}


def test_the_wheel_is_typed(shipped):
    assert "volrules/py.typed" in shipped


def test_the_wheel_has_the_schemas(shipped):
    for path in (CHECKOUT / "schemas").glob("*.json"):
        assert shipped[f"volrules/schemas/{path.name}"] == path.read_text(encoding="utf-8")


def test_the_wheel_has_every_module(shipped):
    modules = {str(path.relative_to(CHECKOUT)) for path in (CHECKOUT / "volrules").rglob("*.py")}
    assert modules <= set(shipped)


def test_the_wheel_has_nothing_else(shipped):
    tops = {name.partition("/")[0] for name in shipped}
    assert {each for each in tops if not each.endswith(".dist-info")} == {"volrules"}


def test_every_rule_is_an_entry_point(shipped):
    (text,) = (text for name, text in shipped.items() if name.endswith("entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(text)
    rules = {path.stem for path in (CHECKOUT / "volrules" / "rules").glob("[a-z]*.py")}
    assert set(points["volrules"]) == rules | {"spool", "local"}
    assert points["console_scripts"]["volrules"] == "volrules.cli:main"


def test_the_licence_is_shipped(shipped):
    assert any(name.endswith("LICENSE") for name in shipped)


def test_the_readme_s_first_command_makes_volumes(unpacked):
    command = SH.search((unpacked / "README.md").read_text(encoding="utf-8"))[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VOLRULES"))}

    result = subprocess.run(
        ["bash", "-euc", command], cwd=unpacked, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )

    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines()[-1] == "3 created"
    assert len(list((unpacked / "spool").glob("*.json"))) == 3


def test_no_registry_s_address_is_written_down():
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    addresses = re.compile(r"https?://[^\s/]*(?:pypi|pythonhosted)|/simple\b|index-url")
    for name in files.stdout.splitlines():
        path = CHECKOUT / name
        if path != Path(__file__) and path.is_file() and path.suffix in (".cfg", ".ini", ".toml", ".lock", ".txt", ""):
            assert not addresses.search(path.read_text(encoding="utf-8")), name
