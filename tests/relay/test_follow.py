"""The relay as a service."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from volrules import Engine
from volrules.errors import StoreUnavailable
from volrules.events import Events
from volrules.host import Host
from volrules.host.plugin import Implementation, Plugin
from volrules.host.watch import Watch
from volrules.relay import Hands, Relay, waiting
from volrules.relay.round import Round
from volrules.site import RelaySettings, load_site
from volrules.testing.stage import PLAIN, an_engine

from .fakes import Dispatcher, raising


@contextmanager
def following(relay):
    """A relay, or an engine, that follows meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=relay.follow, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(3)
        assert not thread.is_alive()


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


class Notifying:
    """A store with nothing in it that tells of news; counts who asks."""

    def __init__(self):
        self.claims = 0
        self.news = threading.Semaphore(0)
        self.is_down = False

    def claim(self, owner, lease_seconds, limit, volume_id=None):
        if self.is_down:
            raise StoreUnavailable("down")
        self.claims += 1
        return []

    def wait(self, seconds):
        return self.news.acquire(timeout=seconds) if seconds else self.news.acquire(blocking=False)

    def purge(self):
        return 0


def a_relay(store):
    hand = Implementation(Plugin("fake", timeout=1), "any", lambda: None)
    return Relay(lambda: store, Hands(hand, hand, hand), Events(Host(load_site()), Watch()), RelaySettings())


def test_when_the_broker_is_back_everything_is_settled_without_a_word(tmp_path):
    dispatcher = Dispatcher(before=raising(ConnectionError("down")))
    with an_engine(tmp_path, dispatcher, dispatcher="fake", relay={"longest_wait": "1s"}) as engine, following(engine):
        receipts = [engine.create(PLAIN) for _ in range(5)]
        time.sleep(0.2)
        dispatcher.before = lambda: None
        assert eventually(lambda: engine.status().messages == {"dispatched": 5})
    assert set(dispatcher.ids) == {each.volume_id for each in receipts}


def test_an_idle_relay_that_is_told_of_news_looks_once_a_minute(monkeypatch):
    store = Notifying()
    with following(a_relay(store)):
        time.sleep(1.5)
        assert store.claims == 1
        store.news.release()
        assert eventually(lambda: store.claims == 2)
    monkeypatch.setattr(waiting, "LOOK", 0.2)
    store = Notifying()
    with following(a_relay(store)):
        time.sleep(1)
        assert 3 <= store.claims <= 6


def test_on_postgresql_an_idle_relay_asks_for_nothing_and_sees_a_new_message_at_once(postgresql_url, monkeypatch):
    claims = []
    claim = Round._claim
    monkeypatch.setattr(Round, "_claim", lambda *given: claims.append(given) or claim(*given))
    dispatcher = Dispatcher()
    site = {"dispatcher": "fake"}
    with Engine.open(site, store=postgresql_url, plugins=[dispatcher]) as relay, following(relay):
        time.sleep(1.5)
        assert len(claims) == 1
        down = Dispatcher(before=raising(ConnectionError("down")))
        with Engine.open(site, store=postgresql_url, plugins=[down]) as creator:
            receipt = creator.create(PLAIN)
        assert receipt.dispatch == "pending"
        assert eventually(lambda: dispatcher.ids == [receipt.volume_id], seconds=1)
        seen = len(claims)
        time.sleep(1.5)
        assert len(claims) <= seen + 1


def test_an_outage_of_the_store_is_waited_out():
    store = Notifying()
    store.is_down = True
    with following(a_relay(store)):
        time.sleep(0.2)
        store.is_down = False
        assert eventually(lambda: store.claims > 0)


PROGRAM = """
import signal, sys, threading
from pathlib import Path
from volrules.testing.stage import an_engine

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
with an_engine(Path(sys.argv[1]), plugins={"spool": {"options": {"directory": sys.argv[1]}}}) as engine:
    print("up", flush=True)
    engine.follow(stop)
print("down", flush=True)
"""


def test_a_signal_ends_it_in_good_order(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-P", "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "up\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=60)[0] == "down\n"
    assert process.returncode == 0
