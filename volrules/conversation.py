"""Conversations: work that asks for answers on its way, and leaves it to others on which thread all of it is done.

A conversation is a generator: it yields what it asks, is sent the answer, and returns what it made of all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")
R = TypeVar("R")
Asked = TypeVar("Asked")
Answered = TypeVar("Answered")


def once(question: Q) -> Generator[Q, A, A]:
    """The shortest one: it asks once."""
    return (yield question)


def in_other_words(
    talk: Generator[Q, A, R], ask: Callable[[Q], Generator[Asked, Answered, A]]
) -> Generator[Asked, Answered, R]:
    """The same conversation; each of its questions is put by asking something else."""
    answer: Any = None
    with closing(talk):
        while True:
            try:
                question = talk.send(answer)
            except StopIteration as end:
                result: R = end.value
                return result
            answer = yield from ask(question)


def held(talk: Generator[Q, A, R], answer: Callable[[Q], A]) -> R:
    """What a conversation comes to, its questions answered here. Raises what either side raises."""
    said: Any = None
    with closing(talk):
        while True:
            try:
                question = talk.send(said)
            except StopIteration as end:
                result: R = end.value
                return result
            said = answer(question)
