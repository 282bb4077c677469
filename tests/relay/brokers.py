"""Where volumes are handed on, and what arrives there: a folder, NATS, RabbitMQ."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"


def served_by(distribution: str):
    """The module that starts a plugin's broker: that of its own tests."""
    module = distribution.replace("-", "_")
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{distribution} is not installed; `pip install ./plugins/{distribution}`")
    path = PLUGINS / distribution / "tests" / "broker.py"
    spec = importlib.util.spec_from_file_location(f"{module}_broker", path)
    loaded = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    if loaded.SERVER is None:
        pytest.skip(f"the broker of {distribution} is not installed here; see its README")
    return loaded


class Folder:
    """The spool: nothing that could be killed."""

    def __init__(self, folder):
        self._folder = folder
        self.site = {"dispatcher": "spool", "plugins": {"spool": {"options": {"directory": str(folder)}}}}

    def start(self):
        self._folder.mkdir(exist_ok=True)

    def kill(self):
        """A folder does not die."""

    def arrived(self):
        return [json.loads(each.read_bytes()) for each in self._folder.glob("*.json")]


class Nats:
    """A NATS server with a stream."""

    def __init__(self, folder):
        self._broker = served_by("volrules-nats").Broker(folder)
        self.site = {"dispatcher": "nats", "plugins": {"nats": {"options": {"url": self._broker.url, "timeout": 0.4}}}}
        self.start, self.kill = self._broker.start, self._broker.kill

    def arrived(self):
        async def all_of(stream):
            consumer = await stream.pull_subscribe("volrules.scheduler", durable="scheduler")
            messages = []
            while count := (await consumer.consumer_info()).num_pending:
                for each in await consumer.fetch(min(count, 100), timeout=5):
                    await each.ack()
                    messages.append(each)
            return messages

        return [json.loads(each.data) for each in self._broker.run(all_of)]


class Rabbit:
    """A RabbitMQ server."""

    def __init__(self, folder):
        self._broker = served_by("volrules-rabbitmq").Broker(folder)
        options = {"url": self._broker.url, "connect_timeout": 0.4, "confirm_timeout": 0.5}
        self.site = {"dispatcher": "rabbitmq", "plugins": {"rabbitmq": {"options": options}}}
        self.kill, self.stop = self._broker.kill, self._broker.stop
        self._is_saved = False

    def start(self):
        self._broker.start()
        if not self._is_saved:
            with self._broker.connection() as connection:
                self._queue(connection).declare()
            self._broker.save()
            self._is_saved = True

    def arrived(self):
        with self._broker.connection() as connection:
            queue = self._queue(connection)
            return [json.loads(each.body) for each in iter(lambda: queue.get(no_ack=True), None)]

    @staticmethod
    def _queue(connection):
        from kombu import Queue

        from volrules_rabbitmq import QUORUM

        return Queue("volrules.scheduler", durable=True, queue_arguments=QUORUM)(connection.channel())
