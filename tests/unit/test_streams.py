"""Conversations that ask for many checks: they are had on the thread that calls the plugins, to their end."""

import contextvars
import gc
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_request
from volrules import Decision, Engine, Order, UsageError, hookimpl, violation

CALLER = contextvars.ContextVar("caller", default="nobody")


class Vendor:
    """Hangs on requests of size 13 and objects to odd ones; notes where it was asked, and for whom."""

    name = "vendor"

    def __init__(self):
        self.over = threading.Event()
        self.threads = []
        self.callers = set()

    @hookimpl
    def volrules_validate_size(self, draft):
        self.threads.append(threading.get_ident())
        self.callers.add(CALLER.get())
        if draft.size == 13:
            self.over.wait(30)
        return violation("vendor.odd", "/volume/size", "the size is odd; ask for one more") if draft.size % 2 else None

    def close(self):
        self.over.set()


def opened(*plugins, timeout=0.1, policy="fail"):
    settings = {"vendor": {"timeout": timeout, "failure_policy": policy}}
    return Engine.open({"plugins": settings if plugins else {}}, inventory={}, plugins=plugins)


def an_order(size):
    return Order(a_request(size=size), id=size)


def told(answers):
    return [(each.id, [violation.code for violation in each.violations]) for each in answers]


class Conversation:
    """Asks for sizes, some at a time, and notes what is answered, on which thread."""

    def __init__(self, *batches):
        self.batches = batches
        self.answers = []
        self.threads = []
        self.ended = False

    def talk(self):
        try:
            for batch in self.batches:
                self.threads.append(threading.get_ident())
                self.answers.append(told((yield map(an_order, batch))))
            return sum(map(len, self.answers))
        finally:
            self.ended = True


def test_a_conversation_is_answered_and_returns_what_it_likes():
    conversation = Conversation([1, 2], [], (4, 3, 2))
    with opened(Vendor()) as engine:
        assert engine.check_stream(conversation.talk()) == 5
    odd = ["vendor.odd"]
    assert conversation.answers == [[(1, odd), (2, [])], [], [(4, []), (3, odd), (2, [])]]


def test_it_is_had_on_the_thread_that_calls_the_vendor():
    vendor, conversation = Vendor(), Conversation([1, 2], [3])
    with opened(vendor) as engine:
        engine.check_stream(conversation.talk())
    assert set(conversation.threads) == set(vendor.threads) != {threading.get_ident()}
    assert len(set(vendor.threads)) == 1


@pytest.mark.parametrize("plugins", [(), (Vendor,)])
def test_where_nothing_has_a_time_limit_it_is_had_here(plugins):
    conversation = Conversation([1, 2], [4])
    with opened(*(each() for each in plugins), timeout=None) as engine:
        engine.check_stream(conversation.talk())
    assert set(conversation.threads) == {threading.get_ident()}


@pytest.mark.parametrize(("policy", "fate"), [("fail", ["plugin.failed"]), ("ignore", [])])
def test_a_hang_costs_the_request_that_it_befell_and_the_conversation_goes_on(policy, fate):
    vendor, conversation = Vendor(), Conversation([1, 13, 2], [3], [4, 13], [6])
    with opened(vendor, policy=policy) as engine:
        engine.check_stream(conversation.talk())
    odd = ["vendor.odd"]
    assert conversation.answers == [[(1, odd), (13, fate), (2, [])], [(3, odd)], [(4, []), (13, fate)], [(6, [])]]
    assert len(vendor.threads) == 7  # each was asked for once


def test_what_hung_and_comes_back_has_the_conversation_go_on_no_further():
    vendor, conversation = Vendor(), Conversation([13, 2], [4])
    with opened(vendor) as engine:
        engine.check_stream(conversation.talk())
        late = vendor.threads[0]
        vendor.over.set()
        time.sleep(0.1)
    assert late not in conversation.threads[1:]
    assert vendor.threads.count(late) == 1
    assert len(conversation.answers) == 2


