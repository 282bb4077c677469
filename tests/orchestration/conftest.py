"""An engine on a store, and one that has bad moments."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path

import pytest

from volrules import Engine, StoreUnavailable, UsageError
from volrules.testing import a_site

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(scope="session")
def example():
    """Import an example by its name, once."""

    @functools.cache
    def load(name):
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def engine(tmp_path):
    site = a_site(plugins={"spool": {"options": {"directory": str(tmp_path / "spool")}}})
    with Engine.open(site, store=f"sqlite:///{tmp_path}/volrules.db") as opened:
        yield Flaky(opened)


class Flaky:
    """An engine whose first answers are lost, though what they told of has happened."""

    def __init__(self, engine):
        self._engine = engine
        self.lost = 0
        self.faulty = False
        self.calls = self.answers = 0

    def create(self, *args, **options):
        self.calls += 1
        if self.faulty:
            raise UsageError("this will not do; ask otherwise")
        receipt = self._engine.create(*args, **options)
        self.answers += 1
        if self.lost:
            self.lost -= 1
            raise StoreUnavailable("the store does not answer; try again later")
        return receipt

    def __getattr__(self, name):
        return getattr(self._engine, name)
