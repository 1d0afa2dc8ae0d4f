"""Threads for what must not hold an event loop: disk, counters, record. Layer: runtime."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
MAX_THREADS: Final = 32
"""Records that wait at a time share one write; beyond these, callers wait for a thread."""


class Pool:
    """A few threads, begun when they are first needed, anew in each process."""

    def __init__(self) -> None:
        self._pools: dict[int, ThreadPoolExecutor] = {}

    async def run(self, work: Callable[[], T], undo: Callable[[T], object] | None = None) -> T:
        """The result of a function that may block.

        Args:
            work: what to do.
            undo: called with the result where the caller was cancelled and never got it.

        Raises:
            CancelledError: the caller was cancelled; what had begun goes on to its end.
        """
        begun = self._pool().submit(work)
        try:
            return await asyncio.shield(asyncio.wrap_future(begun))
        except asyncio.CancelledError:
            if not begun.cancel() and undo is not None:
                self._undo(begun, undo)
            raise

    def _undo(self, begun: Future[T], undo: Callable[[T], object]) -> None:
        """Undo in a thread: at once where it is done, else in the thread that does it."""
        if begun.done():
            self._pool().submit(_undone, begun, undo)
        else:
            begun.add_done_callback(lambda done: _undone(done, undo))

    def _pool(self) -> ThreadPoolExecutor:
        process = os.getpid()
        # The threads of a parent are not there in its child.
        return self._pools.get(process) or self._pools.setdefault(
            process, ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="wilk-guard")
        )

    def close(self) -> None:
        """Let the threads of this process end."""
        pool = self._pools.pop(os.getpid(), None)
        if pool is not None:
            pool.shutdown(wait=True)


def _undone(done: Future[T], undo: Callable[[T], object]) -> None:
    if not done.cancelled() and done.exception() is None:
        undo(done.result())
