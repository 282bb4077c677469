"""Opens REQUESTS: a file, or stdin."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from volrules.cli.chunks import Chunks, Head
from volrules.errors import UsageError
from volrules.reading.request_lines import RequestLine, UnreadableLine, read_lines


@dataclass(frozen=True, slots=True)
class Requests:
    """An opened input. ``size``: bytes, None where nobody knows."""

    name: str
    stream: BinaryIO
    size: int | None = None

    def lines(self, head: Head | None = None) -> Iterator[RequestLine | UnreadableLine]:
        """All requests, or those of the head of the input."""
        stream = self.stream if head is None else cast("BinaryIO", head)
        return read_lines(stream, lines_only=self.name.endswith(".jsonl"))

    def head(self) -> Head:
        """The first lines, and all of an input that is no JSON Lines."""
        return Head(self.stream)

    def below(self, head: Head) -> Chunks:
        """What comes below the head, unread."""
        return Chunks(self.stream, head.lines + 1)

    @property
    def read(self) -> int:
        """How many bytes have been read, where ``size`` is known."""
        return self.stream.tell()


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
