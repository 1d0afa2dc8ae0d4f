"""What the proxy and the shim say to each other about one connection. Layer: runtime.

JSON objects over a pair of sockets, one a packet. The end of the pair is the end of the one on
its other side.
"""

from __future__ import annotations

import json
import select
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    import socket

MAX_MESSAGE: Final = 65_536
_MS: Final = 1000


class Channel:
    """One side of a conversation; for one thread to receive from.

    Args:
        end: a socket that keeps packets apart.
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)

    def fileno(self) -> int:
        """Readable once the other side has said something, or is gone."""
        return self._end.fileno()

    def send(self, **message: Any) -> None:
        """Say something; whoever is gone does not hear it."""
        with suppress(OSError):
            self._end.send(json.dumps(message).encode("ascii"))

    def receive(self, seconds: float | None = None) -> dict[str, Any] | None:
        """What the other side says next; None where it is gone.

        Raises:
            TimeoutError: it said nothing in time.
        """
        if not self._poll.poll(None if seconds is None else max(seconds, 0) * _MS):
            raise TimeoutError
        try:
            message = decode_json(self._end.recv(MAX_MESSAGE))
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def speaks(self, seconds: float) -> bool:
        """Whether the other side says something, or goes, within so many seconds."""
        return bool(self._poll.poll(seconds * _MS))

    def close(self) -> None:
        """End the conversation."""
        self._end.close()
