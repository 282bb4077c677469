"""Errands call one plugin after the other on one thread, and go on without a call that hangs."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

import pytest

from volrules.host.errands import Call, run_here, run_together, run_watched
from volrules.host.patience import PluginTimeout
from volrules.host.plugin import Implementation, Plugin

HERE = ContextVar("HERE", default="nowhere")


def watched(errand):
    return run_watched(errand, 0.1)


either_way = pytest.mark.parametrize("run", [run_here, watched])


def a_call(function, *args, timeout=0.1, late=None):
    plugin = Plugin("acme", "acme-volumes", "1.2", timeout=timeout)
    return Call(Implementation(plugin, "volrules_dispatch", function), args, late)


def asking(*calls):
    """What came of each call: its answer, or the name of what it raised."""
    came = []
    for each in calls:
        try:
            came.append((yield each))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - what else a plugin may raise is seen here
            came.append(type(error).__name__)
    return came


@either_way
def test_answers_and_exceptions_are_the_errands(run):
    errand = asking(a_call(divmod, 7, 2), a_call(divmod, 7, 0), a_call(exit), a_call(next, iter(())), a_call(len, "ab"))
    assert run(errand) == [(3, 1), "ZeroDivisionError", "RuntimeError", "StopIteration", 2]


@either_way
def test_an_errand_that_calls_nobody_has_an_answer_too(run):
    assert run(asking()) == []


@either_way
def test_what_an_errand_raises_is_its_callers(run):
    def failing():
        yield a_call(len, "")
        raise LookupError("here")

    with pytest.raises(LookupError, match="here"):
        run(failing())


@either_way
def test_without_a_call_that_hangs_the_errand_goes_on_and_its_late_answer_is_told(run):
    told, came = [], threading.Event()
    slow = a_call(
        lambda: time.sleep(0.3) or "key",
        late=lambda answer: (told.append((answer, threading.get_ident())), came.set()),
    )
    answers = run(asking(a_call(len, "a"), slow, a_call(threading.get_ident), a_call(lambda: time.sleep(0.3))))
    assert [answers[0], answers[1], answers[3]] == [1, "PluginTimeout", "PluginTimeout"]
    assert came.wait(2)
    assert told[0][0] == "key"
    assert told[0][1] != answers[2]


def test_who_hangs_is_named():
    def hanging():
        yield a_call(lambda: time.sleep(0.3))

    with pytest.raises(PluginTimeout, match=r"plugin `acme` \(acme-volumes 1\.2\) did not answer .* within 0\.1 s"):
        run_watched(hanging(), 0.1)


def test_all_calls_of_a_watched_errand_are_on_one_thread_which_is_not_the_callers():
    threads = run_watched(asking(*[a_call(threading.get_ident)] * 5), 0.1)
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


def test_a_long_errand_of_short_calls_is_not_out_of_time():
    assert run_watched(asking(*[a_call(time.sleep, 0.03)] * 10), 0.1) == [None] * 10


def test_a_plugin_without_a_timeout_takes_as_long_as_it_takes():
    errand = asking(a_call(time.sleep, 0.3, timeout=None), a_call(time.sleep, 0.3))
    assert run_watched(errand, 0.1) == [None, "PluginTimeout"]
    assert run_watched(asking(a_call(len, "a", timeout=None)), None) == [1]


@either_way
def test_the_callers_context_is_the_plugins(run):
    HERE.set("there")
    assert run(asking(a_call(HERE.get))) == ["there"]


def test_threads_that_were_left_behind_end():
    before = threading.active_count()
    run_watched(asking(*[a_call(time.sleep, 0.3)] * 3), 0.1)
    time.sleep(0.4)
    assert threading.active_count() <= before + 1


def test_where_nobody_has_a_time_limit_an_errand_runs_in_its_callers_thread():
    errand = asking(a_call(threading.get_ident, timeout=None))
    assert run_watched(errand, None) == [threading.get_ident()]


def test_help_begins_only_beside_an_errand_that_takes_its_time():
    begun = []

    def helping():
        begun.append("help")
        yield a_call(len, "")

    run_together(asking(a_call(len, "a")), [helping()], 0.1, stop=lambda: None)
    assert begun == []
    run_together(asking(a_call(time.sleep, 0.05)), [helping(), helping()], 0.1, stop=lambda: None)
    assert begun == ["help", "help"]


def test_what_a_helping_errand_raises_stops_the_others_and_is_the_callers():
    stopped = threading.Event()

    def failing():
        yield a_call(len, "")
        raise LookupError("here")

    def working():
        while not stopped.is_set():
            yield a_call(time.sleep, 0.02)

    # The first one is waited for before the others are asked what they ended in.
    errand = asking(a_call(time.sleep, 0.05))
    with pytest.raises(LookupError, match="here"):
        run_together(errand, [failing(), working()], 0.1, stopped.set)
    assert stopped.is_set()
