"""Requests that wait for their answers. Layer: adapters. No I/O.

An answer that nobody waits for is passed to nobody, so neither side can be told what it did not
ask. Safe for threads.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.messages import INVALID_REQUEST, Id, MessageError

if TYPE_CHECKING:
    from wilkc.runtime.guard import Action

MAX_WAITING: Final = 1000
"""Requests of one side that wait at a time."""


@dataclass(slots=True)
class Waiting:
    """A request that was taken.

    Attributes:
        method: of the request.
        actions: what it was permitted as.
        since: when it was taken, on the monotonic clock.
    """

    method: str
    actions: tuple[Action, ...] = ()
    since: float = field(default_factory=time.monotonic)


class Flight:
    """The requests of one side under way, by id; `1` and `"1"` are two ids."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[type, Id], Waiting] = {}
        self._lock = threading.Lock()

    def take(self, identity: Id, method: str) -> None:
        """Enter a request, before anything is decided on it.

        Raises:
            MessageError: the id is in use, or too many wait.
        """
        with self._lock:
            key = (type(identity), identity)
            if key in self._waiting:
                # Not under this id: it would be taken for the answer to the other request.
                raise MessageError(INVALID_REQUEST, "the id is that of a request under way")
            if len(self._waiting) >= MAX_WAITING:
                text = f"more than {MAX_WAITING} requests wait for answers"
                raise MessageError(INVALID_REQUEST, text, identity)
            self._waiting[key] = Waiting(method)

    def permit(self, identity: Id, actions: tuple[Action, ...]) -> bool:
        """Keep what a request was permitted as; False where it is not under way any more."""
        with self._lock:
            found = self._waiting.get((type(identity), identity))
            if found is None:
                return False
            found.actions = actions
            return True

    def end(self, identity: Id | None) -> Waiting | None:
        """Take a request out; None where there is none by this id."""
        if identity is None:
            return None
        with self._lock:
            return self._waiting.pop((type(identity), identity), None)

    def end_all(
        self, before: float | None = None, *, sparing: str = ""
    ) -> list[tuple[Id, Waiting]]:
        """Take all requests out, or those taken before a time of the monotonic clock.

        Args:
            before: the time; None for all.
            sparing: a method whose requests stay, as they wait for as long as they like.
        """
        with self._lock:
            keys = [
                key
                for key, one in self._waiting.items()
                if before is None or (one.since < before and one.method != sparing)
            ]
            return [(key[1], self._waiting.pop(key)) for key in keys]
