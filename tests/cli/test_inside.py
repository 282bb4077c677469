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
def distribution(tmp_path, monkeypatch):
    """Install a distribution with a plugin ``acme``, for the length of a test; where its module belongs."""
    site_packages = tmp_path / "site-packages"
    information = site_packages / "acme-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[volrules]\nacme = acme_plugin:plugin\n")
    monkeypatch.syspath_prepend(site_packages)
    offered.commands.cache_clear()
    yield site_packages
    offered.commands.cache_clear()
    sys.modules.pop("acme_plugin", None)


@pytest.fixture
def vendor(distribution, monkeypatch):
    """Install this object as the plugin ``acme``."""
    return lambda plugin: monkeypatch.setitem(sys.modules, "acme_plugin", types.SimpleNamespace(plugin=plugin))


@pytest.fixture
def written(distribution):
    """Install a module of this text, which has the plugin ``acme``."""
    return (distribution / "acme_plugin.py").write_text


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
    assert result.exit_code == 5
    assert "spool" in result.stdout
    assert "volrules_validate_size" in result.stderr


@pytest.mark.parametrize(
    "source",
    [
        "import nowhere_to_be_found",
        "raise SystemExit(3)",
        "from volrules import UsageError; raise UsageError('no')",
        "class plugin:\n    def __init__(self, one, more): ...",
        "from volrules import hookimpl\nclass plugin:\n    @hookimpl\n    def volrules_validate_sise(self): ...",
        "from volrules import hookimpl\nclass plugin:\n    @hookimpl\n    def volrules_validate_size(self, drift): ...",
        "import volrules\nclass plugin:\n    @volrules.hookimpl(wrapper=1)\n    def volrules_authorize(self): yield",
        "class plugin:\n    @staticmethod\n    def volrules_options_schema(): return {'a': {'type': 'b'}}",
    ],
    ids=["import", "exit", "our error", "instance", "misspelt", "argument", "wrapper", "options"],
)
def test_a_plugin_that_cannot_be_used_is_told_by_name_version_file_and_way_out(run, written, source):
    written(source)
    result = run("plugins")
    (told,) = result.stderr.splitlines()
    assert "`acme` (acme 1.0)" in told
    assert "acme_plugin.py: " in told
    assert "`-p no:acme`" in told
    assert run("plugins", "-p", "no:acme").exit_code == 0


def test_a_plugin_for_another_volrules_is_told_with_its_file_and_not_imported(run, distribution, written):
    written("raise SystemExit")
    metadata = distribution / "acme-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: volrules<0.0.1\n")
    (told,) = run("plugins").stderr.splitlines()
    assert "acme_plugin.py: " in told
    assert "volrules<0.0.1" in told
    assert "acme_plugin" not in sys.modules


def test_a_command_tells_the_first_fault_and_how_many_more_there_are(run, requests, written):
    written("import nowhere_to_be_found")
    site = requests({"plugins": {"sizes": {}}, "required": ["nowhere-to-be-found"]}, name="site.json")
    told = run("check", "--site", site, requests({"volume": {"size": 1}})).stderr.splitlines()
    assert len(told) == 2
    assert "2 more faults" in told[1]
    assert "`volrules plugins`" in told[1]


class BadSchema:
    @hookimpl
    def volrules_request_schema(self):
        return {"type": "nonsense", "properties": {"acme_key": {"enum": "\n"}}}


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ({"dispatcher": "spol"}, "`spool`"),
        ({"key_manager": "size"}, "volrules_create_key"),
        ({"rules": {"size.not_positive": {"enforcement": "warn"}}}, "size.not_positive"),
        ({"relay": {"lease": "3s"}}, "relay.lease"),
        ({}, "volrules_request_schema"),
    ],
    ids=["dispatcher", "key manager", "enforcement", "lease", "request schema"],
)
def test_what_keeps_an_engine_from_opening_is_a_fault_of_the_plugins(run, requests, vendor, site, told):
    vendor(object() if site else BadSchema)
    path = requests(site, name="site.json")
    text, document, linted = (
        run(*args)
        for args in (
            ("plugins", "--site", path),
            ("plugins", "--site", path, "--format", "json"),
            ("lint", path),
        )
    )
    assert [each.exit_code for each in (text, document, linted)] == [5, 5, 5]
    assert "volrules_resolve_size" in text.stdout
    assert told in text.stderr
    assert told in "".join(json.loads(document.stdout)["faults"])
    assert text.stderr == linted.stderr


def test_all_that_keeps_an_engine_from_opening_is_told_at_once(run, requests, vendor):
    vendor(BadSchema)
    path = requests({"dispatcher": "spol", "rules": {"sources.exclusive": {"enforcement": "warn"}}}, name="site.json")
    assert len(run("plugins", "--site", path).stderr.splitlines()) == 3
    assert len(run("lint", path).stderr.splitlines()) == 3


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


class Unspeakable(Exception):
    """Fails once more when it is asked what went wrong."""

    def __str__(self):
        raise RuntimeError


