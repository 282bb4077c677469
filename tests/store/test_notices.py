"""Notices: a relay that waits is told of what is due, when it is due, and asks for nothing meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from volrules.store.contract import Store
from volrules.store.postgresql.store import PostgreSQLStore

from .builders import a_lease, an_encrypted_entry, an_entry, settle
from .children import in_child
from .conftest import Opener

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture
def relay(opener: Opener) -> Iterator[PostgreSQLStore]:
    """The store of a relay that listens."""
    store = opener()
    assert isinstance(store, PostgreSQLStore)
    assert not store.wait(0)
    return store


def told_within(relay: PostgreSQLStore, seconds: float) -> float | None:
    """After how many seconds a relay was told; None when it was not."""
    start = time.monotonic()
    return time.monotonic() - start if relay.wait(seconds) else None


def test_nothing_queued_is_nothing_told(relay: PostgreSQLStore) -> None:
    assert told_within(relay, 0.05) is None


def test_a_message_is_told_at_once_and_once(relay: PostgreSQLStore, store: Store) -> None:
    threading.Timer(0.1, store.create, [an_entry()]).start()
    waited = told_within(relay, 5)
    assert waited is not None
    assert 0.1 <= waited < 1
    assert len(relay.claim("relay", 60, 10)) == 1
    assert told_within(relay, 0.05) is None


def test_what_is_told_between_two_waits_is_known_to_the_second(relay: PostgreSQLStore, store: Store) -> None:
    store.create(an_entry())
    time.sleep(0.1)
    assert relay.wait(0.05)


def test_a_message_that_its_maker_settles_is_not_told(relay: PostgreSQLStore, store: Store) -> None:
    store.create(an_entry(lease=a_lease()))
    assert told_within(relay, 0.1) is None


def test_what_is_put_off_is_told_when_it_is_due(relay: PostgreSQLStore, store: Store) -> None:
    entry = an_entry(lease=a_lease())
    store.create(entry)
    assert entry.lease is not None
    store.postpone(entry.message_id, entry.lease.token, "broker is down", 0.3)
    waited = told_within(relay, 5)
    assert waited is not None
    assert 0.2 < waited < 1
    assert len(relay.claim("relay", 60, 10)) == 1


def test_each_of_several_that_were_put_off_is_told_in_its_time(relay: PostgreSQLStore, store: Store) -> None:
    entries = [an_entry(lease=a_lease()) for _ in range(2)]
    store.create_many(entries)
    for entry, seconds in zip(entries, (0.4, 0.1), strict=True):
        assert entry.lease is not None
        store.postpone(entry.message_id, entry.lease.token, "broker is down", seconds)
    for entry in reversed(entries):
        assert relay.wait(5)
        assert [each.id for each in relay.claim("relay", 60, 10)] == [entry.message_id]
    assert told_within(relay, 0.05) is None


def test_a_keys_deletion_is_told(relay: PostgreSQLStore, store: Store) -> None:
    entry = an_encrypted_entry(lease=a_lease())
    store.create(entry)
    store.delete(entry.volume_id)
    assert relay.wait(5)


def test_failures_and_retries_are_told(relay: PostgreSQLStore, store: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    assert relay.wait(5)
    settle(store, entry.volume_id, "failed", "refused")
    assert relay.wait(5)
    store.retry(entry.volume_id, {"volumes": 1}, {})
    assert relay.wait(5)


def test_many_at_once_are_told_as_few(relay: PostgreSQLStore, store: Store, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN volrules_messages")
        for _ in range(100):
            store.create(an_entry())
        notices = list(listener.notifies(timeout=0.2))
    assert 0 < len(notices) < 60
    assert relay.wait(0.1)


def test_a_relay_that_lost_its_connection_listens_again(relay: PostgreSQLStore, store: Store, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'volrules'")
    assert told_within(relay, 0.3) is None
    store.create(an_entry())
    assert relay.wait(5)


def test_a_relay_that_was_forked_listens_for_itself(relay: PostgreSQLStore, store: Store) -> None:
    def wait() -> bool:
        relay.wait(0)
        store.create(an_entry())
        return relay.wait(5)

    assert in_child(wait)
    assert relay.wait(5)


def test_an_idle_relay_asks_the_server_nothing(relay: PostgreSQLStore, url: str) -> None:
    asked = "SELECT query_start FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
    with psycopg.connect(url, autocommit=True) as other:
        before = other.execute(asked).fetchall()
        relay.wait(0.3)
        assert before == other.execute(asked).fetchall() != []
