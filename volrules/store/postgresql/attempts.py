"""Trying again, where that is safe: whatever the store does may be done twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import psycopg

from volrules.errors import StoreError, StoreUncertain
from volrules.store.address import PostgreSQLAddress
from volrules.store.postgresql.connection import NotConnected, in_words, is_lost, is_passing
from volrules.store.transaction import T

TRIES = 6
FIRST_PAUSE = 0.05


def attempt(work: Callable[[], T], address: PostgreSQLAddress, *, writes: bool) -> T:
    """Run work until it is through, or its error is one that will stay.

    What was undone for another's sake, and what lost its connection, is tried again after a pause that doubles.
    Raises StoreUncertain when a connection was lost in the middle of writing and no other could be had since.
    """
    is_uncertain = False
    for tried in range(1, TRIES + 1):
        try:
            return work()
        except psycopg.Error as error:
            is_uncertain = is_uncertain or (writes and is_lost(error) and not isinstance(error, NotConnected))
            may_pass = is_lost(error) or is_passing(error)
            if tried == TRIES or not may_pass:
                raise _in_the_end(error, address, is_uncertain=is_uncertain) from error
        time.sleep(FIRST_PAUSE * 2**tried * random.uniform(0.5, 1.0))
    raise AssertionError


def _in_the_end(error: psycopg.Error, address: PostgreSQLAddress, *, is_uncertain: bool) -> StoreError:
    if is_uncertain:
        return StoreUncertain(f"`{address}` was lost in the middle of a commit; look whether it was written")
    return in_words(error, address)
