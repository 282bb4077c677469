"""What the documentation takes from the source is what the source says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

GENERATE = Path(__file__).parents[2] / "docs" / "generate.py"
PAGES = runpy.run_path(str(GENERATE))["pages"]()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_it_is_current(page):
    assert page.read_text(encoding="utf-8") == PAGES[page], "run `python docs/generate.py`"
