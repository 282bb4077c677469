"""A dispatcher for volrules: every volume's message into a JetStream stream of NATS, acknowledged by the broker.

One subject is the schedulers', ``volrules.scheduler``, the hosts' are ``volrules.host.NAME``. A message's id is its
volume's, so that within the stream's window the broker itself drops what comes twice.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial
from ssl import SSLContext, create_default_context
from typing import Any
from urllib.parse import quote, urlsplit

from nats.aio.client import Client
from nats.errors import Error, NoServersError
from nats.js.api import RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError

from volrules import Message, VolrulesError, hookimpl

_CLOSED = "the connection was closed"


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

        ``ca_file``: who vouches for a tls broker, in place of the system's.
        ``stream``: the stream, made when it is not there; ``prefix``: what its subjects begin with.
        ``replicas``: of a stream that is made; ``duplicate_window``: the seconds it knows a message again.
        ``timeout``: seconds to connect, and to wait for the broker's word; less than half of the plugin's own timeout.
        """
        text: dict[str, Any] = {"type": "string", "empty": False}
        path = {**text, "nullable": True, "default": None}
        return {
            "url": {**text, "regex": "(nats|tls|ws|wss)://.+", "default": "nats://localhost:4222"},
            "credentials": path,
            "ca_file": path,
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
            self._publish(name, body, message.volume_id)
        except (Error, OSError, TimeoutError) as error:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            for secret in _secrets(self._options):
                reason = reason.replace(secret, "***")
            told = f"NATS at `{_place(self._options)}` did not take the message ({reason}); see whether it is up"
            raise BrokerUnavailable(told) from None

    def close(self) -> None:
        """Close the connection; the next message opens another."""
        self._drop(self._line)

    def _publish(self, name: str, body: bytes, message_id: str) -> None:
        line = self._connected()
        try:
            line.publish(name, body, message_id)
        except BaseException:
            self._drop(line)
            raise

    def _drop(self, line: _Line | None) -> None:
        with self._lock:
            is_current = self._line is line  # not what another thread has opened since
            self._line = None if is_current else self._line
        if line is not None and is_current and line.is_ours:
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


class _Post:
    """A message on its way, and the thread that waits for the broker's word on it."""

    def __init__(self, name: str, body: bytes, message_id: str) -> None:
        self.name = name
        self.body = body
        self.headers = {"Nats-Msg-Id": message_id}
        self._error: BaseException | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def settle(self, error: BaseException | None) -> None:
        """Let the thread go on; ``error``: why there is no good word. Once."""
        self._error = error
        self._gate.release()

    def wait(self, seconds: float) -> None:
        """Wait for the word. Raises what there is in its place, TimeoutError when there is nothing."""
        if not self._gate.acquire(timeout=seconds):
            raise TimeoutError
        if self._error is not None:
            raise self._error


class _Line:
    """A connection and the thread of its event loop; of the process that has made it alone.

    Whatever waits when the loop comes round is sent together, and acknowledged one by one.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._timeout = options["timeout"]
        self._process = os.getpid()
        self._client = Client()
        self._posts: deque[_Post] = deque()
        self._under_way: set[_Post] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_called = False
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
        post = _Post(name, body, message_id)
        self._posts.append(post)
        if not self._is_called:
            self._is_called = True
            self._call()
        post.wait(self._timeout)

    def close(self) -> None:
        """Close the connection and end the thread, whatever state they are in."""
        with suppress(Exception):
            self._run(self._close())
        with suppress(RuntimeError):  # somebody else was first
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
                tls=_vouched_for(self._options["ca_file"]),
                connect_timeout=self._timeout,
                allow_reconnect=False,  # whoever waits for an answer is better told at once that there is none
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                error_cb=_ignore,
            )
        except NoServersError as error:
            raise self._client.last_error or error from None
        self._stream = self._client.jetstream(timeout=self._timeout)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for post in [*self._under_way]:
            self._settle(post, ConnectionError(_CLOSED))
        await self._client.close()

    # -- what is under way: in the loop's thread alone ------------------------------------------------------------

    def _call(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._collect)
        except RuntimeError:
            raise ConnectionError(_CLOSED) from None

    def _collect(self) -> None:
        # INVARIANT: said before it is done, so that whoever posts and sees that the loop is called is collected.
        self._is_called = False
        posts = [self._posts.popleft() for _ in range(len(self._posts))]
        self._under_way.update(posts)
        self._begin(self._send(posts))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)  # the loop itself would let go of it
        task.add_done_callback(self._tasks.discard)

    async def _send(self, posts: Sequence[_Post]) -> None:
        for post in posts:
            try:
                answer = await self._stream.publish_async(post.name, post.body, headers=post.headers)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the waiting thread's to judge
                self._settle(post, error)
            else:
                answer.add_done_callback(partial(self._answered, post))

    def _answered(self, post: _Post, answer: asyncio.Future[Any]) -> None:
        if isinstance(answer.exception(), NoStreamResponseError):
            self._begin(self._send_first(post))
        else:
            self._settle(post, answer.exception())

    async def _send_first(self, post: _Post) -> None:
        """Send it once more, now that there is a stream."""
        try:
            await self._make_stream()
            await self._stream.publish(post.name, post.body, headers=post.headers)
        except Exception as error:  # noqa: BLE001 - as above
            self._settle(post, error)
        else:
            self._settle(post)

    def _settle(self, post: _Post, error: BaseException | None = None) -> None:
        if post in self._under_way:
            self._under_way.remove(post)
            post.settle(error)

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


def _vouched_for(ca_file: str | None) -> SSLContext | None:
    """How a broker proves who it is; None: as the client sees fit, which goes by the system's authorities."""
    return None if ca_file is None else create_default_context(cafile=ca_file)


async def _ignore(error: Exception) -> None:
    """Told by the client of what the publisher is told too."""


def _secrets(options: Mapping[str, Any]) -> list[str]:
    url = urlsplit(options["url"])
    return [each for each in (url.password, url.username) if each]


def _place(options: Mapping[str, Any]) -> str:
    """The broker without its user and password or token."""
    url = urlsplit(options["url"])
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}"
