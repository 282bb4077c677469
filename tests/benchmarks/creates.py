"""Creates per second against a hand-written floor that does the same writes; prints ratios of one run.

    python -m tests.benchmarks.creates [--scale 1.0] [--rounds 3]

The floor on SQLite: sqlite3 with prepared statements and the same pragmas, a commit each. The floor on PostgreSQL:
one call of one statement each. Rounds of floor and store alternate; each figure is the median of its rounds' ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from volrules.store import open_store
from volrules.store.contract import Entry

from ..store.builders import an_entry
from ..store.server import binaries, running

CLIENTS = 8
BATCH = 16
MESSAGE = json.dumps({"message": {"spec": {"name": "data", "metadata": {"purpose": "x" * 900}}}})
Creates = Callable[[list[Entry]], None]
Client = Callable[[], contextlib.AbstractContextManager[Creates]]


def entry_of(project_id: str) -> Entry:
    charges = {"volumes": 1, "gigabytes": 5, "volumes_ssd": 1, "gigabytes_ssd": 5}
    limits = dict.fromkeys(charges, 10**9)
    return an_entry(project_id=project_id, charges=charges, limits=limits, message=MESSAGE)


# -- floors ----------------------------------------------------------------------------------------------------------

INSERT_VOLUME = """
    INSERT INTO volumes (id, project_id, user_id, size, status, attach_status, charges, encrypted, shared, created_at)
    VALUES (?, ?, ?, ?, 'creating', 'detached', ?, FALSE, FALSE, strftime('%Y-%m-%d %H:%M:%f', 'now'))
"""
INSERT_MESSAGE = """
    INSERT INTO outbox (id, volume_id, sequence, operation, state, attempts, next_attempt_at, body, created_at)
    VALUES (?, ?, 1, 'create', 'pending', 0, strftime('%Y-%m-%d %H:%M:%f', 'now'), ?,
            strftime('%Y-%m-%d %H:%M:%f', 'now'))
"""
RESERVE = """
    INSERT INTO quota_usages AS u (project_id, resource, in_use, reserved) VALUES (?1, ?2, ?3, 0)
    ON CONFLICT (project_id, resource) DO UPDATE SET in_use = u.in_use + ?3 WHERE u.in_use + ?3 <= ?4
"""
ONE_STATEMENT = """
    WITH volume AS (
        INSERT INTO volumes (
            id, project_id, user_id, size, status, attach_status, charges, encrypted, shared, created_at
        ) VALUES (%s, %s, %s, %s, 'creating', 'detached', %s, FALSE, FALSE, now())
    ), message AS (
        INSERT INTO outbox (id, volume_id, sequence, operation, state, attempts, next_attempt_at, body, created_at)
        VALUES (%s, %s, 1, 'create', 'pending', 0, now(), %s, now())
    )
    INSERT INTO quota_usages AS u (project_id, resource, in_use, reserved)
    SELECT %s, resource, amount, 0 FROM unnest(%s::text[], %s::bigint[]) AS c (resource, amount) ORDER BY resource
    ON CONFLICT (project_id, resource) DO UPDATE SET in_use = u.in_use + excluded.in_use
    WHERE u.in_use + excluded.in_use <= 1000000000
"""


@contextlib.contextmanager
def sqlite_floor(url: str) -> Iterator[Creates]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")

    def create(entries: list[Entry]) -> None:
        for each in entries:
            connection.execute("BEGIN IMMEDIATE")
            volume = (each.volume_id, each.project_id, each.user_id, each.spec.size, json.dumps(dict(each.charges)))
            connection.execute(INSERT_VOLUME, volume)
            connection.execute(INSERT_MESSAGE, (each.message_id, each.volume_id, each.message))
            rows = [(each.project_id, key, value, 10**9) for key, value in each.charges.items()]
            connection.executemany(RESERVE, rows)
            connection.execute("COMMIT")

    yield create
    connection.close()


@contextlib.contextmanager
def postgresql_floor(url: str) -> Iterator[Creates]:
    connection = psycopg.connect(url, autocommit=True)

    def create(entries: list[Entry]) -> None:
        for each in entries:
            volume = (each.volume_id, each.project_id, each.user_id, each.spec.size, json.dumps(dict(each.charges)))
            message = (each.message_id, each.volume_id, each.message)
            usages = (each.project_id, list(each.charges), list(each.charges.values()))
            connection.execute(ONE_STATEMENT, (*volume, *message, *usages))

    yield create
    connection.close()


@contextlib.contextmanager
def singly(url: str) -> Iterator[Creates]:
    with open_store(url, create=True, retention=3600) as store:

        def create(entries: list[Entry]) -> None:
            for each in entries:
                store.create(each)

        yield create


@contextlib.contextmanager
def streaming(url: str) -> Iterator[Creates]:
    with open_store(url, create=True, retention=3600) as store:

        def create(entries: list[Entry]) -> None:
            for start in range(0, len(entries), BATCH):
                store.create_many(entries[start : start + BATCH])

        yield create


@contextlib.contextmanager
def threaded(url: str) -> Iterator[Creates]:
    with open_store(url, create=True, retention=3600) as store:

        def create(entries: list[Entry]) -> None:
            def some(mine: list[Entry]) -> None:
                for each in mine:
                    store.create(each)

            threads = [threading.Thread(target=some, args=[entries[n::BATCH]]) for n in range(BATCH)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        yield create


IDLE = """
import volrules


