"""The bundle server that OPA fetches from: loopback, one secret, long polling. Layer: opa.

OPA cannot fetch over a unix socket. The secret keeps other users of the host from reading
the policy; what OPA accepts is settled by the signature. The answers are in `bundle_server`.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from wilkc.core.canonical import sha256_hex
from wilkc.opa.listening import listen_at_port

if TYPE_CHECKING:
    from socket import socket
    from types import TracebackType

    from wilkc.opa.bundle_server import BundleServer

_POLL_SECONDS: Final = 0.05
_BACKLOG: Final = 128
"""OPA waits here while the server is loaded, and so does whoever else knocks on the host."""


class Publisher:
    """Serves one bundle, the newest one given, on a port of its own.

    Args:
        archive: the bundle to start with.
    """

    def __init__(self, archive: bytes) -> None:
        self.token = secrets.token_urlsafe(32)
        self._changed = threading.Condition()
        self._count = 0
        self._archive = archive
        self._tag = _tag(archive, 0)
        self._closed = False
        self._listening: socket | None = None
        self._server: BundleServer | None = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._listening = listen_at_port("127.0.0.1", 0, _BACKLOG)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            server = self._server
        if server is not None:
            server.shutdown()
        if self._thread.is_alive():
            self._thread.join()
        if server is not None:
            server.server_close()
        elif self._listening is not None:
            self._listening.close()

    @property
    def port(self) -> int:
        """The loopback port, or 0 before the start."""
        return int(self._listening.getsockname()[1]) if self._listening is not None else 0

    def publish(self, archive: bytes) -> None:
        """Serve another bundle from now on; who waits gets it at once.

        The tag is new even where the bundle is the old one: OPA then activates it again, and
        forgets the error that a refused bundle between the two left in its status.
        """
        with self._changed:
            self._count += 1
            self._archive, self._tag = archive, _tag(archive, self._count)
            self._changed.notify_all()

    def wait_for_other(self, tag: str, seconds: float) -> tuple[bytes, str] | None:
        """The bundle and its tag, as soon as the tag differs; None after the time is up."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while self._tag == tag and not self._closed:
                if not self._changed.wait(deadline - time.monotonic()):
                    return None
            return None if self._closed else (self._archive, self._tag)

    def _serve(self) -> None:
        """What comes meanwhile waits in the socket: OPA starts while the server is loaded."""
        from wilkc.opa.bundle_server import BundleServer  # noqa: PLC0415  # slow to load

        if self._listening is None:
            return
        server = BundleServer(self._listening, self)
        with self._changed:
            if self._closed:
                return
            self._server = server
        server.serve_forever(poll_interval=_POLL_SECONDS)


def _tag(archive: bytes, count: int) -> str:
    return f'"{count}-{sha256_hex(archive)}"'
