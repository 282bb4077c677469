"""The line in which writing processes wait."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WriterLock:
    """A lock file beside the database; the kernel lets go of it when its holder is killed.

    SQLite's own busy wait polls, and starves some of many writers for seconds; a blocking lock wakes them in turn.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Be the only writer, or wait until that is so."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let the next one write."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    @contextmanager
    def held_off(self) -> Iterator[None]:
        """Keep writers out for a moment, without writing: the lock file is not made where there is none."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield
            return
        try:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield
        finally:
            os.close(file)

    def close(self) -> None:
        """Let go of the file; a lock is not inherited by a child that way."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
