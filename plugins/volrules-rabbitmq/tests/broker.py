"""A RabbitMQ of the tests' own, on loopback; it can be killed and started again with what it had on disk."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from kombu import Connection

# The script itself: what distributions put before it in the path changes to another user.
SERVER = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin:{os.environ['PATH']}")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Broker:
    """The server; ``url`` is where it listens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port, self._dist_port, self._epmd_port = free_ports(3)
        self._process: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None
        self.url = f"amqp://guest:guest@127.0.0.1:{self._port}//"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        for each in ("mnesia", "log"):
            (self._folder / each).mkdir(exist_ok=True)
        if self._epmd is None:  # Erlang would start it as a daemon that outlives the tests
            self._epmd = subprocess.Popen(["epmd"], env=self._environment())
        with (self._folder / "out").open("ab") as out:
            self._process = subprocess.Popen(
                [str(SERVER)],
                cwd=self._folder,
                env=self._environment(),
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._wait()

    def kill(self) -> None:
        """End it at once, as a failing machine does."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it, and what it needs."""
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()

    def save(self) -> None:
        """Have it write to the disk which quorum queues it has.

        It does so every three minutes; a queue that is younger when the broker is killed has no leader afterwards.
        """
        control = str(Path(str(SERVER)).with_name("rabbitmqctl"))
        save = "[dets:sync(Table) || Table <- dets:all()]."
        subprocess.run([control, "eval", save], env=self._environment(), check=True, capture_output=True)

    def connection(self) -> Connection:
        """A new connection to it."""
        return Connection(self.url, connect_timeout=2)

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end and self._process is not None and self._process.poll() is None:
            try:
                with self.connection() as connection:
                    connection.connect()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self._folder / "out").read_text())

    def _environment(self) -> dict[str, str]:
        folder = str(self._folder)
        return {
            **os.environ,
            "HOME": folder,
            "RABBITMQ_NODENAME": f"volrules{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._dist_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_CONFIG_FILE": f"{folder}/none",
        }
