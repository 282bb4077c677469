"""Ids in the order of their making."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """A uuid (version 7, RFC 9562) that sorts by the time it was made, to less than a microsecond.

    What is made together lies together in the indexes: a create touches fewer pages than with random ids,
    and creates that share a commit share them.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") >> 2
    digits = f"{milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | random:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
