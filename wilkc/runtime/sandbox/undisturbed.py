"""Finishing what must be, whatever signal says that this process is to end. Layer: runtime.

A handler that raises (`KeyboardInterrupt`, `SystemExit`) does so between any two steps: one that
comes while denied files are moved away would leave the rest, and the next launch would take them
for what had always been there.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off the signals that end a program until the block is done.

    Python runs handlers in its main thread alone (signal), so in another one nothing has to be.
    """
    came: list[int] = []
    before: dict[int, Any] = {}
    over = False

    def put_off(number: int, _: FrameType | None) -> None:
        if not over:
            came.append(number)
            return
        # What came between two handlers that were set back has raised; this one was left out.
        signal.signal(number, before[number])
        signal.raise_signal(number)

    try:
        if threading.current_thread() is threading.main_thread():
            for number in _ENDING:
                handler = signal.getsignal(number)
                # None is one that was not set by Python, and could not be set again.
                if handler is not None and handler != signal.SIG_IGN:
                    before[number] = handler
                    signal.signal(number, put_off)
        yield
    finally:
        over = True
        try:
            for one, handler in before.items():
                signal.signal(one, handler)
        finally:
            _tell(list(dict.fromkeys(came)))


def _tell(came: list[int]) -> None:
    """Every one of them, whatever the handlers of those before it raise."""
    if came:
        try:
            signal.raise_signal(came.pop(0))
        finally:
            _tell(came)
