"""Shared commits: each caller gets its own outcome, whoever wrote it."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from volrules.errors import StoreUnavailable
from volrules.store.commits import BATCH, Commits, Take


class Book:
    """A writer that notes its batches, and fails where the work says so."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.commits: Commits[int, int] = Commits(self.write)
        self.seconds = seconds

    def write(self, take: Take[int, int]) -> None:
        tickets = take()
        time.sleep(self.seconds)
        self.batches.append([each.work for each in tickets])
        for each in tickets:
            if each.work < 0:
                each.fail(ValueError(each.work))
            elif each.work == 0:
                raise OSError("all of them")
            else:
                each.settle(each.work * 10)


def test_a_lone_caller_writes_for_itself() -> None:
    book = Book()
    assert book.commits.run(1) == 10
    assert book.batches == [[1]]


def test_callers_who_wait_are_written_by_the_first_of_them() -> None:
    book = Book(seconds=0.02)
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(book.commits.run, range(1, 33)))
    assert outcomes == [each * 10 for each in range(1, 33)]
    assert sorted(itertools.chain(*book.batches)) == list(range(1, 33))
    assert len(book.batches) < 16


def test_a_commit_takes_no_more_than_a_batch() -> None:
    book = Book()
    book.commits.run_all(range(1, 2 * BATCH + 2))
    assert [len(each) for each in book.batches] == [BATCH, BATCH, 1]


def test_a_failure_is_its_callers_alone() -> None:
    book = Book()
    good, bad, last = book.commits.run_all([1, -1, 2])
    assert (good.result(), last.result()) == (10, 20)
    with pytest.raises(ValueError, match="-1"):
        bad.result()


def test_what_the_writer_raises_is_told_to_all_without_an_outcome() -> None:
    book = Book()
    first, second, third = book.commits.run_all([1, 0, 2])
    assert first.result() == 10
    for each in (second, third):
        with pytest.raises(OSError, match="all of them"):
            each.result()
    assert book.commits.run(3) == 30


def test_an_interrupted_writer_tells_those_who_wait() -> None:
    entered, interrupt = threading.Event(), threading.Event()

    def write(take: Take[int, int]) -> None:
        entered.set()
        interrupt.wait()
        tickets = take()
        if tickets[0].work == 1:
            raise KeyboardInterrupt
        for each in tickets:
            each.settle(each.work)

    commits: Commits[int, int] = Commits(write)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(commits.run, 1)
        entered.wait()
        second = threads.submit(commits.run, 2)
        while not commits._waiting:
            time.sleep(0.001)
        interrupt.set()
        with pytest.raises(KeyboardInterrupt):
            first.result()
        with pytest.raises(StoreUnavailable):
            second.result()
    assert commits.run(3) == 3


def test_a_caller_who_gives_up_waiting_takes_its_work_back(monkeypatch: pytest.MonkeyPatch) -> None:
    book = Book(seconds=0.05)
    leader = threading.Thread(target=book.commits.run, args=[1])
    leader.start()
    while not book.commits._is_led or book.commits._waiting:
        time.sleep(0.001)

    def interrupted(ticket: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("volrules.store.commits.Ticket.wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        book.commits.run(2)
    monkeypatch.undo()
    leader.join()
    assert book.commits.run(3) == 30
    assert book.batches == [[1], [3]]
