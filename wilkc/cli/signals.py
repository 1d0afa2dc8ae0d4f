"""Ending in order when a signal says so. Layer: cli."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from types import FrameType

SHELL_BASE: Final = 128
"""A shell reports the end by signal N as this and N."""
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_told: list[int] = []
"""The exit code that a signal asked for, once one came."""


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
        _told.append(SHELL_BASE + number if code is None else code)
        raise SystemExit(_told[0])

    for ending in _ENDING:
        signal.signal(ending, leave)


def pause(seconds: float) -> None:
    """Wait, in the loop of a program that runs until a signal ends it.

    Python drops what is raised in a finalizer or in the callback of a weak reference ("Exception
    ignored in"), and a signal may come there as anywhere; more of them are ignored by then.

    Raises:
        SystemExit: a signal came before, and nothing of it was heeded.
    """
    time.sleep(seconds)
    if _told:
        raise SystemExit(_told[0])
