"""The README's examples do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from volrules.cli.application import volrules

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text(encoding="utf-8")
DOCS = README.parent / "docs"
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.fixture(autouse=True)
def _starters(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(volrules, ["init", "demo"]).exit_code == 0


def test_the_rejected_request_is_told_as_shown():
    shown = re.search(r"\$ echo '(.*)' \| volrules (.*)\n((?:.+\n)+?)```", TEXT)
    result = CliRunner().invoke(volrules, shown[2].split(), input=shown[1])
    assert result.stdout == shown[3]


def test_the_python_example_prints_what_it_says(capsys):
    code = re.search(r"```python\n(from volrules import Engine\n.*?)```", TEXT, re.DOTALL)[1]
    exec(compile(code, README, "exec"), {})
    said = re.findall(r"print\(.*# (.*)", code)
    assert capsys.readouterr().out.splitlines() == said


@pytest.mark.parametrize("page", [README, *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


def test_the_plugin_examples_are_heard(tmp_path):
    from volrules import Engine

    for page in (README, DOCS / "plugins.md"):
        codes = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        code = next(each for each in codes if "from volrules import hookimpl" in each)
        plugin = type(page.name, (), {})()
        exec(compile(code, page, "exec"), plugin.__dict__)
        plugin.name = "acme"
        with Engine.open(plugins=[plugin], inventory={}) as engine:
            decision = engine.check({"volume": {"size": 9}})
        assert [each.code for each in decision.violations] == ["acme.odd_size"]
