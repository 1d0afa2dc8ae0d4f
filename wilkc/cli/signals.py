"""Ending in order when a signal says so. Layer: cli."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from types import FrameType

SHELL_BASE: Final = 128
"""A shell reports the end by signal N as this and N."""
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def end_in_order(code: int | None = None) -> None:
    """Turn the signals that end a program into `SystemExit`, so that everything is cleaned up.

    Only the first one counts: cleaning up is not disturbed by more of them.

    Args:
        code: exit code; None for the one that a shell would report.
    """

    def leave(number: int, frame: FrameType | None) -> NoReturn:
        del frame
        for ending in _ENDING:
            signal.signal(ending, signal.SIG_IGN)
        raise SystemExit(SHELL_BASE + number if code is None else code)

    for ending in _ENDING:
        signal.signal(ending, leave)
