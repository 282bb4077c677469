"""Long input in parts: a head that is answered at once, and below it chunks for whoever has time for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from select import select
from typing import BinaryIO, cast

from volrules.reading.request_lines import RequestLine, UnreadableLine, from_line

HEAD = 1000
"""Lines; they are answered before another process has started."""
_BLOCK = 32 * 1024
"""Bytes; a few hundred requests. Whatever waits to be printed is some of these, answered."""


class Head:
    """The first lines of a stream, as if it ended below them; a document is read to its end.

    ``lines``: how many there were. ``cut``: whether there may be more.
    """

    def __init__(self, stream: BinaryIO, limit: int = HEAD) -> None:
        self._stream = stream
        self._left = limit
        self.lines = 0

    @property
    def cut(self) -> bool:
        return self._left == 0

    def __iter__(self) -> Iterator[bytes]:
        while self._left and (line := self._stream.readline()):
            self.lines += 1
            self._left -= bool(line.strip())
            yield line

    def read(self) -> bytes:
        """The rest of the stream."""
        return self._stream.read()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines as they came, none of them parsed; ``start``: the number of the first one."""

    start: int
    text: bytes

    def requests(self) -> Iterator[RequestLine | UnreadableLine]:
        """Its requests; blank lines are none."""
        return (from_line(each) for each in enumerate(BytesIO(self.text), self.start) if each[1].strip())


class Chunks:
    """Cuts what is left of a stream into chunks, as it comes: nobody waits for a chunk to be full."""

    def __init__(self, stream: BinaryIO, start: int) -> None:
        self._stream = cast("BufferedReader", stream)
        self._start = start
        self._begun: list[bytes] = []

    def waiting(self) -> bool:
        """Whether there is something to read at once."""
        try:
            return bool(select([self._stream], [], [], 0)[0])
        except (OSError, ValueError):  # it has no descriptor, so it is in memory
            return True

    def __iter__(self) -> Iterator[Chunk]:
        """One for each block that is read; it is empty where no line ends in the block."""
        while block := self._stream.read1(_BLOCK):
            lines, newline, begun = block.rpartition(b"\n")
            yield self._chunk(lines + newline) if newline else Chunk(self._start, b"")
            self._begun.append(begun)
        yield self._chunk(b"")

    def _chunk(self, lines: bytes) -> Chunk:
        chunk = Chunk(self._start, b"".join((*self._begun, lines)))
        self._begun = []
        self._start += chunk.text.count(b"\n")
        return chunk
