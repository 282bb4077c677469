"""Reading, in two ways: as the owner of the file, and without changing a byte of it.

INVARIANT: a silent reader changes no byte of any file. An ordinary reader does: it checkpoints what a killed writer
has left in the write-ahead log, and makes the log's files where there are none, even with ``mode=ro``.

INVARIANT: where one process has both, the connection that may write is opened first. Within a process SQLite shares
the log's index between connections, and what was opened first as read-only stays so for all of them.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from volrules.store.sqlite.connection import connect, is_current
from volrules.store.sqlite.lock import WriterLock

# Shared by all silent readers, so that none opens a connection while one that may write is being opened.
SILENT_PLACE = threading.Lock()
_silent_readers: weakref.WeakSet[SilentReader] = weakref.WeakSet()
Print = tuple[tuple[int, int, int] | None, ...]


@contextmanager
def silent_readers_aside(database: Path) -> Iterator[None]:
    """Open a connection that may write, with no silent one in this process."""
    with SILENT_PLACE:
        for reader in [*_silent_readers]:
            if reader.database == database:
                reader.close()
        yield


class Reader:
    """One connection that reads the file, shared by all threads in turn."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.place = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection | None]:
        """The connection; None while there is no database yet."""
        with self.place:
            if self._connection is None:
                self._connection = self._open()
            yield self._connection

    def close(self) -> None:
        """Close the connection until it is needed again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection | None:
        if not self.database.exists():
            return None
        with silent_readers_aside(self.database):
            return self._checked("mode=rw")

    def _checked(self, options: str, database: Path | None = None) -> sqlite3.Connection | None:
        connection = connect(database or self.database, options)
        try:
            if is_current(connection, self.database):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        return None


class SilentReader(Reader):
    """A reader that changes nothing.

    While the log has its index beside it, SQLite reads both without writing (``readonly_shm``), whether their
    writer lives or was killed. With no log the file is all there is: read as immutable, with writers held off for
    that moment. A log without its index, as a copied database may have, is read from a private copy.
    """

    def __init__(self, database: Path) -> None:
        super().__init__(database)
        self.place = SILENT_PLACE
        self._log = database.with_name(database.name + "-wal")
        self._index = database.with_name(database.name + "-shm")
        self._lock = WriterLock(database)
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._seen: Print | None = None
        _silent_readers.add(self)

    @contextmanager
    def lent(self) -> Iterator[sqlite3.Connection | None]:
        with self.place:
            if self._connection is not None and self._seen is None:
                yield self._connection
                return
            with self._lock.held_off():
                self._refresh()
                yield self._connection

    def close(self) -> None:
        super().close()
        if self._copy is not None:
            self._copy.cleanup()
            self._copy = None

    def _refresh(self) -> None:
        seen = self._fingerprint()
        if self._connection is None or seen != self._seen:
            self.close()
            self._seen = seen
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection | None:
        if not self.database.exists():
            return None
        if self._log.exists() and self._index.exists():
            self._seen = None
            return self._checked("mode=ro&readonly_shm=1")
        if self._log.exists() and self._log.stat().st_size:
            return self._checked("mode=rw", self._copied())
        return self._checked("mode=ro&immutable=1")

    def _copied(self) -> Path:
        self._copy = tempfile.TemporaryDirectory(prefix="volrules-")
        for file in (self.database, self._log):
            shutil.copy(file, self._copy.name)
        return Path(self._copy.name, self.database.name)

    def _fingerprint(self) -> Print:
        return tuple(map(_print, (self.database, self._log, self._index)))


def _print(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
