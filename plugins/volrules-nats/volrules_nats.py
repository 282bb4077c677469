"""A dispatcher for volrules: every volume's message into a JetStream stream of NATS, acknowledged by the broker.

One subject is the schedulers', ``volrules.scheduler``, the hosts' are ``volrules.host.NAME``. A message's id is its
volume's, so that within the stream's window the broker itself drops what comes twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

from nats.aio.client import Client
from nats.errors import Error, NoServersError
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from volrules import Message, VolrulesError, hookimpl


class BrokerUnavailable(VolrulesError):
    """NATS did not acknowledge the message; it may have it all the same. Try again."""

    retryable = True


class NATS:
    """Publishes messages over one connection, which a thread of its own serves and makes anew when it breaks.

    Safe to share between threads and across a fork.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._line: _Line | None = None

    def __repr__(self) -> str:
        return f"NATS({_place(self._options)!r})"

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``url``: the broker, nats or tls. ``credentials``: a file of NATS credentials, in place of the URL's user.

        ``stream``: the stream, made when it is not there; ``prefix``: what its subjects begin with.
        ``replicas``: of a stream that is made; ``duplicate_window``: the seconds it knows a message again.
        ``timeout``: seconds to connect, and to wait for the broker's word; less than half of the plugin's own timeout.
        """
        text: dict[str, Any] = {"type": "string", "empty": False}
        return {
            "url": {**text, "regex": "(nats|tls|ws|wss)://.+", "default": "nats://localhost:4222"},
            "credentials": {**text, "nullable": True, "default": None},
            "stream": {**text, "regex": "[A-Za-z0-9_-]+", "default": "VOLRULES"},
            "prefix": {**text, "regex": r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", "default": "volrules"},
            "replicas": {"type": "integer", "min": 1, "max": 5, "default": 1},
            "duplicate_window": {"type": "number", "min": 1, "default": 86400},
            "timeout": {"type": "number", "min": 0.1, "default": 4},
        }

    @hookimpl
    def volrules_dispatch(self, message: Message) -> None:
        """Publish the message; back when the broker has stored it. Raises BrokerUnavailable."""
        body = json.dumps(message.to_dict(), ensure_ascii=False).encode()
        name = subject((message.dispatch or {}).get("host"), self._options["prefix"])
        try:
            self._connected().publish(name, body, message.volume_id)
        except (Error, OSError, TimeoutError) as error:
            self.close()
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            for secret in _secrets(self._options):
                reason = reason.replace(secret, "***")
            told = f"NATS at `{_place(self._options)}` did not take the message ({reason}); see whether it is up"
            raise BrokerUnavailable(told) from None

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        with self._lock:
            line, self._line = self._line, None
        if line is not None and line.is_ours:
            line.close()

    def _connected(self) -> _Line:
        with self._lock:
            if self._line is None or not self._line.is_ours:
                self._line = _Line(self._options)
            return self._line


def subject(host: str | None, prefix: str = "volrules") -> str:
    """Where the messages of a host are published, None: those of the schedulers.

    A host is one token: what may not stand in one is percent-encoded.
    """
    return f"{prefix}.scheduler" if host is None else f"{prefix}.host.{quote(host, safe='@#:').replace('.', '%2E')}"


class _Line:
    """A connection and the thread of its event loop; of the process that has made it alone."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._timeout = options["timeout"]
        self._process = os.getpid()
        self._client = Client()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._serve, name="volrules-nats", daemon=True).start()
        try:
            self._run(self._connect())
        except BaseException:
            self.close()
            raise

    @property
    def is_ours(self) -> bool:
        """Whether this process has made it: in the child of a fork nobody serves its parent's."""
        return self._process == os.getpid()

    def publish(self, name: str, body: bytes, message_id: str) -> None:
        """Publish, and wait for the broker's word."""
        self._run(self._publish(name, body, {"Nats-Msg-Id": message_id}))

    def close(self) -> None:
        """Close the connection and end the thread, whatever state they are in."""
        with suppress(Exception):
            self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    async def _connect(self) -> None:
        try:
            await self._client.connect(
                self._options["url"],
                user_credentials=self._options["credentials"],
                connect_timeout=self._timeout,
                allow_reconnect=False,  # whoever waits for an answer is better told at once that there is none
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=_ignore,
            )
        except NoServersError as error:
            raise self._client.last_error or error from None
        self._stream = self._client.jetstream(timeout=self._timeout)

    async def _publish(self, name: str, body: bytes, headers: dict[str, str]) -> None:
        try:
            await self._stream.publish(name, body, headers=headers)
        except NoStreamResponseError:
            await self._make_stream()
            await self._stream.publish(name, body, headers=headers)

    async def _make_stream(self) -> None:
        try:
            await self._stream.stream_info(self._options["stream"])
        except NotFoundError:
            with suppress(APIError):  # somebody else was first; where it was not that, publishing tells
                await self._stream.add_stream(self._config())

    def _config(self) -> StreamConfig:
        prefix = self._options["prefix"]
        return StreamConfig(
            name=self._options["stream"],
            subjects=[f"{prefix}.scheduler", f"{prefix}.host.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            num_replicas=self._options["replicas"],
            duplicate_window=self._options["duplicate_window"],
        )

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        answer = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            answer.result(self._timeout * 2)
        except BaseException:
            answer.cancel()
            raise


async def _ignore(error: Exception) -> None:
    """Told by the client of what the publisher is told too."""


def _secrets(options: Mapping[str, Any]) -> list[str]:
    url = urlsplit(options["url"])
    return [each for each in (url.password, url.username) if each]


def _place(options: Mapping[str, Any]) -> str:
    """The broker without its user and password or token."""
    url = urlsplit(options["url"])
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
