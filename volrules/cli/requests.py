"""Opens REQUESTS: a file, or stdin."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from volrules.errors import UsageError
from volrules.reading.chunks import Chunks
from volrules.reading.request_lines import Line, read_requests


class Requests:
    """An opened input. ``size``: bytes, None where nobody knows; ``chunks``: what of it has not been read."""

    def __init__(self, name: str, stream: BinaryIO, size: int | None = None) -> None:
        self.name = name
        self.size = size
        self.chunks = Chunks(stream)
        self._stream = stream

    def __iter__(self) -> Iterator[Iterable[Line]]:
        """All requests, those together that are there together."""
        return read_requests(self.chunks, lines_only=self.name.endswith(".jsonl"))

    @property
    def read(self) -> int:
        """How many bytes have been read, where ``size`` is known."""
        return self._stream.tell()


@contextmanager
def opened(name: str) -> Iterator[Requests]:
    """The requests of a path, or of stdin for ``-``. Raises UsageError when there is nothing to read."""
    if name == "-":
        yield Requests("stdin", sys.stdin.buffer)
        return
    with _file(name) as stream:
        yield Requests(name, stream, _size(stream))


def _file(name: str) -> BinaryIO:
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        raise UsageError(f"requests `{name}` cannot be read: {_reason(error)}") from None


def _size(stream: BinaryIO) -> int | None:
    return os.fstat(stream.fileno()).st_size if stream.seekable() else None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file; check the path, or write `-` for stdin"
    if isinstance(error, IsADirectoryError):
        return "it is a directory; name a file in it"
    return f"{getattr(error, 'strerror', None) or error}; check the path and its permissions".lower()
