"""Calls that hang are left behind, by name."""

from __future__ import annotations

import os
import threading
import time
from contextvars import ContextVar

import pytest

from volrules.host.patience import PluginTimeout, call
from volrules.host.plugin import Implementation, Plugin

HERE = ContextVar("HERE", default="nowhere")


def an_implementation(function, timeout=1.0):
    return Implementation(Plugin("acme", "acme-volumes", "1.2", timeout=timeout), "volrules_dispatch", function)


def test_an_answer_and_an_exception_are_the_callers(caplog):
    assert call(an_implementation(lambda *given: given), 1, 2) == (1, 2)
    with pytest.raises(ZeroDivisionError):
        call(an_implementation(lambda: 1 / 0))
    with pytest.raises(SystemExit):
        call(an_implementation(lambda: exit(3)))


def test_who_hangs_is_named():
    with pytest.raises(PluginTimeout, match=r"plugin `acme` \(acme-volumes 1\.2\) did not answer .* within 0\.05 s"):
        call(an_implementation(lambda: time.sleep(0.3), timeout=0.05))


def test_a_plugins_own_timeout_is_not_taken_for_ours():
    def own():
        raise TimeoutError("the broker's")

    with pytest.raises(TimeoutError, match="the broker's"):
        call(an_implementation(own))


def test_an_answer_that_comes_late_is_told():
    told, came = [], threading.Event()
    with pytest.raises(PluginTimeout):
        call(
            an_implementation(lambda: time.sleep(0.2) or "key", timeout=0.05),
            late=lambda answer: (told.append(answer), came.set()),
        )
    assert came.wait(2)
    assert told == ["key"]


def test_without_a_timeout_the_call_is_made_inline():
    assert call(an_implementation(threading.get_ident, timeout=None)) == threading.get_ident()


def test_threads_are_used_again_and_left_ones_end():
    assert len({call(an_implementation(threading.get_ident)) for _ in range(20)}) == 1
    before = threading.active_count()
    with pytest.raises(PluginTimeout):
        call(an_implementation(lambda: time.sleep(0.2), timeout=0.01))
    time.sleep(0.4)
    assert threading.active_count() <= before


def test_the_callers_context_is_the_plugins():
    HERE.set("there")
    assert call(an_implementation(HERE.get)) == "there"


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_child_process_has_threads_of_its_own():
    call(an_implementation(lambda: None))
    child = os.fork()
    if child == 0:
        os._exit(0 if call(an_implementation(lambda: 7)) == 7 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
