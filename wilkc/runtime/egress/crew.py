"""Threads that do one piece of work after the other. Layer: runtime.

To start a thread and to wait until it runs takes longer than most of what is given to one here.
As many are kept as there ever was work at once; one that never comes back is not waited for.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Final

Work = Callable[[], object]
_Desk = queue.SimpleQueue[Work]


class Crew:
    """Does work, each piece in a thread that does nothing else meanwhile. Safe for threads.

    To be made in the process that uses it: threads do not come along with a fork.

    Args:
        name: of its threads.
    """

    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._idle: list[_Desk] = []

    def begin(self, work: Work) -> None:
        """Have something done, at once. What it raises ends its thread, and nothing else.

        Raises:
            RuntimeError: there is no room for another thread.
        """
        try:
            desk = self._idle.pop()
        except IndexError:
            desk = queue.SimpleQueue()
            threading.Thread(target=self._serve, args=(desk,), daemon=True, name=self._name).start()
        desk.put(work)

    def _serve(self, desk: _Desk) -> None:
        while True:
            desk.get()()
            self._idle.append(desk)
