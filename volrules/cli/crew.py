"""Who answers long input: this process alone, several of its children, or a Dask cluster."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import click

if TYPE_CHECKING:
    from concurrent.futures import Executor

Team = tuple["Executor", int]
"""Someone to submit work to, and how many pieces of it are done at a time."""
Hire = Callable[[], AbstractContextManager[Team]]
_SCHEME = "dask://"
_ADDRESS = re.compile(rf"{_SCHEME}[^/:\s][^/\s]*:[0-9]{{1,5}}")


class Crew(NamedTuple):
    """``workers``: processes on this machine; ``scheduler``: HOST:PORT of a cluster to be asked in their place."""

    workers: int
    scheduler: str | None = None

    @property
    def alone(self) -> bool:
        """Whether there is nobody to share the work with."""
        return self.scheduler is None and self.workers == 1

    @property
    def repeats(self) -> bool:
        """Whether work may be done twice: a cluster gives the work of a machine that it has lost to another one."""
        return self.scheduler is not None

    @contextmanager
    def reached(self) -> Iterator[Hire]:
        """Whoever is to be asked. A cluster that is not there is missed now, processes begin once they are needed."""
        if self.scheduler is None:
            yield self._processes
        else:
            from volrules.cli.cluster import cluster

            with cluster(self.scheduler) as team:
                yield lambda: nullcontext(team)

    def _processes(self) -> AbstractContextManager[Team]:
        from volrules.cli.processes import processes

        return processes(self.workers)


def crew_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--workers`` and ``--executor``, as ``workers`` and ``scheduler``."""
    for option in (
        click.option(
            "--executor",
            "scheduler",
            metavar="URL",
            callback=_scheduler,
            help="A Dask cluster that answers long input: dask://HOST:PORT.",
        ),
        click.option(
            "--workers",
            metavar="N",
            type=click.IntRange(min=1),
            default=_cores,
            help="How many processes answer long JSON Lines.  [default: the cores of this machine]",
        ),
    ):
        command = option(command)
    return command


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _scheduler(ctx: click.Context, option: click.Parameter, url: str | None) -> str | None:
    from importlib.util import find_spec

    if url is None:
        return None
    if _ADDRESS.fullmatch(url) is None:
        raise click.BadParameter(f"`{url}` is no executor; write `{_SCHEME}HOST:PORT`, the scheduler's address")
    if find_spec("distributed") is None:
        raise click.UsageError("`--executor` needs Dask, which is not installed; run `pip install 'volrules[dask]'`")
    return url.removeprefix(_SCHEME)
