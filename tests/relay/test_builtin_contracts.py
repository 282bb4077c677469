"""The plugins that ship with volrules stand what it asks of others."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from volrules.dispatchers.spool import Spool
from volrules.keymanagers.local import Local
from volrules.testing import DispatcherContract, KeyManagerContract


class TestSpool(DispatcherContract):
    host = "host1@lvm#pool"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path / "spool"

    def dispatcher(self):
        return Spool({"directory": str(self.folder)})

    def arrived(self):
        return [json.loads(each.read_bytes()) for each in self.folder.glob("*.json")]


class TestLocal(KeyManagerContract):
    unmakeable: ClassVar = {"provider": "luks", "key_size": 257}

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path / "keys"

    def key_manager(self):
        return Local({"directory": str(self.folder)})

    def keys(self):
        ids = [each.stem for each in self.folder.glob("[!.]*.key") if each.name != "master.key"]
        return {each: self.key_manager().read(each) for each in ids}
