"""A dispatcher for volrules: every volume's message into a durable quorum queue of RabbitMQ, confirmed by the broker.

One queue is the schedulers', ``volrules.scheduler``, and is declared here; each host declares its own,
``volrules.host.NAME``, and so says that it exists.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from ssl import CERT_REQUIRED
from typing import Any

from kombu.connection import Connection
from kombu.entity import Queue
from kombu.messaging import Producer
from kombu.utils.url import parse_url

from volrules import Message, Refused, VolrulesError, hookimpl

QUORUM = {"x-queue-type": "quorum"}


class BrokerUnavailable(VolrulesError):
    """RabbitMQ did not confirm the message; it may have it all the same. Try again."""

    retryable = True


class RabbitMQ:
    """Publishes messages; keeps one connection for each thread that is publishing, and makes them anew when they break.

    Safe to share between threads and across a fork.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._idle: list[_Line] = []
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"RabbitMQ({_place(self._options)!r})"

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``url``: the broker, amqp or amqps. ``password_file``: holds the password, in place of the URL's.

        ``ca_file``: who vouches for an amqps broker, in place of the system's.
        ``prefix``: what the names of the queues begin with.
        ``connect_timeout``, ``confirm_timeout``: seconds; together less than the plugin's own timeout.
        """
        text: dict[str, Any] = {"type": "string", "empty": False}
        path = {**text, "nullable": True, "default": None}
        seconds = {"type": "number", "min": 0.1, "default": 4}
        return {
            "url": {**text, "regex": "amqps?://.+", "default": "amqp://guest:guest@localhost:5672//"},
            "password_file": path,
            "ca_file": path,
            "prefix": {**text, "default": "volrules"},
            "connect_timeout": seconds,
            "confirm_timeout": seconds,
        }

    @hookimpl
    def volrules_dispatch(self, message: Message) -> None:
        """Publish the message; back when the broker has it on disk.

        Raises Refused for a host without a queue, BrokerUnavailable.
        """
        body = json.dumps(message.to_dict(), ensure_ascii=False).encode()
        host = (message.dispatch or {}).get("host")
        queue = self._queue("scheduler" if host is None else f"host.{host}")
        try:
            is_routed = self._publish(queue, body, message.volume_id)
        except Exception as error:  # noqa: BLE001 - kombu passes on what its sockets, TLS and the broker raise
            raise BrokerUnavailable(self._told(error)) from None
        if not is_routed and host is not None:
            raise Refused(f"host `{host}` has no queue `{queue}`; start its consumer, or choose another host")
        if not is_routed:
            self.close()  # somebody has deleted the queue: a new connection declares it again
            raise BrokerUnavailable(f"RabbitMQ at `{_place(self._options)}` has lost the queue `{queue}`")

    def close(self) -> None:
        """Close the connections that are not in use."""
        while self._idle:
            self._idle.pop().close()

    def _queue(self, name: str) -> str:
        return f"{self._options['prefix']}.{name}"

    def _publish(self, queue: str, body: bytes, message_id: str) -> bool:
        line = self._kept()
        if line is not None:
            try:
                return self._publish_on(line, queue, body, message_id)
            except TimeoutError:
                raise
            except line.errors:
                self.close()  # it was idle when the broker went; the others were too
        return self._publish_on(_Line(self._options, self._queue("scheduler")), queue, body, message_id)

    def _publish_on(self, line: _Line, queue: str, body: bytes, message_id: str) -> bool:
        try:
            is_routed = line.publish(queue, body, message_id)
        except BaseException:
            # INVARIANT: a line on which a confirmation is outstanding is never used again: it would be taken for
            # that of the next message.
            line.cut()
            raise
        self._idle.append(line)
        return is_routed

    def _kept(self) -> _Line | None:
        if self._process != os.getpid():
            # They are the parent's: forgotten, not closed, which would end them for the parent too.
            self._process, self._idle = os.getpid(), []
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _told(self, error: Exception) -> str:
        reason = f"{type(error).__name__}: {error}"
        for secret in filter(None, (parse_url(self._options["url"])["password"], _password(self._options))):
            reason = reason.replace(secret, "***")
        return f"RabbitMQ at `{_place(self._options)}` did not take the message ({reason}); see whether it is up"


class _Line:
    """A connection with a channel that confirms: for one thread at a time."""

    def __init__(self, options: Mapping[str, Any], scheduler_queue: str) -> None:
        self._timeout = options["confirm_timeout"]
        self._is_returned = False
        self._connection = _connection(options)
        self.errors = (*self._connection.connection_errors, *self._connection.channel_errors)
        try:
            self._connection.connect()
            channel = self._connection.channel()
            Queue(scheduler_queue, durable=True, queue_arguments=QUORUM)(channel).declare()
            self._producer = Producer(channel, on_return=self._note_return)
        except BaseException:
            self.cut()
            raise

    def publish(self, queue: str, body: bytes, message_id: str) -> bool:
        """Publish, and wait for the broker's word; False when there is no such queue."""
        self._is_returned = False
        self._producer.publish(
            body,
            routing_key=queue,
            mandatory=True,
            delivery_mode="persistent",
            content_type="application/json",
            content_encoding="utf-8",
            message_id=message_id,
            timeout=self._timeout,
            confirm_timeout=self._timeout,
        )
        return not self._is_returned

    def close(self) -> None:
        """Take leave of the broker."""
        try:
            self._connection.close()
        except Exception:  # noqa: BLE001 - it was broken already
            self.cut()

    def cut(self) -> None:
        """Give up the connection without a word to the broker, which may not be listening any more."""
        self._connection.collect()

    def _note_return(self, *_: object) -> None:
        # The broker returns what it cannot route before it confirms it.
        self._is_returned = True


def _connection(options: Mapping[str, Any]) -> Connection:
    url = options["url"]
    secured = {
        "cert_reqs": CERT_REQUIRED,
        "ca_certs": options["ca_file"],
        "server_hostname": parse_url(url)["hostname"],
    }
    connection = Connection(
        url,
        ssl=secured if url.startswith("amqps:") else False,
        connect_timeout=options["connect_timeout"],
        transport_options={"confirm_publish": True, "read_timeout": options["confirm_timeout"]},
    )
    connection.password = _password(options) or connection.password  # kombu itself lets the URL's win
    return connection


def _password(options: Mapping[str, Any]) -> str | None:
    path = options["password_file"]
    return None if path is None else Path(path).read_text().rstrip("\n")


def _place(options: Mapping[str, Any]) -> str:
    """The broker without its user and password."""
    url = parse_url(options["url"])
    return f"{url['transport']}://{url['hostname']}:{url['port'] or ''}/{url['virtual_host'] or ''}"
