"""The dispatcher against a real NATS server."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from broker import Broker
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from nats.js.errors import NotFoundError

from volrules import Engine, VolrulesError
from volrules.testing import DispatcherContract, a_message
from volrules_nats import NATS, subject

HOST = "host1.example.com@lvm#pool"
SECRET = "correct-horse"


def options(url: str, **members: Any) -> Mapping[str, Any]:
    defaults = {key: rules["default"] for key, rules in NATS.volrules_options_schema().items()}
    return {**defaults, "url": url, **members}


def taken(broker: Broker, host: str | None = None, prefix: str = "volrules") -> list[Any]:
    """What is there for a host, or for the schedulers, taken out."""

    async def take(stream: Any) -> list[Any]:
        try:
            consumer = await stream.pull_subscribe(subject(host, prefix), durable="host" if host else "scheduler")
        except NotFoundError:  # nobody has published yet
            return []
        messages: list[Any] = []
        while count := (await consumer.consumer_info()).num_pending:
            for each in await consumer.fetch(min(count, 100), timeout=5):
                await each.ack_sync()
                messages.append(each)
        return messages

    found: list[Any] = broker.run(take)
    return found


class TestContract(DispatcherContract):
    host = HOST
    secrets = (SECRET,)

    @pytest.fixture(autouse=True)
    def _broker(self, broker: Broker) -> Iterator[None]:
        self.broker, self.made = broker, []
        self.arrived()
        yield
        for each in self.made:
            each.close()

    def dispatcher(self) -> NATS:
        self.made.append(NATS(options(self.broker.url)))
        return self.made[-1]

    def arrived(self) -> list[Any]:
        return [json.loads(each.data) for each in (*taken(self.broker), *taken(self.broker, HOST))]

    def test_its_secrets_stay_secret(self) -> None:
        dispatcher = NATS(options(f"nats://me:{SECRET}@127.0.0.1:1"))
        assert SECRET not in repr(dispatcher)
        with pytest.raises(VolrulesError) as told:
            dispatcher.volrules_dispatch(a_message())
        assert SECRET not in str(told.value)
        assert told.value.__cause__ is None


def test_the_broker_drops_what_comes_twice(broker: Broker) -> None:
    message, dispatcher = a_message(), NATS(options(broker.url))
    taken(broker)
    for _ in range(3):
        dispatcher.volrules_dispatch(message)
    dispatcher.close()
    (arrived,) = taken(broker)
    assert arrived.headers["Nats-Msg-Id"] == message.volume_id
    for each in (dispatcher, NATS(options(broker.url))):
        each.volrules_dispatch(message)
        each.close()
    assert taken(broker) == []


@pytest.mark.parametrize("host", ["a.b", "a b", "a*>", "ü", "a@b#c:d"])
def test_any_host_is_one_token(host: str) -> None:
    name = subject(host)
    assert name.count(".") == 2
    assert not set(name) & set(" *>")


def test_the_consumer_of_the_readme_runs(broker: Broker) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    message, dispatcher = a_message(), NATS(options(broker.url))
    dispatcher.volrules_dispatch(message)
    dispatcher.close()
    program = program.replace("nats://localhost:4222", broker.url)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as consumer:
        assert consumer.stdout is not None
        told = consumer.stdout.readline().decode().split()
        time.sleep(0.3)  # for its acknowledgement
        consumer.kill()
    assert told == ["make", message.volume_id, "1"]


def test_what_the_broker_acknowledged_outlives_it_and_what_it_missed_is_settled_later(
    broker: Broker, tmp_path: Any
) -> None:
    taken(broker)
    site = {"dispatcher": "nats", "plugins": {"nats": {"options": {"url": broker.url}}}}
    with Engine.open(site, store=f"sqlite:///{tmp_path / 'volrules.db'}") as engine:
        before = engine.create({"volume": {"size": 1}})
        assert before.dispatch == "dispatched"
        broker.kill()
        meanwhile = engine.create({"volume": {"size": 1}})
        assert (meanwhile.outcome, meanwhile.dispatch) == ("created", "pending")
        broker.start()
        assert engine.relay() == {"dispatched": 1}
    arrived = [json.loads(each.data)["volume_id"] for each in taken(broker)]
    assert arrived == [before.volume_id, meanwhile.volume_id]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of a broker on loopback that vouches for itself, its key beside it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(private)
    (tmp_path / "broker.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return tmp_path / "broker.pem"


def test_a_tls_broker_has_to_be_vouched_for(tmp_path: Path, certificate: Path) -> None:
    tls = ("--tls", "--tlscert", str(certificate), "--tlskey", str(certificate.with_name("key.pem")))
    server = Broker(tmp_path, *tls, scheme="tls")
    server.start()
    try:
        with pytest.raises(VolrulesError, match="certificate verify failed"):
            NATS(options(server.url)).volrules_dispatch(a_message())
        dispatcher = NATS(options(server.url, ca_file=str(certificate)))
        dispatcher.volrules_dispatch(a_message())
        dispatcher.close()
    finally:
        server.kill()


def test_a_user_is_taken_from_the_url(tmp_path: Any) -> None:
    server = Broker(tmp_path, "--user", "me", "--pass", SECRET)
    server.start()
    try:
        with pytest.raises(VolrulesError) as told:
            NATS(options(server.url)).volrules_dispatch(a_message())
        assert told.value.retryable
        dispatcher = NATS(options(server.url.replace("//", f"//me:{SECRET}@")))
        dispatcher.volrules_dispatch(a_message())
        dispatcher.close()
    finally:
        server.kill()