class Raising:
    """Raises it ``when`` it is asked, or at load already."""

    when = "asked"

    def __init__(self, options):
        if self.when == "load":
            raise Unspeakable

    @hookimpl
    def volrules_validate_size(self, draft):
        raise Unspeakable

    @hookimpl
    def volrules_commands(self):
        raise Unspeakable


def test_an_exception_that_cannot_say_what_it_is_is_its_plugins_fault_alone(run, requests, vendor):
    vendor(Raising)
    result = run("check", requests({"volume": {"size": 1}}))
    assert result.exit_code == 3
    assert "plugin.failed" in result.stdout
    assert "Unspeakable" in result.stderr
    assert "acme" in run("--help").stderr


def test_an_exception_at_load_that_cannot_say_what_it_is_is_its_plugins_fault(run, requests, vendor):
    vendor(type("Loading", (Raising,), {"when": "load"}))
    result = run("check", requests({"volume": {"size": 1}}))
    assert result.exit_code == 5
    assert "`acme`" in result.stderr
    assert "Unspeakable" in result.stderr


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


class Taking:
    """Offers a command by the name of ours, and one of its own."""

    @hookimpl
    def volrules_commands(self):
        return [click.Command("check"), click.Command("salute", help="Salute.")]


def test_an_offered_command_does_not_take_the_name_of_ours(run, requests, vendor):
    vendor(Taking)
    result = run("--help")
    assert result.stdout.count("\n  check ") == 1
    assert "salute" in result.stdout
    assert "`check`" in result.stderr
    assert "acme" in result.stderr
    assert run("check", requests({"volume": {"size": 1}})).exit_code == 0


def test_what_the_environment_leaves_out_offers_no_commands_and_is_not_imported(run, written, monkeypatch):
    written("raise SystemExit")
    monkeypatch.setenv("VOLRULES_PLUGINS", "no:image no:acme")
    assert run("--help").exit_code == 0
    assert "acme_plugin" not in sys.modules


def test_what_the_environment_names_offers_its_commands(run, written, distribution, monkeypatch):
    (distribution / "acme-1.0.dist-info" / "entry_points.txt").unlink()
    written(
        "import click\nfrom volrules import hookimpl\n"
        "@hookimpl\ndef volrules_commands():\n    return [click.Command('salute', callback=lambda: print('hello'))]\n"
    )
    assert run("salute").exit_code == 2
    offered.commands.cache_clear()
    monkeypatch.setenv("VOLRULES_PLUGINS", "acme_plugin")
    assert run("salute").stdout == "hello\n"


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


@pytest.fixture
def lenient(requests):
    """A site that softens a code, and waives two."""
    terms = {"reason": "migration", "owner": "storage"}
    waivers = [
        {"code": "metadata.blank_key", "project": "p1", "expires": "2999-12-31", **terms},
        {"code": "image.min_disk", "expires": "2020-01-31", **terms},
    ]
    rules = {"availability_zone.not_offered": {"enforcement": "audit"}}
    return requests({"rules": rules, "waivers": waivers}, name="lenient.json")


def test_plugins_tells_what_the_site_lets_pass(run, lenient):
    document = json.loads(run("plugins", "--site", lenient, "--format", "json").stdout)
    assert document["rules"] == {"availability_zone.not_offered": "audit"}
    assert [(each["code"], each["project"], each["expired"]) for each in document["waivers"]] == [
        ("metadata.blank_key", "p1", False),
        ("image.min_disk", None, True),
    ]

    rows = [line.split() for line in run("plugins", "--site", lenient).stdout.splitlines()]
    assert ["availability_zone.not_offered", "audit", "-", "-", "-"] in rows
    assert ["metadata.blank_key", "waived", "p1", "storage", "2999-12-31"] in rows
    assert ["image.min_disk", "waiver", "expired", "-", "storage", "2020-01-31"] in rows
    assert "metadata.blank_key" not in run("plugins").stdout


def test_two_who_declare_one_request_key_get_a_notice(run, vendor, tmp_path, monkeypatch):
    class Declaring:
        @hookimpl
        def volrules_request_schema(self):
            return {"properties": {"tier": {"type": "string"}}}

    vendor(Declaring)
    (tmp_path / "other_keys.py").write_text(
        "from volrules import hookimpl\n"
        "@hookimpl\ndef volrules_request_schema():\n    return {'properties': {'tier': {}, 'mine': {}}}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    alone = run("plugins")
    both = run("plugins", "-p", "other_keys", "--format", "json")
    assert alone.stderr == ""
    assert both.exit_code == 0
    assert "`tier`" in both.stderr
    assert "`mine`" not in both.stderr
    assert json.loads(both.stdout)["keys"] == {"tier": ["acme", "other_keys"], "mine": ["other_keys"]}


def test_the_table_tells_whom_the_site_has_chosen(run):
    (row,) = (line for line in run("plugins").stdout.splitlines() if line.startswith("volrules_dispatch "))
    assert "spool (the site's choice)" in row


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
