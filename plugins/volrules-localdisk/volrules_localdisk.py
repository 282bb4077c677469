"""Volumes as sparse files on a local disk: a dispatcher that is the volume manager itself.

INVARIANT: a volume's file appears under its name when it is complete and on the disk, and is never touched again.
Until then it is a ``.part`` beside it, locked by whoever makes it; the kernel frees the lock of one who is killed.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from volrules import Context, Message, Refused, Report, Spec, VolrulesError, hookimpl

log = logging.getLogger(__name__)

GIB = 1024**3
HEADER = 16 * 1024**2
"""Bytes of LUKS header in front of an encrypted volume's data."""
_LUKS = b"LUKS\xba\xbe"
_FICLONE = 0x40049409  # linux/fs.h
_CHUNK = 1024**2
# Where the files of what a spec names are kept, below the volumes.
_SOURCES = {"snapshot_id": "snapshots", "source_volid": "", "image_id": "images", "backup_id": "backups"}
# The key is random already: stretching it would cost time and protect nothing.
_FORMAT = ("--type", "luks2", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000", "--offset", str(HEADER // 512))


class NotNow(VolrulesError):
    """What the machine lacks to make the volume; it is made once that is there, for the message comes again."""

    retryable = True


class Part(NamedTuple):
    """A volume in the making: where it is, and its file, open and locked."""

    path: Path
    file: int


class LocalDisk:
    """Makes the volumes of one machine; any number of processes may share its folder."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._folder = Path(options["directory"])
        self._host = options["host"] or socket.gethostname()
        self._key_command: Sequence[str] = options["key_command"]
        self._is_chosen = options["dispatcher"] == "localdisk"

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``directory``: the folder of the volumes. ``host``: the name to report; the machine's, where it is null.

        ``key_command``: a program and its arguments; prints the key ``{key_id}`` of volume ``{volume_id}``, raw.
        """
        text = {"type": "string", "empty": False}
        return {
            "directory": {**text, "default": "volumes"},
            "host": {**text, "nullable": True, "default": None},
            "key_command": {"type": "list", "schema": text, "default": []},
            "dispatcher": {"meta": {"site": "dispatcher"}},
        }

    @hookimpl
    def volrules_dispatch(self, message: Message) -> Report:
        """Make the volume, unless it is made; its status is ``error`` where it cannot be encrypted."""
        wanted = (message.dispatch or {}).get("host", self._host)
        if wanted != self._host:
            raise Refused(f"host `{wanted}` is not this one, `{self._host}`; run volrules there")
        try:
            with _building(self._file(message.volume_id)) as part:
                if part is not None:
                    self._make(part, message)
        except subprocess.CalledProcessError as error:
            log.error("volume %s: cryptsetup failed: %s", message.volume_id, error.stderr.decode(errors="replace"))
            return Report("error", self._host)
        return Report("available", self._host)

    @hookimpl
    def volrules_find_snapshot(self, snapshot_id: str, context: Context) -> Mapping[str, Any] | None:
        """A snapshot that was taken here: its file, described by the inventory's members in a ``.json`` beside it."""
        described = self._folder / "snapshots" / f"{snapshot_id}.json"
        if not described.exists():
            return None
        entry = json.loads(described.read_text(encoding="utf-8"))
        everyones = entry.get("shared") or entry.get("project_id") in (None, context.project_id)
        return {"status": "available", **entry, "id": snapshot_id} if everyones or context.is_admin else None

    @hookimpl
    def volrules_on_event(self, event: Mapping[str, Any]) -> None:
        """Remove the file of a volume that was deleted, where volumes are made here."""
        if self._is_chosen and event["event"] == "deleted":
            self._file(event["volume_id"]).unlink(missing_ok=True)

    def _file(self, volume_id: str) -> Path:
        return self._folder / f"{volume_id}.img"

    def _make(self, part: Part, message: Message) -> None:
        key_id, source = message.encryption_key_id, self._source(message.spec)
        size = (message.spec.size or 0) * GIB + (HEADER if key_id else 0)
        os.ftruncate(part.file, 0)
        if source is not None:
            _copy(source, part.file, size, encrypted=key_id is not None)
        os.ftruncate(part.file, size)
        if key_id is not None:
            _encrypt(part, self._key(key_id, message.volume_id), is_copy=source is not None)
        os.fsync(part.file)

    def _source(self, spec: Spec) -> Path | None:
        named = {folder: getattr(spec, member) for member, folder in _SOURCES.items()}
        for folder, name in named.items():
            if name is not None:
                path = self._folder / folder / f"{_file_name(name)}.img"
                if not path.exists():
                    raise Refused(f"there is no `{path}` to copy; bring it there and create the volume again")
                return path
        return None

    def _key(self, key_id: str, volume_id: str) -> bytes:
        if not self._key_command:
            raise NotNow("an encrypted volume needs its key; set the option `key_command` of plugin localdisk")
        words = (each.replace("{key_id}", key_id) for each in self._key_command)
        command = [each.replace("{volume_id}", volume_id) for each in words]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        if done.returncode != 0 or not done.stdout:
            raise NotNow(f"`{command[0]}` gave no key `{key_id}` (exit {done.returncode}); see what it says on stderr")
        return done.stdout


@contextmanager
def _building(volume: Path) -> Iterator[Part | None]:
    """The file to build the volume in, which then becomes the volume; None where it is there already."""
    volume.parent.mkdir(parents=True, exist_ok=True)
    part = _locked(volume.with_name(f".{volume.name}.part"))
    try:
        if volume.exists():
            part.path.unlink()
            yield None
            return
        try:
            yield part
        except BaseException:
            part.path.unlink()
            raise
        part.path.replace(volume)
        _sync(volume.parent)
    finally:
        os.close(part.file)


def _locked(path: Path) -> Part:
    """The file, open, and ours alone until it is closed or we are dead."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return Part(path, descriptor)
        os.close(descriptor)  # whom we waited for has renamed or removed it


def _copy(source: Path, target: int, size: int, *, encrypted: bool) -> None:
    """Copy the file: its extents where the file system shares them, else its data, and no holes."""
    with source.open("rb") as file:
        if (file.read(len(_LUKS)) == _LUKS) != encrypted:
            state = "not encrypted, as the volume is to be" if encrypted else "encrypted, and the volume is not to be"
            raise Refused(f"`{source}` is {state}; ask for the type that the source has")
        end = os.fstat(file.fileno()).st_size
        if end > size:
            raise Refused(f"`{source}` has {end} bytes, the volume {size}; ask for a larger one")
        try:
            fcntl.ioctl(target, _FICLONE, file.fileno())
        except OSError:
            for start, stop in _data(file.fileno(), end):
                _copy_range(file.fileno(), target, start, stop)


def _data(file: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the file has data and no hole."""
    stop = 0
    while stop < end:
        try:
            start = os.lseek(file, stop, os.SEEK_DATA)
        except OSError:
            return  # nothing but a hole is left
        stop = os.lseek(file, start, os.SEEK_HOLE)
        yield start, stop


def _copy_range(source: int, target: int, start: int, stop: int) -> None:
    while start < stop:
        try:
            copied = os.copy_file_range(source, target, stop - start, start, start)
        except OSError:  # not between these file systems
            copied = os.pwrite(target, os.pread(source, min(_CHUNK, stop - start), start), start)
        if copied == 0:
            raise NotNow("the source became shorter while it was copied; see who writes to it")
        start += copied


def _encrypt(part: Part, key: bytes, *, is_copy: bool) -> None:
    """Make a LUKS volume of the file; of one that was copied, see that the key opens it."""
    program = shutil.which("cryptsetup")
    if program is None:
        raise NotNow("an encrypted volume needs `cryptsetup`; install it")
    action = ("open", "--test-passphrase") if is_copy else ("luksFormat", "--batch-mode", *_FORMAT)
    # Our own lock keeps others out, and cryptsetup's needs a folder that only root has.
    command = [program, *action, "--disable-locks", "--key-file", "-", part.path]
    # INVARIANT: a cryptsetup that outlives us holds our lock for as long as it writes.
    subprocess.run(command, input=key, capture_output=True, check=True, pass_fds=[part.file])


def _file_name(name: str) -> str:
    if Path(name).name != name or name.startswith("."):
        raise Refused(f"`{name:.80}` is no name for a file; name something else")
    return name


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
