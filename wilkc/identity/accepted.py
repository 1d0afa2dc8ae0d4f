"""Credentials that were accepted lately: others' failures do not shut them out. Layer: identity.

Failures are counted by their source, and whoever shares one, such as a socket or a proxy, could
have its other users wait for ever by failing on. A credential that the same source showed before
at the same channel, and that was accepted, is looked at within a wait as well. It is told by a
keyed hash of all of it, so that whoever knows but its public name gains nothing, and a guess is
judged within a wait only if it is right, which its 256 bits make hopeless.

Kept in memory: another process, or this one begun again, lets it wait like any other.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from wilkc.identity.secret import keyed_hash
from wilkc.identity.throttle import FORGOTTEN

MAX_ACCEPTED: Final = 4096
"""Credentials; the one that was longest not accepted goes first."""


class Accepted:
    """What was accepted lately; safe to use from several threads.

    Args:
        hash_key: of the credentials.
    """

    def __init__(self, hash_key: bytes) -> None:
        self._hash_key = hash_key
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, int] = OrderedDict()

    def add(self, text: str, channel: str, source: str, now: int) -> None:
        """Remember a credential that was accepted."""
        mark = self._mark(text, channel, source)
        with self._lock:
            self._held[mark] = now
            self._held.move_to_end(mark)
            if len(self._held) > MAX_ACCEPTED:
                self._held.popitem(last=False)

    def take(self, text: str, channel: str, source: str, now: int) -> bool:
        """Whether it was accepted lately; it no longer counts as such until it is again."""
        mark = self._mark(text, channel, source)
        with self._lock:
            held = self._held.pop(mark, None)
        return held is not None and 0 <= now - held < FORGOTTEN

    def _mark(self, text: str, channel: str, source: str) -> bytes:
        return keyed_hash(self._hash_key, "accepted", f"{channel}\0{source}\0{text}")
