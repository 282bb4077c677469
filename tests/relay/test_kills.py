"""The whole path under kill -9: creators, relays and brokers die at random, and nothing is lost, doubled or left."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
import warnings
from contextlib import suppress

import pytest

from volrules import Engine
from volrules.errors import VolrulesError
from volrules.keymanagers.local import Local
from volrules.testing.stage import ENCRYPTED, PLAIN

from .brokers import Folder, Nats, Rabbit

SECONDS = 3.0
ENOUGH = 20
"""Volumes: for so many there is time, however slow the machine."""
LEASE = 4
CREATORS, RELAYS = 2, 2


class World:
    """One site, its store and its broker, and processes that work on it."""

    def __init__(self, folder, url, broker):
        self.broker, self.url, self.keys = broker, url, folder / "keys"
        (dispatcher,) = broker.site["plugins"]
        self.site = {
            "volume_types": [{"name": "encrypted", "encryption": {"provider": "luks"}}],
            "quotas": {"default": {"volumes": -1, "gigabytes": -1}},
            "relay": {"lease": f"{LEASE}s", "longest_wait": "1s"},
            "dispatcher": dispatcher,
            "plugins": {
                "local": {"timeout": 1, "options": {"directory": str(self.keys)}},
                dispatcher: {"timeout": 1, **broker.site["plugins"][dispatcher]},
            },
        }

    def engine(self):
        return Engine.open(self.site, store=self.url)

    def create_on_and_on(self):
        """Create volumes, plain and encrypted, and delete some at once."""
        chance = random.Random(os.getpid())
        with self.engine() as engine:
            while True:
                with suppress(VolrulesError):
                    receipt = engine.create(chance.choice([PLAIN, ENCRYPTED]))
                    if chance.random() < 0.2:
                        engine.delete(receipt.volume_id)

    def has_enough(self):
        with self.engine() as engine:
            return len(engine.volumes()) > ENOUGH

    def relay_on_and_on(self):
        with self.engine() as engine:
            engine.follow(threading.Event())

    def settle(self):
        """Run a relay until everything is settled, and not much longer than a lease."""
        end = time.monotonic() + LEASE + 10
        with self.engine() as engine:
            while {"pending", "keyed"} & engine.status().messages.keys():
                assert time.monotonic() < end, engine.status()
                engine.relay()
                time.sleep(0.1)

    def held_keys(self):
        manager = Local({"directory": str(self.keys)})
        ids = [each.stem for each in self.keys.glob("[!.]*.key") if each.name != "master.key"]
        return {each for each in ids if manager.read(each)}


def child(act):
    """A process that does this until it is killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        os.closerange(0, 3)
        for each in (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY):
            os.open(os.devnull, each)
        try:
            act()
        finally:
            os._exit(1)
    return pid


def killed_at_random(world, seed):
    """Let everybody work, and die, for a while; how many were killed."""
    chance, kills = random.Random(seed), 0
    work = [world.create_on_and_on] * CREATORS + [world.relay_on_and_on] * RELAYS
    children = [child(act) for act in work]
    broker_dies = time.monotonic() + SECONDS / 3
    end = time.monotonic() + SECONDS
    try:
        while time.monotonic() < end or not world.has_enough():
            assert time.monotonic() < end + 60, "hardly anything is created"
            time.sleep(chance.uniform(0.05, 0.4))
            if broker_dies and time.monotonic() > broker_dies:
                world.broker.kill()
                world.broker.start()
                broker_dies, end = 0, time.monotonic() + SECONDS / 2
            index = chance.randrange(len(children))
            bury(children[index])
            children[index] = child(work[index])
            kills += 1
    finally:
        for each in children:
            bury(each)
    return kills + len(children)


def bury(pid):
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@pytest.fixture
def world(request, tmp_path):
    database, broker = request.param
    url = f"sqlite:///{tmp_path}/v.db" if database == "sqlite" else request.getfixturevalue("postgresql_url")
    folder = tmp_path / "broker"
    if broker is not Folder:
        folder.mkdir()
    running = broker(folder)
    try:
        running.start()
        world = World(tmp_path, url, running)
        with world.engine() as engine:
            engine.migrate()
        yield world
    finally:
        getattr(running, "stop", running.kill)()


@pytest.mark.parametrize(
    "world",
    [("sqlite", Folder), ("sqlite", Nats), ("postgresql", Nats), ("postgresql", Rabbit)],
    ids=lambda each: f"{each[0]}-{each[1].__name__.lower()}",
    indirect=True,
)
def test_every_volume_is_handed_on_and_no_key_is_left_or_lost(world):
    kills = killed_at_random(world, seed=4)
    world.settle()
    arrived = {each["volume_id"]: each for each in world.broker.arrived()}
    with world.engine() as engine:
        volumes = engine.volumes()
        assert engine.quota_check() == []
    standing = {each.id: each for each in volumes if each.status == "creating"}
    for each in volumes:
        assert each.status in ("creating", "error")
        assert (each.charges == {}) == (each.status == "error")
    print(f"{kills} kills, {len(volumes)} volumes")  # noqa: T201 - for whoever reads along with -s
    assert len(standing) > 10, f"{kills} kills left nothing to look at"
    assert standing.keys() <= arrived.keys()
    assert world.held_keys() == {each.encryption_key_id for each in standing.values() if each.encrypted}
    for volume_id, each in standing.items():
        assert arrived[volume_id]["encryption_key_id"] == each.encryption_key_id
        assert (each.encryption_key_id is not None) == each.encrypted
