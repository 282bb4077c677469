"""What every key manager must stand: a test class for its authors."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from volrules.documents import freeze
from volrules.errors import Refused
from volrules.model import Context
from volrules.testing import faults, stage

CREATE = {"action": "create"}


class KeyManagerContract:
    """Inherit it as ``class TestMine(KeyManagerContract)`` and say how to make a key manager and look at its keys."""

    encryption: Mapping[str, Any] = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256}
    """A volume type's encryption."""
    unmakeable: Mapping[str, Any] | None = None
    """An encryption that is refused for good; None: there is none."""

    def key_manager(self) -> Any:
        """A new instance, as a process that has just started makes it."""
        raise NotImplementedError

    def keys(self) -> Mapping[str, bytes]:
        """All keys there are, by id."""
        raise NotImplementedError

    def test_asked_again_it_answers_with_the_same_key(self) -> None:
        volume_id, manager = _new_id(), self.key_manager()
        key_id = self._make(manager, volume_id)
        before = dict(self.keys())
        assert isinstance(key_id, str)
        assert key_id == self._make(manager, volume_id) == self._make(self.key_manager(), volume_id)
        assert self.keys() == before
        assert before.keys() == {key_id}

    def test_a_key_has_the_size_that_its_type_asks_for(self) -> None:
        key_id = self._make(self.key_manager(), _new_id())
        assert len(self.keys()[key_id]) * 8 == self.encryption["key_size"]

    def test_two_volumes_have_two_keys(self) -> None:
        manager = self.key_manager()
        assert self._make(manager, _new_id()) != self._make(manager, _new_id())
        assert len(set(self.keys().values())) == 2

    def test_a_copy_is_identical_and_survives_its_source(self) -> None:
        manager, source, copy = self.key_manager(), _new_id(), _new_id()
        source_key = self._make(manager, source)
        copy_key = self._make(manager, copy, {"action": "copy", "source_key_id": source_key})
        assert copy_key != source_key
        assert self.keys()[copy_key] == self.keys()[source_key]
        _delete(manager, source, source_key)
        assert self.keys().keys() == {copy_key}

    def test_a_copy_of_nothing_is_a_fault(self) -> None:
        try:
            self._make(self.key_manager(), _new_id(), {"action": "copy", "source_key_id": _new_id()})
        except Exception:  # noqa: BLE001 - any will do, it is the relay's to try again
            assert not self.keys()
        else:
            raise AssertionError("a key was copied that does not exist")

    def test_deleting_again_is_no_error(self) -> None:
        manager, volume_id = self.key_manager(), _new_id()
        key_id = self._make(manager, volume_id)
        for _ in range(2):
            _delete(manager, volume_id, key_id)
        assert not self.keys()

    def test_deleting_needs_no_key_and_no_id(self) -> None:
        manager, volume_id = self.key_manager(), _new_id()
        _delete(manager, volume_id, None)
        self._make(manager, volume_id)
        _delete(self.key_manager(), volume_id, None)
        assert not self.keys()

    def test_a_kill_before_the_act_leaves_nothing_in_the_way(self) -> None:
        self._survives(faults.killed_before)

    def test_a_kill_after_the_act_makes_no_second_key(self) -> None:
        self._survives(faults.killed_after)

    def test_threads_make_one_key(self) -> None:
        manager, volume_id = self.key_manager(), _new_id()
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(lambda _: self._make(manager, volume_id), range(16)))
        assert self.keys().keys() == made
        assert len(made) == 1

    def test_a_refusal_is_final_and_says_why(self) -> None:
        if self.unmakeable is None:
            return
        refusal = None
        try:
            self._make(self.key_manager(), _new_id(), encryption=self.unmakeable)
        except Refused as raised:
            refusal = str(raised)
        assert refusal, f"`{dict(self.unmakeable)}` was not refused"
        assert not self.keys()

    def test_a_timeout_after_success_on_the_last_attempt_leaves_no_key(self, tmp_path: Path) -> None:
        hanging = faults.Tampered(self.key_manager(), faults.hanging_after(stage.TIMEOUT * 2))
        with self._engine(tmp_path, hanging) as engine:
            receipt = engine.create(stage.ENCRYPTED, stage.PROJECT)
            assert receipt.dispatch == "pending"
            assert self.keys()
            time.sleep(stage.LEASE)
            engine.relay()
            assert engine.get(str(receipt.volume_id)).status == "error"
            assert stage.in_use(engine) == 0
        assert not self.keys()

    def test_a_slow_answer_is_waited_for(self, tmp_path: Path) -> None:
        slow = faults.Tampered(self.key_manager(), faults.slow(stage.TIMEOUT / 2))
        with self._engine(tmp_path, slow) as engine:
            receipt = engine.create(stage.ENCRYPTED, stage.PROJECT)
            assert receipt.dispatch == "dispatched"
            assert self.keys().keys() == {engine.get(str(receipt.volume_id)).encryption_key_id}

    def test_its_keys_stay_secret(self) -> None:
        manager = self.key_manager()
        self._make(manager, _new_id())
        assert not [key for key in self.keys().values() if key.hex() in repr(manager) or repr(key) in repr(manager)]

    def _make(self, manager: Any, volume_id: str, plan: Any = CREATE, encryption: Any = None) -> Any:
        wanted = freeze({"encryption_key": plan, "encryption": encryption or self.encryption})
        return faults.ask(manager, "volrules_create_key", plan=wanted, volume_id=volume_id, context=_CONTEXT)

    def _survives(self, fault: faults.Around) -> None:
        volume_id = _new_id()
        plan = freeze({"encryption_key": CREATE, "encryption": self.encryption})
        killed = faults.Tampered(self.key_manager(), fault)
        faults.in_a_child(lambda: killed.volrules_create_key(plan, volume_id, _CONTEXT))
        manager = self.key_manager()
        assert self.keys().keys() <= {self._make(manager, volume_id)}
        assert len(self.keys()) == 1
        _delete(manager, volume_id, None)
        assert not self.keys()

    def _engine(self, folder: Path, manager: faults.Tampered) -> Any:
        site = stage.impatient(key_manager=manager.name, dispatcher=stage.Collecting.name)
        return stage.an_engine(folder, manager, stage.Collecting(), encryption=self.encryption, **site)


_CONTEXT = Context("p1", "u1")


def _new_id() -> str:
    return str(uuid.uuid4())


def _delete(manager: Any, volume_id: str, key_id: str | None) -> None:
    faults.ask(manager, "volrules_delete_key", volume_id=volume_id, key_id=key_id, context=_CONTEXT)
