"""A folder of wrapped keys: AES-256-GCM under one master key, each bound to its id (NIST SP 800-38D).

INVARIANT: files appear whole, under a name that nobody has, and are never written to again. So of two processes that
make the same key, or the master key, one does, and both then read that one.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from volrules import durable
from volrules.errors import VolrulesError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE = 12
_MASTER = "master.key"
_MASTER_BYTES = 32
_SUFFIX = ".key"
_NAME = re.compile(r"(?!master\Z)[0-9A-Za-z][0-9A-Za-z_-]{0,127}", re.ASCII)


class KeyFault(VolrulesError):
    """A key cannot be read or made; the message says which file to look at."""

    retryable = True


class Vault:
    """The folder; nobody but its owner can enter it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._is_proven = False

    def __repr__(self) -> str:
        return f"Vault({str(self._directory)!r})"

    def holds(self, key_id: str) -> bool:
        """Whether there is a key of that id."""
        return self._file(key_id).exists()

    def put(self, key_id: str, key: bytes) -> None:
        """Keep the key under its id; the first that came stays. Raises KeyFault."""
        self._lock_out_others()
        cipher = self._cipher(may_make=True)
        self._prove(cipher)
        nonce = os.urandom(_NONCE)
        durable.create(self._file(key_id), nonce + cipher.encrypt(nonce, key, key_id.encode()), 0o600)

    def read(self, key_id: str) -> bytes:
        """The key. Raises KeyFault when it is not there, or the master key is missing or another one."""
        try:
            sealed = self._file(key_id).read_bytes()
        except FileNotFoundError:
            raise KeyFault(
                f"there is no key `{key_id}` in `{self._directory}`; bring it there or delete the volume"
            ) from None
        return self._opened(key_id, sealed, self._cipher(may_make=False))

    def remove(self, key_id: str) -> None:
        """Remove the key, if there is one."""
        if _NAME.fullmatch(key_id):
            durable.remove(self._file(key_id))

    def _file(self, key_id: str) -> Path:
        if not _NAME.fullmatch(key_id):
            raise KeyFault(f"`{key_id:.200}` is no id of a key in `{self._directory}`; correct the source's entry")
        return self._directory / f"{key_id}{_SUFFIX}"

    def _opened(self, key_id: str, sealed: bytes, cipher: AESGCM) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            return bytes(cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id.encode()))
        except (InvalidTag, ValueError):
            raise KeyFault(
                f"key `{key_id}` was not wrapped by `{self._master}`, or is damaged; bring the right master key back"
            ) from None

    def _prove(self, cipher: AESGCM) -> None:
        """Once: that the master key is the one that wrapped what is here, before it wraps anything more."""
        other = None if self._is_proven else self._any_key()
        if other is not None:
            with suppress(FileNotFoundError):  # deleted meanwhile
                self._opened(other.stem, other.read_bytes(), cipher)
        self._is_proven = True

    def _cipher(self, *, may_make: bool) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # lazily: only encrypted volumes need it

        master = self._master_key() or self._first_master_key(may_make=may_make)
        if len(master) != _MASTER_BYTES:
            raise KeyFault(
                f"the master key `{self._master}` is not {_MASTER_BYTES} bytes long; bring the right one back"
            )
        return AESGCM(master)

    def _first_master_key(self, *, may_make: bool) -> bytes:
        # INVARIANT: keys are looked for before the master key is once more. Where there is a key there was a master
        # key before it, so that one made by somebody else meanwhile is not taken for one that is lost.
        has_keys = self._any_key() is not None
        master = self._master_key()
        if master is None and may_make and not has_keys:
            durable.create(self._master, os.urandom(_MASTER_BYTES), 0o600)
            master = self._master_key()
        if master is None:
            raise KeyFault(f"the master key `{self._master}` is missing; bring it back, without it no key can be read")
        return master

    @property
    def _master(self) -> Path:
        return self._directory / _MASTER

    def _master_key(self) -> bytes | None:
        try:
            return self._master.read_bytes()
        except FileNotFoundError:
            return None

    def _any_key(self) -> Path | None:
        keys = (each for each in self._directory.glob(f"[!.]*{_SUFFIX}") if each.name != _MASTER)
        return next(keys, None)

    def _lock_out_others(self) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._directory.stat().st_mode & 0o077:
            self._directory.chmod(0o700)
