"""``volrules new-plugin``: what it writes installs, is listed, rejects a request and passes its own tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from volrules.cli.application import volrules

# A setuptools that builds wheels by itself spares pip the download of one.
MODERN = find_spec("setuptools") and find_spec("setuptools.command.bdist_wheel")
OFFLINE = ["--no-build-isolation", "--no-index"] if MODERN else []


@pytest.fixture(autouse=True)
def _in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def new_plugin(*args):
    return CliRunner().invoke(volrules, ["new-plugin", *args])


@pytest.mark.parametrize("name", ["Foo", "foo-bar", "volrules-foo", "1foo", "", "foo__bar", "été", "x" * 41, "../foo"])
def test_a_bad_name_is_refused(name):
    result = new_plugin(name)
    assert result.exit_code == 2
    assert "is no name for a plugin" in result.stderr
    assert not list(Path().iterdir())


@pytest.mark.parametrize(("name", "near"), [("Foo", "foo"), ("foo-bar", "foo_bar"), ("volrules-foo", "foo")])
def test_a_name_that_would_do_is_suggested(name, near):
    assert f"try `{near}`" in new_plugin(name).stderr


@pytest.mark.parametrize("name", ["volrules", "size", "spool", "plugin", "snapshot"])
def test_a_name_that_is_taken_is_refused(name):
    assert new_plugin(name).exit_code == 2


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "foo").mkdir()
    result = new_plugin("foo")
    assert result.exit_code == 2
    assert "`foo` is there already" in result.stderr
    assert not list((tmp_path / "foo").iterdir())


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    result = new_plugin("foo", "file/foo")
    assert result.exit_code == 2
    assert "name another directory" in result.stderr


def test_it_writes_a_distribution():
    assert new_plugin("foo_bar", "here").exit_code == 0
    files = {str(path.relative_to("here")) for path in Path("here").rglob("*") if path.is_file()}
    assert files == {"setup.cfg", "pyproject.toml", "README.md", "volrules_foo_bar.py", "tests/test_foo_bar.py"}
    assert len(Path("here/pyproject.toml").read_text().splitlines()) == 3
    assert not [name for name in files if "$" in Path("here", name).read_text()]


def test_what_it_writes_works_as_it_is(tmp_path):
    assert new_plugin("foo").exit_code == 0
    python = a_venv(tmp_path / "venv")
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", *OFFLINE, "./foo")

    listed = run(python, "-m", "volrules", "plugins").stdout
    assert ["foo", "volrules-foo", "0.1.0"] in [line.split()[:3] for line in listed.splitlines()]

    body = json.dumps({"volume": {"size": 1, "name": "x" * 65}})
    decided = run(python, "-m", "volrules", "check", "--format", "jsonl", "-", stdin=body, expected=3)
    assert [each["code"] for each in json.loads(decided.stdout)["violations"]] == ["foo.name_too_long"]

    assert " passed" in run(python, "-m", "pytest", "-q", "foo").stdout


def a_venv(folder: Path) -> Path:
    """A fresh environment that borrows what is installed here, so that nothing is downloaded."""
    venv.create(folder, with_pip=True, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for older in packages.glob("setuptools*"):
        shutil.rmtree(older)
    borrowed = [path for path in sys.path if path.endswith("-packages")]
    # addsitedir, so that what is installed here in editable form is borrowed too
    lines = [f"import site; site.addsitedir({path!r})" for path in borrowed]
    (packages / "borrowed.pth").write_text("\n".join(lines))
    return folder / "bin" / "python"


def run(*command, stdin=None, expected=0):
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VOLRULES"))}
    result = subprocess.run(
        [str(each) for each in command], input=stdin, capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == expected, result.stdout + result.stderr
    return result
