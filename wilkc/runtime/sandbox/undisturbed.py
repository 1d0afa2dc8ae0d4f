"""Finishing what must be, whatever signal says that this process is to end. Layer: runtime.

A handler that raises (`KeyboardInterrupt`, `SystemExit`) does so between any two steps: one that
comes while denied files are moved away would leave the rest, and the next launch would take them
for what had always been there.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off the signals that end a program until the block is done.

    Python runs handlers in its main thread alone (signal), so in another one nothing has to be.
    """
    came: list[int] = []
    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            handler = signal.getsignal(number)
            # None is one that was not set by Python, and could not be set again.
            if handler is not None and handler != signal.SIG_IGN:
                before[number] = handler
                signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for told in dict.fromkeys(came):
            signal.raise_signal(told)