@volrules.hookimpl
def volrules_dispatch(message):
    pass
"""


def command_line(url: str, count: int) -> float:
    """Creates per second of ``volrules create FILE.jsonl``, its start included, to a dispatcher that does nothing."""
    quotas = {"default": {"volumes": -1, "gigabytes": -1}}
    site = {"store": url, "dispatcher": "idle", "quotas": quotas, "plugins": {"idle": {"timeout": None}}}
    lines = (json.dumps({"volume": {"size": 5, "name": f"volume {number}"}}) for number in range(count))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "idle.py").write_text(IDLE)
        (folder / "site.json").write_text(json.dumps(site))
        (folder / "requests.jsonl").write_text("\n".join(lines))
        command = (sys.executable, "-m", "volrules", "create", "-p", "idle", "--site", "site.json", "requests.jsonl")
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": name}, check=True, capture_output=True)
        return count / (time.perf_counter() - start)


# -- measuring -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    """``clients`` processes, each with ``projects`` of its own or all with one."""

    clients: int
    hot: bool
    count: int

    def entries(self, client: int) -> list[Entry]:
        return [entry_of("hot" if self.hot else f"{client}-{n % 20}") for n in range(self.count)]

    def __str__(self) -> str:
        return (
            f"{self.clients} client{'s' if self.clients > 1 else ''}, {'one project' if self.hot else 'many projects'}"
        )


def rate(client: Callable[[str], contextlib.AbstractContextManager[Creates]], url: str, load: Load) -> float:
    """Creates per second of all clients together, from a common start to the last one's end."""
    ready, go = os.pipe(), os.pipe()
    children = []
    for number in range(load.clients):
        pid = os.fork()
        if pid == 0:
            entries = load.entries(number)
            with client(url) as create:
                create(entries[:20])
                os.write(ready[1], b".")
                os.read(go[0], 1)
                create(entries[20:])
            os._exit(0)
        children.append(pid)
    for _ in children:
        os.read(ready[0], 1)
    start = time.perf_counter()
    os.write(go[1], b"." * load.clients)
    assert not any(os.waitpid(pid, 0)[1] for pid in children)
    elapsed = time.perf_counter() - start
    for end in (*ready, *go):
        os.close(end)
    return load.clients * (load.count - 20) / elapsed


def compare(name: str, url: str, floor: Callable, ours: Callable, load: Load, rounds: int) -> None:
    show(name, load, [(rate(floor, url, load), rate(ours, url, load)) for _ in range(rounds)])


def show(name: str, load: Load, pairs: list[tuple[float, float]]) -> None:
    """Print creates per second, floor and ours, and the median of their ratios."""
    ratio = statistics.median(mine / best for best, mine in pairs)
    print(
        f"{name:<34} {load!s:<26} {statistics.median(mine for _, mine in pairs):>7.0f}/s"
        f"  floor {statistics.median(best for best, _ in pairs):>7.0f}/s  ratio {ratio:.2f}",
        flush=True,
    )


def suite(name: str, url: str, floor: Callable, scale: float, rounds: int) -> None:
    for clients in (1, CLIENTS):
        for hot in (True, False):
            load = Load(clients, hot, int(20 + 1500 * scale / (1 if clients == 1 else 4)))
            compare(f"{name}: a commit each", url, floor, singly, load, rounds)
    load = Load(1, True, int(20 + 3000 * scale))
    compare(f"{name}: stream, {BATCH} a commit", url, floor, streaming, load, rounds)
    compare(f"{name}: {BATCH} threads of one store", url, floor, threaded, load, rounds)
    pairs = [(rate(floor, url, load), command_line(url, 10 * load.count)) for _ in range(rounds)]
    show(f"{name}: volrules create FILE.jsonl", load, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="how many creates a round, times 1500")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/volrules.db"
        with open_store(url, retention=3600) as store:
            store.migrate()
        suite("SQLite", url, sqlite_floor, options.scale, options.rounds)
    programs = binaries()
    if programs is None:
        return
    with running(programs, durable=True) as server:
        with open_store(server.url(), retention=3600) as store:
            store.migrate()
        suite("PostgreSQL", server.url(), postgresql_floor, options.scale, options.rounds)


if __name__ == "__main__":
    main()
