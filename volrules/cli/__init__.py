"""The command line: translates between people and the engine, decides nothing.

Every module here imports what it needs when it needs it, so that each command starts as fast as it can.
"""

from __future__ import annotations


def main() -> None:
    """Run the ``volrules`` command."""
    from volrules.cli.exits import INTERRUPTED

    try:
        from volrules.cli.application import volrules

        volrules(prog_name="volrules")
    except KeyboardInterrupt:  # before there was a command to interrupt
        raise SystemExit(INTERRUPTED) from None
