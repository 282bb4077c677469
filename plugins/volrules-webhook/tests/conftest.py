"""Services that run for one test."""

from __future__ import annotations

import pytest
from service import Service


@pytest.fixture
def service():
    """One that has nothing against anything."""
    running = Service()
    running.answer({"violations": []})
    yield running
    running.stop()
