"""Where in its file each part of a document stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LineOf = Callable[[tuple[Any, ...]], int | None]


class Lines:
    """A document (``root``) and the line of every key and element, by the container that holds it."""

    def __init__(self) -> None:
        self.root: Any = None
        self._lines: dict[int, dict[Any, int]] = {}

    def begin(self, container: Any) -> dict[Any, int]:
        """The lines of a new container's keys, to be filled in."""
        # INVARIANT: begun for every container, so that one at a dead one's address does not inherit its lines.
        lines = self._lines[id(container)] = {}
        return lines

    def line_of(self, path: tuple[Any, ...]) -> int | None:
        """The 1-based line of the key or element at ``path``, None when there is no such place."""
        container, line = self.root, None
        for step in path:
            line = self._lines.get(id(container), {}).get(step)
            if line is None:
                return None
            container = container[step]
        return line


def nowhere(path: tuple[Any, ...]) -> None:
    """The ``line_of`` of what comes from no file."""
