"""Files that are there whole, or not at all, whatever is killed when."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put the content under the name, atomically and durably; what stood there before is replaced.

    Missing folders are made. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _temporary(path, content, mode) as temporary:
        temporary.replace(path)
    _sync_folder(path.parent)


def create(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Put the content under the name like :func:`write`, unless something has that name: then False, and it stays.

    Of several who create at once, one does. Raises OSError, also where the folder is missing.
    """
    with _temporary(path, content, mode) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
    _sync_folder(path.parent)
    return True


def remove(path: Path) -> None:
    """Remove the file durably; one that is gone already is no error."""
    path.unlink(missing_ok=True)
    if path.parent.exists():
        _sync_folder(path.parent)


@contextmanager
def _temporary(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """The content on the disk, under a name of its own that is gone afterwards."""
    import tempfile  # lazily: who only reads writes no files

    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
