"""A Dask cluster that does work."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from distributed import Client

from volrules.errors import VolrulesError

_PATIENCE = 10
"""Seconds to connect."""


class ClusterUnavailable(VolrulesError):
    """The cluster does not answer, or has no workers: start it, or try again later."""

    retryable = True


@contextmanager
def cluster(scheduler: str) -> Iterator[tuple[Executor, int]]:
    """The cluster whose scheduler has that address. Its workers must reach what the command names: paths, store."""
    with _client(scheduler) as client:
        size = len(client.ncores())
        if not size:
            raise ClusterUnavailable(f"the Dask cluster at `{scheduler}` has no workers; start some and try again")
        # INVARIANT: not pure, or equal work of two commands would be done once.
        executor = client.get_executor(pure=False)
        try:
            yield executor, size
        finally:
            executor.shutdown(wait=False)


def _client(scheduler: str) -> Client:
    try:
        return Client(f"tcp://{scheduler}", timeout=_PATIENCE, set_as_default=False)
    except OSError as error:
        message = f"the Dask cluster at `{scheduler}` does not answer; check the address, or try again later"
        raise ClusterUnavailable(message) from error
