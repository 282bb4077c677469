"""The line in which writing processes wait."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue

WAIT_SECONDS = 10.0
"""How long a writer waits for another process, which may have been stopped in the middle."""


class WriterLock:
    """A lock file beside the database; the kernel lets go of it when its holder is killed.

    SQLite's own busy wait polls, and starves some of many writers for seconds; a blocking lock wakes them in turn.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-lock")
        self._file: int | None = None
        self._line: _Line | None = None

    def acquire(self) -> None:
        """Be the only writer, or wait until that is so. Raises TimeoutError."""
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait_in_line(self._file)

    def _wait_in_line(self, file: int) -> None:
        line = self._line = self._line or _Line()
        try:
            line.wait(file)
        except BaseException as error:
            if line.is_given_up:
                self._line = self._file = None  # the file is the line's own from now on
            self.release()
            if isinstance(error, Empty):
                reason = f"another process has been writing for {WAIT_SECONDS:g} s"
                raise TimeoutError(errno.ETIMEDOUT, reason) from None
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
        """Let go of the file and the thread; neither is inherited by a child that way."""
        if self._line is not None:
            self._line.leave()
            self._line = None
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _Line:
    """A thread that waits for the lock, as a wait in the kernel cannot be broken off; kept for the next time."""

    def __init__(self) -> None:
        self.is_given_up = False
        self._files: SimpleQueue[int | None] = SimpleQueue()
        self._turns: SimpleQueue[int] = SimpleQueue()
        self._lock = threading.Lock()
        threading.Thread(target=self._stand, name="volrules-writer", daemon=True).start()

    def wait(self, file: int) -> None:
        """Have the file's lock. Raises queue.Empty where it does not come; ``is_given_up``: nor is it wanted then."""
        self._files.put(file)
        try:
            self._turns.get(timeout=WAIT_SECONDS)
        except BaseException:  # interrupted, too
            with self._lock:
                self.is_given_up = self._turns.empty()
            if not self.is_given_up:
                self._turns.get()  # it has come meanwhile
            raise

    def leave(self) -> None:
        """Let the thread end."""
        self._files.put(None)

    def _stand(self) -> None:
        while (file := self._files.get()) is not None:
            fcntl.flock(file, fcntl.LOCK_EX)
            with self._lock:
                if self.is_given_up:
                    fcntl.flock(file, fcntl.LOCK_UN)  # a forked child may have the file open too
                    os.close(file)
                    return
                self._turns.put(file)
