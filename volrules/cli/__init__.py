"""The command line: translates between people and the engine, decides nothing.

Every module here imports what it needs when it needs it, so that each command starts as fast as it can.
"""

from __future__ import annotations

_RARELY = 100_000
"""So many new objects are looked through together: more than a short command makes."""


def main() -> None:
    """Run the ``volrules`` command."""
    import gc

    from volrules.cli.exits import INTERRUPTED

    sweep_rarely()
    try:
        from volrules.cli.application import volrules

        volrules(prog_name="volrules")
    except KeyboardInterrupt:  # before there was a command to interrupt
        raise SystemExit(INTERRUPTED) from None
    finally:
        gc.freeze()


def sweep_rarely() -> None:
    """Look for garbage rarely in this process, which is ours."""
    import gc

    # What is imported stays to the end: to look through it again and again, and once more before the process ends,
    # would cost a quarter of a short command. In a long one, what is answered together would be looked through, too.
    gc.set_threshold(_RARELY)
