"""A NATS server of the tests' own, on loopback; it can be killed and started again with what it had on disk."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import nats

SERVER = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Broker:
    """The server; ``url`` is where it listens."""

    def __init__(self, folder: Path, *arguments: str, scheme: str = "nats") -> None:
        self._folder = folder
        self._arguments = arguments
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"{scheme}://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [str(SERVER), "-a", "127.0.0.1", "-p", str(self._port), "-js", "-sd", str(self._folder)]
        with (self._folder / "out").open("ab") as out:
            self._process = subprocess.Popen([*command, *self._arguments], stdout=out, stderr=out)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self._folder / "out").read_text())

    def kill(self) -> None:
        """End it at once, as a failing machine does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def run(self, work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        """Do something with a JetStream connection."""

        async def connected() -> Any:
            client = await nats.connect(self.url)
            try:
                return await work(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(connected())
