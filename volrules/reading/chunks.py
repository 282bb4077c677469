"""Input in chunks of whole lines, as it comes: nobody waits for a chunk to be full."""

from __future__ import annotations

from collections.abc import Iterator
from io import BufferedReader, BytesIO
from select import select
from typing import BinaryIO, NamedTuple, cast

_BLOCK = 128 * 1024
"""Bytes; several hundred requests, so that handing them to a thread or a process costs little beside answering them.

Whatever waits to be printed is some of these, answered.
"""


class Chunk(NamedTuple):
    """Whole lines as they came, none of them parsed; ``start``: the number of the first one."""

    start: int
    text: bytes

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Its lines with their numbers; blank ones are none."""
        return (each for each in enumerate(BytesIO(self.text), self.start) if not each[1].isspace())


class Chunks:
    """Cuts a stream into chunks. Iterating again goes on where it was left."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = cast("BufferedReader", stream)
        self._begun: list[bytes] = []
        self.number = 1
        """That of the first line which has not been given out."""

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
            chunk = self._chunk(lines + newline) if newline else Chunk(self.number, b"")
            self._begun.append(begun)
            yield chunk
        yield self._chunk(b"")

    def _chunk(self, lines: bytes) -> Chunk:
        chunk = Chunk(self.number, b"".join((*self._begun, lines)))
        self._begun = []
        self.number += chunk.text.count(b"\n")
        return chunk
