"""Credentials that were accepted lately: others' failures do not shut them out. Layer: identity.

Failures are counted by their source, and whoever shares one, such as a socket or a proxy, could
have its other users wait for ever by failing on. A credential that the same source showed before
at the same channel, and that was accepted, is looked at within a wait as well. It is told by a
keyed hash of all of it, so that whoever knows but its public name gains nothing, and a guess is
judged within a wait only if it is right, which its 256 bits make hopeless.

Kept in memory: another process, or this one begun again, lets it wait like any other.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from wilkc.identity.secret import KEY_BYTES
from wilkc.identity.throttle import FORGOTTEN

MAX_ACCEPTED: Final = 4096
"""Credentials; the one that was longest not accepted goes first."""


class Accepted:
    """What was accepted lately; safe to use from several threads."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(KEY_BYTES)
        self._lock = threading.Lock()
        self._held: OrderedDict[bytes, int] = OrderedDict()
        self._newest = (0, 0)

    def add(self, text: str, channel: str, source: str, now: int) -> None:
        """Remember a credential that was accepted."""
        # Whoever asks often shows the same one again within the second, which is known by then;
        # were it another one, it would not be remembered until the next second.
        newest = (hash((text, channel, source)), now)
        if newest == self._newest:
            return
        self._newest = newest
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
            self._newest = (0, 0)
        return held is not None and 0 <= now - held < FORGOTTEN

    def _mark(self, text: str, channel: str, source: str) -> bytes:
        # BLAKE2 with a key (RFC 7693) takes a third of an HMAC, and every call is marked.
        given = f"{channel}\0{source}\0{text}".encode("utf-8", "surrogatepass")
        return blake2b(given, digest_size=KEY_BYTES, key=self._key).digest()
