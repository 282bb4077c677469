"""The vendor guide says what the tutorial plugin does, in its words, and its examples work."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from volrules import hookimpl, violation
from volrules.testing import a_request, a_site, decide

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "vendor-guide.md").read_text(encoding="utf-8")
ACME = ROOT / "plugins" / "volrules-acme" / "volrules_acme.py"
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def acme():
    """The tutorial plugin, installed or not."""
    namespace = {"__name__": "volrules_acme"}
    exec(compile(ACME.read_text(encoding="utf-8"), ACME, "exec"), namespace)
    return type("Handed", (namespace["Acme"],), {"name": "acme-of-the-guide"})


def test_indented_examples_are_the_plugin_s_own_lines():
    quoted = [each for each in BLOCKS if each.startswith(" ")]
    source = re.sub(r"\s+", "", ACME.read_text(encoding="utf-8"))
    assert len(quoted) >= 4
    for each in quoted:
        assert re.sub(r"\s+", "", each) in source, each


def test_the_test_example_passes(acme):
    (block,) = (each for each in BLOCKS if "check_plugin" in each)
    namespace = {"Acme": acme}
    exec(textwrap.dedent(block), namespace)
    namespace["test_a_long_name_is_rejected"]()


def test_the_silent_example_is_silent(acme):
    (block,) = (each for each in BLOCKS if "too_large_for_edge" in each)
    namespace = {"hookimpl": hookimpl, "violation": violation}
    exec(block, namespace)
    plugin = type("Edge", (), {"volrules_validate_volume": staticmethod(namespace["volrules_validate_volume"])})()
    site = a_site(availability_zones=["edge"])

    large = decide(plugin, a_request(size=101, availability_zone="edge"), site=site)
    unknown = decide(plugin, a_request(size=-1, availability_zone="edge"), site=site)

    assert [each.code for each in large.violations] == ["acme.too_large_for_edge"]
    assert [each.code for each in unknown.violations] == ["size.not_positive"]
