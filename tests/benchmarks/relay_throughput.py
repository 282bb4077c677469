"""How fast a relay is beside the bare client that publishes the same messages with confirms, in one run.

    python -m tests.benchmarks.relay_throughput [nats|rabbitmq] [sqlite|postgresql] [MESSAGES]

Three rounds; each has one relay, the bare client and two relays take turns, so that all see the same machine.
The bare client publishes what the relay does, message by message: the same bodies and headers, each confirmed.
Medians, and the ratios that count: relay to bare client, two relays to one.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import statistics
import sys
import tempfile
import time
import traceback
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tests.relay.brokers import Nats, Rabbit
from tests.relay.fakes import Dispatcher, raising
from tests.store.server import binaries, running
from volrules import Engine
from volrules.testing.stage import PLAIN

BROKERS: dict[str, Any] = {"nats": Nats, "rabbitmq": Rabbit}
ROUNDS = 3
CONTEXT = {"project_id": "p1"}
UNLIMITED = {"quotas": {"default": {"volumes": -1, "gigabytes": -1}}}


def queued(url: str, count: int) -> list[bytes]:
    """Volumes whose messages wait; the messages' bodies."""
    down = Dispatcher(after=raising(ConnectionError("down")))
    with Engine.open({**UNLIMITED, "dispatcher": "fake"}, store=url, plugins=[down]) as engine:
        for _ in range(count):
            engine.create(PLAIN, CONTEXT)
    return [json.dumps(each.to_dict(), ensure_ascii=False).encode() for each in down.messages]


def relay(site: dict[str, Any], url: str) -> None:
    """Settle everything."""
    with Engine.open(site, store=url) as engine:
        engine.relay()


def require_settled(site: dict[str, Any], url: str) -> None:
    """Fail unless nothing is left."""
    with Engine.open(site, store=url) as engine:
        left = {"pending", "keyed", "failed"} & engine.status().messages.keys()
        assert not left, engine.status()


def together(act: Callable[[], None], processes: int) -> None:
    """Do it in so many processes at once."""
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            try:
                act()
                os._exit(0)
            except Exception:  # noqa: BLE001 - the child is not to go on as its parent
                traceback.print_exc()
            finally:
                os._exit(1)
        children.append(child)
    for each in children:
        assert os.waitpid(each, 0)[1] == 0


def bare_nats(options: dict[str, Any], bodies: list[bytes]) -> None:
    """Publish one after the other, each acknowledged."""
    import nats

    async def publish() -> None:
        client = await nats.connect(options["url"])
        stream = client.jetstream()
        for body in bodies:
            await stream.publish("volrules.scheduler", body, headers={"Nats-Msg-Id": str(uuid.uuid4())})
        await client.close()

    asyncio.run(publish())


def bare_rabbitmq(options: dict[str, Any], bodies: list[bytes]) -> None:
    """Publish one after the other, each confirmed."""
    from kombu import Connection, Producer

    with Connection(options["url"], transport_options={"confirm_publish": True}) as connection:
        producer = Producer(connection.channel())
        for body in bodies:
            producer.publish(
                body,
                routing_key="volrules.scheduler",
                mandatory=True,
                delivery_mode="persistent",
                content_type="application/json",
                content_encoding="utf-8",
                message_id=str(uuid.uuid4()),
            )


BARE = {"nats": bare_nats, "rabbitmq": bare_rabbitmq}


def seconds(act: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def main(broker: str = "nats", database: str = "sqlite", count: str = "3000") -> None:
    """Measure, and print."""
    logging.getLogger("volrules").setLevel(logging.ERROR)  # that the creates' own attempts fail is no news
    taken: dict[str, list[float]] = {"bare client": [], "one relay": [], "two relays": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "broker").mkdir()
        served = BROKERS[broker](folder / "broker")
        stack.callback(getattr(served, "stop", served.kill))
        served.start()
        url = f"sqlite:///{folder}/v.db"
        if database == "postgresql":
            url = stack.enter_context(running(binaries() or Path(), durable=True)).url()
        options = served.site["plugins"][broker]["options"]
        site = {**UNLIMITED, **served.site, "plugins": {broker: {"options": {"url": options["url"]}}}}
        with Engine.open(site, store=url) as engine:
            engine.migrate()
            engine.create(PLAIN, CONTEXT)  # the broker's stream or queue is there
        for _ in range(ROUNDS):
            bodies = queued(url, int(count))
            taken["one relay"].append(seconds(partial(together, partial(relay, site, url), 1)))
            require_settled(site, url)
            taken["bare client"].append(seconds(partial(together, partial(BARE[broker], options, bodies), 1)))
            queued(url, int(count))
            taken["two relays"].append(seconds(partial(together, partial(relay, site, url), 2)))
            require_settled(site, url)
    rates = {name: int(count) / statistics.median(each) for name, each in taken.items()}
    for name, rate in rates.items():
        print(f"{name:12} {rate:7.0f} messages/s")
    print(f"relay : bare client  {rates['one relay'] / rates['bare client']:.2f}")
    print(f"two relays : one     {rates['two relays'] / rates['one relay']:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
