"""Requests of servers under way, by the session they came in. Layer: adapters. No I/O.

Up to 2025-11-25 a server asks in one stream and is answered by another request; what belongs
together is told by the header `Mcp-Session-Id`.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from wilkc.adapters.mcp.flight import Flight

MAX_SESSIONS: Final = 1000


class Sessions:
    """Keeps the newest sessions; safe for threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Flight] = OrderedDict()
        self._lock = threading.Lock()

    def flight(self, name: str) -> Flight:
        """What the server asked in a session; of no session, nothing yet."""
        if not name:
            return Flight()
        with self._lock:
            found = self._kept.setdefault(name, Flight())
            self._kept.move_to_end(name)
            if len(self._kept) > MAX_SESSIONS:
                self._kept.popitem(last=False)
            return found
