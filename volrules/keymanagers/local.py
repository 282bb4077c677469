"""The embedded key manager: a key a file, wrapped by a master key.

A key's id follows from its volume's, and a file once made is never replaced: making a key twice makes one key,
whoever is killed in between.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from volrules.errors import Refused
from volrules.hookspecs import hookimpl
from volrules.keymanagers.vault import Vault

_DEFAULT_BITS = 256
_FEWEST_BITS, _MOST_BITS = 64, 4096


class Local:
    """Keeps keys in a folder that only its owner can read."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._vault = Vault(Path(options["directory"]))

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``directory``: the folder of the keys and of ``master.key``, which is made with the first key."""
        return {"directory": {"type": "string", "empty": False, "default": "keys"}}

    @hookimpl
    def volrules_create_key(self, plan: Mapping[str, Any], volume_id: str) -> str:
        """Make the volume's key, or a copy of the source's; the same id when asked again.

        Raises KeyFault, and Refused for a key size that no cipher has.
        """
        key_id = self.key_id(volume_id)
        if not self._vault.holds(key_id):
            self._vault.put(key_id, self._material(plan))
        self._vault.read(key_id)  # an id whose key cannot be read would be worse than none
        return key_id

    @hookimpl
    def volrules_delete_key(self, volume_id: str, key_id: str | None) -> None:
        """Delete the volume's key, if there is one: what was made here, and what the volume came with."""
        for each in {self.key_id(volume_id), key_id or self.key_id(volume_id)}:
            self._vault.remove(each)

    @staticmethod
    def key_id(volume_id: str) -> str:
        """The id of a volume's key."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"volrules:key:{volume_id}"))

    def read(self, key_id: str) -> bytes:
        """The key itself. Raises KeyFault when it is not there or the master key is another one."""
        return self._vault.read(key_id)

    def _material(self, plan: Mapping[str, Any]) -> bytes:
        wanted = plan["encryption_key"]
        if wanted["action"] == "copy":
            return self._vault.read(wanted["source_key_id"])
        return os.urandom(_bits(plan.get("encryption") or {}) // 8)


def _bits(encryption: Mapping[str, Any]) -> int:
    bits = encryption.get("key_size")
    if bits is None:
        return _DEFAULT_BITS
    if type(bits) is not int or bits % 8 or not _FEWEST_BITS <= bits <= _MOST_BITS:
        raise Refused(
            f"the volume type's key_size `{bits}` is no multiple of 8 from {_FEWEST_BITS} to {_MOST_BITS}; "
            "correct it, 256 is usual"
        )
    return bits
