"""The line in which writing processes wait."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WAIT_SECONDS = 10.0
"""How long a writer waits for another process, which may have been stopped in the middle."""


class WriterLock:
    """A lock file beside the database; the kernel lets go of it when its holder is killed.

    SQLite's own busy wait polls, and starves some of many writers for seconds; a blocking lock wakes them in turn.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-lock")
        self._file: int | None = None

    def acquire(self) -> None:
        """Be the only writer, or wait until that is so. Raises TimeoutError."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait_in_line(_Turn(self._file))

    def _wait_in_line(self, turn: _Turn) -> None:
        threading.Thread(target=turn.take, name="volrules-writer", daemon=True).start()
        try:
            if turn.came.wait(WAIT_SECONDS):
                return
            raise TimeoutError(errno.ETIMEDOUT, f"another process has been writing for {WAIT_SECONDS:g} s")
        except BaseException:  # interrupted, too
            if turn.give_up():
                self._file = None  # it is the turn's own from now on
            self.release()
            raise

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


class _Turn:
    """A place in the line, taken by a thread: a wait for a file's lock cannot be broken off."""

    def __init__(self, file: int) -> None:
        self.came = threading.Event()
        self._file = file
        self._is_given_up = False
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait for the lock; where nobody wants it any more by then, let go of it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._lock:
            if self._is_given_up:
                fcntl.flock(self._file, fcntl.LOCK_UN)  # a forked child may have the file open too
                os.close(self._file)
            else:
                self.came.set()

    def give_up(self) -> bool:
        """Want the lock no more; False when it has come meanwhile."""
        with self._lock:
            self._is_given_up = not self.came.is_set()
            return self._is_given_up
