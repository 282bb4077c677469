"""A kill anywhere leaves usage equal to volumes, every acknowledged create there, and no half row.

In the suite some hundreds of kills; ``VOLRULES_KILLS=20000 pytest tests/faults -k random`` makes a long run of it.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from volrules.errors import StoreError
from volrules.store import open_store
from volrules.store.contract import Created, Store

from ..store.builders import an_entry
from ..store.children import Child
from ..store.server import Server
from . import boundaries, work
from .soundness import assert_sound, texts

KILLS = int(os.environ.get("VOLRULES_KILLS", "120"))
CHILDREN = 3


@pytest.mark.parametrize("step", work.steps())
def test_a_kill_at_any_statement_leaves_all_or_nothing(store: Store, url: str, step: str) -> None:
    work.prepare(store)
    for boundary in range(1, 200):
        begin, act = work.steps()[step]
        begin(store)
        if _lived_through(url, act, boundary):
            break
        assert_sound(store, url)
        assert isinstance(store.create(an_entry()), Created)
    else:
        pytest.fail("no end of statements")
    assert boundary > 2
    assert_sound(store, url)


def _lived_through(url: str, act: work.Step, boundary: int) -> bool:
    def act_and_die() -> bool:
        with boundaries.dying_at(boundary), open_store(url, create=True, retention=3600) as store:
            act(store)
        return True

    return Child(act_and_die).read() != b""


class Crew:
    """Processes that work on one store under load, killed and replaced one by one."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._pipe = os.pipe()
        os.set_blocking(self._pipe[0], False)
        self._pids = [self._spawn() for _ in range(CHILDREN)]
        self._said: list[bytes] = []

    def kill_one(self) -> None:
        """Kill a child at a random instant, and put another in its place."""
        time.sleep(random.uniform(0, 0.012))
        victim = self._pids.pop(0)
        os.kill(victim, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(victim, 0)[1]), "a worker failed before it was killed: see its traceback"
        self._pids.append(self._spawn())

    def acknowledged(self) -> list[str]:
        """What was acknowledged since the last call."""
        said = []
        while chunk := self._read():
            said.append(chunk)
        *whole, rest = b"".join([*self._said, *said]).split(b"\n")
        self._said = [rest]
        return texts(each + b"\n" for each in whole)

    def dismiss(self) -> None:
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for end in self._pipe:
            os.close(end)

    def _read(self) -> bytes:
        try:
            return os.read(self._pipe[0], 65536)
        except BlockingIOError:
            return b""

    def _spawn(self) -> int:
        pid = os.fork()
        if pid == 0:
            try:
                random.seed()
                work.work_on(open_store(self._url, create=True, retention=3600), self._pipe[1])
            except BaseException:  # noqa: BLE001
                traceback.print_exc()
            os._exit(1)
        return pid


def test_kills_at_random_instants_under_load(store: Store, url: str) -> None:
    work.prepare(store)
    crew, acknowledged = Crew(url), set()
    try:
        for kill in range(KILLS):
            crew.kill_one()
            acknowledged.update(crew.acknowledged())
            if kill % 10 == 0:
                assert_sound(store, url, acknowledged)
    finally:
        crew.dismiss()
    assert_sound(store, url, acknowledged)
    assert acknowledged


def test_a_server_that_crashes_keeps_what_it_acknowledged(server: Server, postgresql_url: str) -> None:
    acknowledged: set[str] = set()
    stop = threading.Event()

    def create_on(store: Store) -> None:
        while not stop.is_set():
            entry = an_entry()
            with contextlib.suppress(StoreError):
                store.create(entry)
                acknowledged.add(entry.volume_id)

    with open_store(postgresql_url, retention=3600) as store, ThreadPoolExecutor(4) as threads:
        running = [threads.submit(create_on, store) for _ in range(4)]
        for _ in range(3):
            before = len(acknowledged)
            while len(acknowledged) < before + 50:
                time.sleep(0.001)
            _crash(server)
        stop.set()
        for each in running:
            each.result()
        assert_sound(store, postgresql_url, acknowledged)


def _crash(server: Server) -> None:
    # The server takes the violent end of one session for damage to all, ends them, and recovers from its log.
    with psycopg.connect(server.url(), autocommit=True) as session:
        sessions = session.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'volrules'").fetchall()
    os.kill(sessions[0][0], signal.SIGKILL)
