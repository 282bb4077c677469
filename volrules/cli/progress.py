"""The progress bar: on stderr, where that is a terminal and the input takes a while."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from volrules.cli.requests import Requests
from volrules.cli.terminal import pass_on, stdout

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0
_INTERVAL = 0.1


class Bar:
    """Follows an input; appears after a second, goes away at the end."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._wanted = sys.stderr is not None and sys.stderr.isatty()
        self._due = time.monotonic() + _PATIENCE
        self._shown: tuple[Progress, TaskID] | None = None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None

    def write(self, data: bytes) -> None:
        """Write to stdout, above the bar where both are on the terminal."""
        if self._shown is not None and stdout().isatty():
            self._shown[0].console.out(data.decode(), end="", highlight=False)
        elif data:
            pass_on(data)

    def step(self) -> None:
        """Look at the clock: a line has been dealt with."""
        now = time.monotonic()
        if self._wanted and now >= self._due:
            self._due = now + _INTERVAL
            self._update()

    def _update(self) -> None:
        bar, task = self._shown = self._shown or _start(self._requests)
        if self._requests.size is None:
            bar.advance(task)
        else:
            bar.update(task, completed=self._requests.read)


def _start(requests: Requests) -> tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    bar.start()
    return bar, bar.add_task(Path(requests.name).name, total=requests.size)