def test_what_a_conversation_raises_reaches_the_caller_as_it_is():
    def talk():
        yield [an_order(2)]
        raise LookupError("no more of them")

    with opened(Vendor()) as engine, pytest.raises(LookupError, match="no more"):
        engine.check_stream(talk())


def test_a_conversation_that_asks_nothing_is_over():
    with opened(Vendor()) as engine:
        assert engine.check_stream(Conversation().talk()) == 0


def test_a_fault_is_the_answer_to_the_request_that_it_befell():
    class Gone:
        name = "vendor"

        @hookimpl
        def volrules_validate_request(self, request):
            if request.size == 5:
                raise SystemExit(5)

    conversation = Conversation([4, 5], [6])
    with opened(Gone()) as engine:
        engine.check_stream(conversation.talk())
    assert conversation.answers == [[(4, []), (5, ["plugin.failed"])], [(6, [])]]


def test_the_callers_context_variables_are_there():
    vendor, seen = Vendor(), []

    def talk():
        seen.append(CALLER.get())
        yield [an_order(2)]

    token = CALLER.set("somebody")
    try:
        with opened(vendor) as engine:
            engine.check_stream(talk())
            engine.check(a_request(size=4))
    finally:
        CALLER.reset(token)
    assert (seen, vendor.callers) == (["somebody"], {"somebody"})


def test_what_is_no_conversation_is_told_so():
    with opened() as engine, pytest.raises(UsageError, match="check_many"):
        engine.check_stream([an_order(2)])


def test_context_variables_that_a_conversation_sets_are_there_after_a_hang():
    seen = []

    def talk():
        CALLER.set("the conversation")
        yield [an_order(13)]
        seen.append(CALLER.get())
        yield [an_order(2)]

    vendor = Vendor()
    with opened(vendor) as engine:
        engine.check_stream(talk())
    assert (seen, CALLER.get()) == (["the conversation"], "nobody")
    assert vendor.callers == {"the conversation"}


@pytest.mark.parametrize("timeout", [None, 10])
def test_a_conversation_that_asks_nonsense_is_closed(timeout):
    conversation = Conversation([2], [4])
    talk = conversation.talk()

    def nonsense():
        yield next(talk)
        try:
            yield None
        finally:
            talk.close()

    with opened(Vendor(), timeout=timeout) as engine, pytest.raises(TypeError):
        engine.check_stream(nonsense())
    assert conversation.ended


def test_observers_are_told_of_each_once_and_in_order():
    class Observer:
        name = "observer"
        seen = ()

        @hookimpl
        def volrules_on_event(self, event):
            self.seen = (*self.seen, event["decision"]["id"])

    observer = Observer()
    with opened(Vendor(), observer) as engine:
        engine.check_stream(Conversation([2, 13], [4], [6, 13, 8]).talk())
    assert observer.seen == (2, 13, 4, 6, 13, 8)


def test_a_stream_keeps_nothing_of_what_it_has_answered():
    def decisions():
        gc.collect()
        return sum(isinstance(each, Decision) for each in gc.get_objects())

    def talk():
        for size in (2, 4, 6):
            yield [an_order(size)]
        return decisions()

    before = decisions()
    with opened(Vendor()) as engine:
        assert engine.check_stream(talk()) <= before + 1
        assert decisions() == before


@given(st.lists(st.lists(st.integers(-1, 9), max_size=5), max_size=5), st.sampled_from([None, 10]))
def test_decisions_are_those_that_are_made_one_by_one(batches, timeout):
    conversation = Conversation(*batches)
    with opened(Vendor(), timeout=timeout) as engine:
        engine.check_stream(conversation.talk())
        assert conversation.answers == [
            told(engine.check(a_request(size=size), id=size) for size in batch) for batch in batches
        ]
    assert conversation.ended
