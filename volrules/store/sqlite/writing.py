"""Writing: one transaction for all the work that waits, each piece of it whole or undone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from volrules.store.commits import Ticket
from volrules.store.sqlite.connection import SQLiteTransaction, in_words
from volrules.store.transaction import Undo, Work

Job = Ticket[Work[Any], Any]
Answer = Callable[[], None]


class _Stumbled(Exception):
    """A job among others has to be undone."""


def write(connection: sqlite3.Connection, database: Path, jobs: Sequence[Job]) -> None:
    """Commit the work of all jobs, then tell each its outcome; the database's own errors are everyone's.

    Work may be run twice, the first time for nothing. Normally no job has to be undone, and savepoints are a quarter
    of what writing costs. So several do without at first; where one stumbles, all begin again and have one each.
    """
    transaction = SQLiteTransaction(connection)
    if len(jobs) > 1:
        try:
            _commit(connection, jobs, partial(_unguarded, transaction))
        except _Stumbled:
            _commit(connection, jobs, partial(_attempt, transaction, database, in_company=True))
    else:
        _commit(connection, jobs, partial(_attempt, transaction, database, in_company=False))


def _commit(connection: sqlite3.Connection, jobs: Sequence[Job], attempt: Callable[[Job], Answer]) -> None:
    answers: list[Answer] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        for job in jobs:
            answers.append(attempt(job))
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
            raise
        if isinstance(error, Exception) or len(answers) < len(jobs):
            raise  # SQLite has rolled back by itself
        _tell(answers)  # an interrupt that came after the commit
        raise
    _tell(answers)


def _tell(answers: Sequence[Answer]) -> None:
    for answer in answers:
        answer()


def _unguarded(transaction: SQLiteTransaction, job: Job) -> Answer:
    try:
        return partial(job.settle, job.work(transaction))
    except sqlite3.OperationalError:
        raise
    except Exception as error:
        raise _Stumbled from error


def _attempt(transaction: SQLiteTransaction, database: Path, job: Job, *, in_company: bool) -> Answer:
    if in_company:
        transaction.run("SAVEPOINT job")
    answer = _tried(transaction, database, job, in_company=in_company)
    if in_company:
        transaction.run("RELEASE job")
    return answer


def _tried(transaction: SQLiteTransaction, database: Path, job: Job, *, in_company: bool) -> Answer:
    try:
        return partial(job.settle, job.work(transaction))
    except Undo as undo:
        _undo(transaction, in_company=in_company)
        return partial(job.settle, undo.outcome(transaction))
    except sqlite3.OperationalError:
        raise
    except Exception as error:  # noqa: BLE001  # one bad job does not spoil the others
        _undo(transaction, in_company=in_company)
        is_values = isinstance(error, sqlite3.Error | ValueError | OverflowError)
        return partial(job.fail, in_words(error, database) if is_values else error)


def _undo(transaction: SQLiteTransaction, *, in_company: bool) -> None:
    if in_company:
        transaction.run("ROLLBACK TO job")
    else:
        transaction.run("ROLLBACK")
        transaction.run("BEGIN")
