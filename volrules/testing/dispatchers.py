"""What every dispatcher must stand: a test class for its authors."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from volrules.errors import Refused
from volrules.host.patience import PluginTimeout, call
from volrules.host.plugin import Implementation, Plugin
from volrules.model import Message, Report
from volrules.testing import faults
from volrules.testing.messages import a_message
from volrules.testing.stage import PLAIN, PROJECT, an_engine

Document = Mapping[str, Any]


class DispatcherContract:
    """Inherit it as ``class TestMine(DispatcherContract)`` and say how to make a dispatcher and read what arrived::

    class TestMine(DispatcherContract):
        def dispatcher(self):
            return Mine({"url": …})

        def arrived(self):
            return [json.loads(body) for body in …]
    """

    host: str | None = None
    """A host that takes messages; None: not tried."""
    unroutable: Document | None = None
    """A ``dispatch`` that is refused for good; None: there is none."""
    secrets: tuple[str, ...] = ()
    """What nobody may read in the dispatcher's ``repr`` or in what it raises."""

    def dispatcher(self) -> Any:
        """A new instance, as a process that has just started makes it."""
        raise NotImplementedError

    def arrived(self) -> Iterable[Document]:
        """Everything that has been handed on since it was last asked for, as consumers read it, duplicates included.

        Called in the process of the test, after whoever dispatched has returned or been killed.
        """
        raise NotImplementedError

    def test_a_message_arrives_as_its_schema_says(self) -> None:
        message = a_message()
        answer = _dispatch(self.dispatcher(), message)
        assert answer is None or isinstance(answer, Report)
        assert self._arrived() == {message.volume_id: message.to_dict()}

    def test_a_message_for_a_host_arrives(self) -> None:
        if self.host is None:
            return
        message = a_message(dispatch={"target": "host", "host": self.host})
        _dispatch(self.dispatcher(), message)
        assert self._arrived() == {message.volume_id: message.to_dict()}

    def test_what_comes_twice_is_one_volume(self) -> None:
        message, dispatcher = a_message(), self.dispatcher()
        _dispatch(dispatcher, message)
        _dispatch(dispatcher, message)
        _dispatch(self.dispatcher(), message)
        assert self._arrived() == {message.volume_id: message.to_dict()}

    def test_a_kill_before_the_act_loses_nothing(self) -> None:
        self._survives(faults.killed_before)

    def test_a_kill_after_the_act_makes_no_second_volume(self) -> None:
        self._survives(faults.killed_after)

    def test_a_timeout_after_success_makes_no_second_volume(self) -> None:
        message, dispatcher = a_message(), self.dispatcher()
        _dispatch(dispatcher, a_message())  # whatever it does the first time is not to be timed
        hanging = faults.Tampered(dispatcher, faults.hanging_after(1.5)).volrules_dispatch
        try:
            call(Implementation(Plugin("tested", timeout=1.0), "volrules_dispatch", hanging), message)
        except PluginTimeout:
            _dispatch(dispatcher, message)
        assert self._arrived()[message.volume_id] == message.to_dict()

    def test_a_slow_answer_is_waited_for_and_not_asked_for_twice(self, tmp_path: Path) -> None:
        slow = faults.Tampered(self.dispatcher(), faults.slow(0.3))
        with an_engine(tmp_path, slow, dispatcher=slow.name) as engine:
            create = threading.Thread(target=engine.create, args=(PLAIN, PROJECT))
            create.start()
            while create.is_alive():
                engine.relay()
            assert engine.status().messages == {"dispatched": 1}
        assert len(list(self.arrived())) == 1

    def test_a_refusal_is_final_and_says_why(self) -> None:
        if self.unroutable is None:
            return
        dispatcher = self.dispatcher()
        for _ in range(2):
            assert _refusal(dispatcher, a_message(dispatch=self.unroutable))
        message = a_message()  # and it harms nobody else
        _dispatch(dispatcher, message)
        assert self._arrived() == {message.volume_id: message.to_dict()}

    def test_threads_share_it(self) -> None:
        messages, dispatcher = [a_message() for _ in range(24)], self.dispatcher()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda each: _dispatch(dispatcher, each), messages))
        assert self._arrived() == {each.volume_id: each.to_dict() for each in messages}

    def test_a_child_process_may_use_it_too(self) -> None:
        first, second, third = a_message(), a_message(), a_message()
        dispatcher = self.dispatcher()
        _dispatch(dispatcher, first)
        faults.in_a_child(lambda: _dispatch(dispatcher, second))
        _dispatch(dispatcher, third)
        assert self._arrived().keys() == {first.volume_id, second.volume_id, third.volume_id}

    def test_it_can_be_closed_more_than_once(self) -> None:
        dispatcher = self.dispatcher()
        _dispatch(dispatcher, a_message())
        for _ in range(2):
            getattr(dispatcher, "close", lambda: None)()

    def test_its_secrets_stay_secret(self) -> None:
        assert not [each for each in self.secrets if each in repr(self.dispatcher())]

    def _survives(self, fault: faults.Around) -> None:
        message = a_message()
        faults.in_a_child(lambda: faults.Tampered(self.dispatcher(), fault).volrules_dispatch(message))
        _dispatch(self.dispatcher(), message)
        assert self._arrived() == {message.volume_id: message.to_dict()}

    def _arrived(self) -> dict[str, Document]:
        """What arrived, by volume id; whatever came more than once came the same."""
        by_id: dict[str, Document] = {}
        for each in self.arrived():
            document = json.loads(json.dumps(each))
            assert by_id.setdefault(document["volume_id"], document) == document
        return by_id


def _dispatch(dispatcher: Any, message: Message) -> Any:
    return faults.ask(dispatcher, "volrules_dispatch", message=message)


def _refusal(dispatcher: Any, message: Message) -> str:
    try:
        _dispatch(dispatcher, message)
    except Refused as refusal:
        return str(refusal)
    raise AssertionError(f"`{message.dispatch}` was not refused")
