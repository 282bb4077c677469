"""Looking inside: plugins, schemas, lint, and commands that plugins offer."""

from __future__ import annotations

import json
import sys
import types

import click
import jsonschema
import pytest

from volrules import hookimpl, violation
from volrules.cli import offered
from volrules.codes import CODES
from volrules.version import VERSION


@pytest.fixture
def vendor(tmp_path, monkeypatch):
    """Install a distribution whose plugin ``acme`` is this object, for the length of a test."""
    site_packages = tmp_path / "site-packages"
    information = site_packages / "acme-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[volrules]\nacme = acme_plugin:plugin\n")
    monkeypatch.syspath_prepend(site_packages)
    offered.commands.cache_clear()
    yield lambda plugin: monkeypatch.setitem(sys.modules, "acme_plugin", types.SimpleNamespace(plugin=plugin))
    offered.commands.cache_clear()


def test_the_version(run):
    assert run("--version").stdout == f"volrules {VERSION}\n"


def test_plugins_lists_the_rules_with_their_hooks(run):
    listed = {each["name"]: each for each in json.loads(run("plugins", "--format", "json").stdout)["plugins"]}

    assert listed["size"]["hooks"] == ["volrules_resolve_size", "volrules_validate_size"]
    assert (listed["spool"]["distribution"], listed["spool"]["version"]) == ("volrules", VERSION)


def test_plugins_still_works_where_one_cannot_be_used(run, requests, vendor):
    class Misspelt:
        @hookimpl
        def volrules_validate_sise(self, draft):
            """Not a hook."""

    vendor(Misspelt)

    assert run("check", requests({"volume": {"size": 1}})).exit_code == 5
    result = run("plugins")
    assert result.exit_code == 0
    assert "spool" in result.stdout
    assert "volrules_validate_size" in result.stderr


def test_a_failing_plugin_is_named_with_its_error_on_stderr(run, requests, vendor):
    class Failing:
        @hookimpl
        def volrules_validate_size(self, draft):
            raise RuntimeError("out\nof order")

    vendor(Failing)

    result = run("check", "--format", "jsonl", requests({"volume": {"size": 1}}))
    assert result.exit_code == 3
    assert [each["code"] for each in json.loads(result.stdout)["violations"]] == ["plugin.failed"]
    assert "RuntimeError: out of order" in result.stderr
    assert "out of order" not in result.stdout


def test_who_objects_is_told(run, requests, vendor):
    class Odd:
        @hookimpl
        def volrules_validate_size(self, draft):
            yield violation("acme.odd", "/volume/size", "the size is odd; make it even")

    vendor(Odd)

    assert "[acme.odd, fix_request, from acme]" in run("check", requests({"volume": {"size": 1}})).stdout


def test_plugins_offer_commands(run, vendor):
    @click.command()
    def salute():
        """Salute."""
        click.echo("hello")

    class Commands:
        @hookimpl
        def volrules_commands(self):
            return [salute]

    vendor(Commands)

    assert run("salute").stdout == "hello\n"
    assert "salute" in run("--help").stdout


def test_a_plugin_that_fails_to_offer_its_commands_keeps_nobody_from_help(run, vendor):
    class Failing:
        @hookimpl
        def volrules_commands(self):
            raise SystemExit(9)

    vendor(Failing)

    result = run("--help")
    assert result.exit_code == 0
    assert "acme" in result.stderr


@pytest.mark.parametrize("name", ["request", "decision", "message"])
def test_schemas_are_printed(run, name):
    schema = json.loads(run("schema", name).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_decisions_fit_the_printed_schema(run, requests):
    schema = json.loads(run("schema", "decision").stdout)
    lines = run("check", "--format", "jsonl", requests({"volume": {"size": 1}}, {"volume": {"size": 0}})).stdout
    for line in lines.splitlines():
        jsonschema.Draft202012Validator(schema).validate(json.loads(line))


def test_lint_praises_a_site_in_order(run, starters):
    result = run("lint", starters / "site.yaml")
    assert (result.exit_code, "in order" in result.stdout) == (0, True)


def test_lint_tells_all_faults_at_once(run, tmp_path):
    site = tmp_path / "site.json"
    site.write_text(json.dumps({"plugins": {"sizes": {}, "spool": {"options": {"dir": "x"}}}}))

    result = run("lint", site)

    assert result.exit_code == 5
    assert len(result.stderr.splitlines()) == 2


def test_lint_lists_every_code(run):
    listed = json.loads(run("lint", "--codes", "--format", "json").stdout)
    assert [each["code"] for each in listed] == list(CODES)
    assert "size.below_snapshot" in run("lint", "--codes").stdout


def test_a_plugin_is_left_out_by_name(run, requests):
    path = requests({"volume": {"size": 1, "metadata": {"": "blank"}}})

    assert run("check", path).exit_code == 3
    assert run("check", "-p", "no:metadata", path).exit_code == 0
    assert "metadata" not in run("plugins", "-p", "no:metadata").stdout.replace("-metadata", "")


def test_a_plugin_that_is_asked_for_must_be_there(run, requests):
    result = run("check", "-p", "no:metadatum", requests({"volume": {"size": 1}}))

    assert result.exit_code == 5
    assert "`metadata`" in result.stderr


def test_the_environment_names_plugins_too(run, monkeypatch):
    monkeypatch.setenv("VOLRULES_PLUGINS", "no:image no:size")
    names = {each["name"] for each in json.loads(run("plugins", "--format", "json").stdout)["plugins"]}
    assert not names & {"image", "size"}


def test_plugins_tells_who_is_asked_in_which_order_and_why(run, vendor):
    class Early:
        @hookimpl(tryfirst=True)
        def volrules_resolve_size(self, draft):
            """No opinion."""

    vendor(Early())
    document = json.loads(run("plugins", "--format", "json").stdout)
    (order,) = (each for each in document["hooks"] if each["hook"] == "volrules_resolve_size")
    assert order["counts"] == "first"
    assert [(each["plugin"], each["why"]) for each in order["turns"]] == [("acme", "tryfirst"), ("size", "trylast")]
    assert "acme (tryfirst) → size (trylast)" in run("plugins").stdout


def test_an_expired_waiver_is_a_fault_for_lint(run, tmp_path):
    waiver = {"code": "metadata.blank_key", "reason": "migration", "owner": "storage team", "expires": "2020-01-31"}
    path = tmp_path / "site.json"
    path.write_text(json.dumps({"waivers": [waiver]}))
    result = run("lint", path)
    assert result.exit_code == 5
    assert "waivers.0" in result.stderr


def test_what_a_plugin_prints_stays_out_of_the_report(run, requests, vendor):
    class Loud:
        @hookimpl
        def volrules_validate_size(self, draft):
            print("thinking aloud")  # noqa: T201 - what it must not do

    vendor(Loud())
    result = run("check", "--format", "jsonl", requests({"volume": {"size": 1}}))
    assert json.loads(result.stdout)["outcome"] == "accepted"
    assert "thinking aloud" in result.stderr
