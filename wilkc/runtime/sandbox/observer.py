"""Who is told of a launch while it runs. Layer: runtime.

Told from a thread of its own, so that a slow record delays no limit.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.runtime.sandbox.limits import Reached

_SETTLING_SECONDS: Final = 5.0


class Observer(Protocol):
    """Is told of a launch while it runs; what it raises is lost, and changes nothing."""

    def confined(self, limits: Mapping[str, Reached]) -> object:
        """How strongly each limit is kept, before the command begins."""
        ...

    def usage(self, sample: Mapping[str, Any]) -> object:
        """A sample, as records show it."""
        ...

    def alert(self, alert: Mapping[str, Any]) -> object:
        """An alert, as records show it."""
        ...


class Unobserved:
    """Nobody is told."""

    def confined(self, limits: Mapping[str, Reached]) -> None:
        """Nothing."""

    def usage(self, sample: Mapping[str, Any]) -> None:
        """Nothing."""

    def alert(self, alert: Mapping[str, Any]) -> None:
        """Nothing."""


class Recorded(Unobserved):
    """Samples go on record, and nothing else.

    Args:
        record: takes a sample.
    """

    def __init__(self, record: Callable[[Mapping[str, Any]], object]) -> None:
        self._record = record

    def usage(self, sample: Mapping[str, Any]) -> None:
        """Record a sample."""
        self._record(sample)


class Teller:
    """Passes on what happens, in order, from a thread of its own."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = observers
        self._waiting: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._pass_on, daemon=True, name="wilk-teller")
        self._thread.start()

    def usage(self, sample: Mapping[str, Any]) -> None:
        """Tell of a sample."""
        for one in self._observers:
            self._waiting.put(partial(one.usage, sample))

    def alert(self, alert: Mapping[str, Any]) -> None:
        """Tell of an alert."""
        for one in self._observers:
            self._waiting.put(partial(one.alert, alert))

    def close(self) -> None:
        """Wait until all is told; give up on an observer that does not take it."""
        self._waiting.put(None)
        self._thread.join(_SETTLING_SECONDS)

    def _pass_on(self) -> None:
        for tell in iter(self._waiting.get, None):
            with suppress(Exception):  # an observer's own affair
                tell()
