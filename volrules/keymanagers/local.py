"""The embedded key manager: keys in files, wrapped by a master key (AES-256-GCM, NIST SP 800-38D).

A key's id follows from its volume's, so that making it twice makes one key.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from volrules import durable
from volrules.errors import VolrulesError
from volrules.hookspecs import hookimpl

_NONCE = 12
_DEFAULT_BITS = 256
_MASTER = "master.key"


class KeyFault(VolrulesError):
    """A key cannot be read or made; the message says which file to look at."""

    retryable = True


class Local:
    """Keeps keys in a folder that only its owner can read."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._directory = Path(options["directory"])

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``directory``: the folder of the keys and of ``master.key``, which is made with the first key."""
        return {"directory": {"type": "string", "empty": False, "default": "keys"}}

    @hookimpl
    def volrules_create_key(self, plan: Mapping[str, Any], volume_id: str) -> str:
        """Make the volume's key, or a copy of the source's; the same id when asked again."""
        key_id = self.key_id(volume_id)
        if not self._file(key_id).exists():
            wanted = plan["encryption_key"]
            bits = (plan.get("encryption") or {}).get("key_size") or _DEFAULT_BITS
            copied = wanted["action"] == "copy"
            secret = self.read(wanted["source_key_id"]) if copied else secrets.token_bytes(bits // 8)
            self._write(key_id, secret)
        return key_id

    @hookimpl
    def volrules_delete_key(self, volume_id: str) -> None:
        """Delete the volume's key, if there is one."""
        durable.remove(self._file(self.key_id(volume_id)))

    @staticmethod
    def key_id(volume_id: str) -> str:
        """The id of a volume's key."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"volrules:key:{volume_id}"))

    def read(self, key_id: str) -> bytes:
        """The key itself. Raises KeyFault when it is not there or the master key is another one."""
        from cryptography.exceptions import InvalidTag

        path = self._file(key_id)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            raise KeyFault(
                f"there is no key `{key_id}` in `{self._directory}`; bring it there or delete the volume"
            ) from None
        try:
            return bytes(self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], key_id.encode()))
        except InvalidTag:
            message = (
                f"key `{key_id}` was not wrapped by `{self._directory / _MASTER}`; bring the right master key back"
            )
            raise KeyFault(message) from None

    def _write(self, key_id: str, secret: bytes) -> None:
        nonce = secrets.token_bytes(_NONCE)
        sealed = self._cipher(may_make=True).encrypt(nonce, secret, key_id.encode())
        durable.write(self._file(key_id), nonce + sealed, mode=0o600)

    def _cipher(self, *, may_make: bool = False) -> Any:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # lazily: only encrypted volumes need it

        master = self._directory / _MASTER
        if not master.exists():
            if not may_make or any(self._directory.glob("*.key")):
                raise KeyFault(f"the master key `{master}` is missing; bring it back, without it no key can be read")
            durable.write(master, secrets.token_bytes(32), mode=0o600)
        return AESGCM(master.read_bytes())

    def _file(self, key_id: str) -> Path:
        return self._directory / f"{key_id}.key"
