"""Child processes that do work. They end with their parent, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

from volrules.cli import sweep_rarely


@contextmanager
def processes(workers: int) -> Iterator[tuple[Executor, int]]:
    """That many at most; each begins when there is work for it."""
    others = set(multiprocessing.active_children())
    # Spawned: a fork would inherit half of what plugins' threads are in the middle of.
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield executor, workers
    except BaseException:  # interrupted, or nobody reads the answers: nor does anybody wait for what is under way
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _begin() -> None:
    sweep_rarely()
    _attend()


def _attend() -> None:
    """End when the parent does, even where it could not say so."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), name="volrules-parent", daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
