"""The dispatcher against a real RabbitMQ."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from broker import Broker
from kombu import Queue

from volrules import Engine, Refused, VolrulesError
from volrules.testing import DispatcherContract, a_message
from volrules_rabbitmq import QUORUM, RabbitMQ

HOST = "host1@lvm#pool"
SECRET = "correct-horse"


def options(url: str, **members: Any) -> Mapping[str, Any]:
    defaults = {key: rules["default"] for key, rules in RabbitMQ.volrules_options_schema().items()}
    return {**defaults, "url": url, **members}


def taken(broker: Broker, name: str) -> Iterator[Any]:
    """What is in a queue, taken out."""
    with broker.connection() as connection:
        queue = Queue(name, durable=True, queue_arguments=QUORUM)(connection.channel())
        queue.declare()
        while (message := queue.get(no_ack=True)) is not None:
            yield message


class TestContract(DispatcherContract):
    host = HOST
    unroutable: ClassVar = {"target": "host", "host": "nobody"}
    secrets = (SECRET,)

    @pytest.fixture(autouse=True)
    def _broker(self, broker: Broker) -> Iterator[None]:
        self.broker, self.made = broker, []
        list(self.arrived())  # and the queues are there
        yield
        for each in self.made:
            each.close()

    def dispatcher(self) -> RabbitMQ:
        self.made.append(RabbitMQ(options(self.broker.url)))
        return self.made[-1]

    def arrived(self) -> list[Any]:
        names = ("volrules.scheduler", f"volrules.host.{HOST}")
        return [json.loads(each.body) for name in names for each in taken(self.broker, name)]

    def test_its_secrets_stay_secret(self) -> None:
        dispatcher = RabbitMQ(options(f"amqp://me:{SECRET}@127.0.0.1:1//"))
        assert SECRET not in repr(dispatcher)
        with pytest.raises(VolrulesError) as told:
            dispatcher.volrules_dispatch(a_message())
        assert SECRET not in str(told.value)
        assert told.value.__cause__ is None


def test_a_message_says_what_it_is(broker: Broker) -> None:
    message, dispatcher = a_message(), RabbitMQ(options(broker.url))
    dispatcher.volrules_dispatch(message)
    (arrived,) = taken(broker, "volrules.scheduler")
    assert arrived.properties["message_id"] == message.volume_id
    assert arrived.properties["delivery_mode"] == 2
    assert (arrived.content_type, arrived.content_encoding) == ("application/json", "utf-8")
    dispatcher.close()


def test_a_host_without_a_queue_is_refused_for_good(broker: Broker) -> None:
    dispatcher = RabbitMQ(options(broker.url))
    with pytest.raises(Refused, match="host `nobody` has no queue"):
        dispatcher.volrules_dispatch(a_message(dispatch={"target": "host", "host": "nobody"}))
    dispatcher.close()


def test_the_schedulers_queue_is_declared_again_where_somebody_has_deleted_it(broker: Broker) -> None:
    dispatcher = RabbitMQ(options(broker.url, prefix="lost"))
    dispatcher.volrules_dispatch(a_message())
    with broker.connection() as connection:
        Queue("lost.scheduler", channel=connection.channel()).delete()
    with pytest.raises(VolrulesError) as told:
        dispatcher.volrules_dispatch(a_message())
    assert told.value.retryable
    message = a_message()
    dispatcher.volrules_dispatch(message)
    assert [json.loads(each.body)["volume_id"] for each in taken(broker, "lost.scheduler")] == [message.volume_id]
    dispatcher.close()


def test_a_password_is_read_from_its_file(broker: Broker, tmp_path: Any) -> None:
    (tmp_path / "password").write_text("guest\n")
    url = broker.url.replace("guest:guest", "guest:wrong")
    with pytest.raises(VolrulesError, match="AccessRefused"):
        RabbitMQ(options(url)).volrules_dispatch(a_message())
    dispatcher = RabbitMQ(options(url, password_file=str(tmp_path / "password")))
    dispatcher.volrules_dispatch(a_message())
    dispatcher.close()
    list(taken(broker, "volrules.scheduler"))


def test_the_consumer_of_the_readme_runs(broker: Broker) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    message, dispatcher = a_message(), RabbitMQ(options(broker.url))
    dispatcher.volrules_dispatch(message)
    dispatcher.close()
    program = program.replace("amqp://guest:guest@localhost:5672//", broker.url)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as consumer:
        assert consumer.stdout is not None
        told = consumer.stdout.readline().decode().split()
        time.sleep(0.3)  # for its acknowledgement
        consumer.kill()
    assert told == ["make", message.volume_id, "1"]


def test_what_the_broker_confirmed_outlives_it_and_what_it_missed_is_settled_later(
    broker: Broker, tmp_path: Any
) -> None:
    site = {"dispatcher": "rabbitmq", "plugins": {"rabbitmq": {"options": {"url": broker.url}}}}
    with Engine.open(site, store=f"sqlite:///{tmp_path / 'volrules.db'}") as engine:
        before = engine.create({"volume": {"size": 1}})
        assert before.dispatch == "dispatched"
        broker.kill()
        meanwhile = engine.create({"volume": {"size": 1}})
        assert (meanwhile.outcome, meanwhile.dispatch) == ("created", "pending")
        broker.start()
        assert engine.relay() == {"dispatched": 1}
    arrived = [json.loads(each.body)["volume_id"] for each in taken(broker, "volrules.scheduler")]
    assert arrived == [before.volume_id, meanwhile.volume_id]
