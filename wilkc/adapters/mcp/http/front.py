"""The listener of the HTTP form: one request per connection, each in a thread. Layer: adapters.

A connection ends with its answer, so there is no second request in it to be read in two ways.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from wilkc.adapters.mcp.http.asked import RefusedError, read_asked
from wilkc.adapters.mcp.http.caller import Caller
from wilkc.adapters.mcp.http.carrying import Carrying
from wilkc.opa.listening import listen_at, listen_at_port
from wilkc.opa.socket_place import make_folder
from wilkc.runtime.egress.client import GoneError
from wilkc.runtime.egress.failures import MalformedError
from wilkc.runtime.egress.head import split_head

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from wilkc.adapters.mcp.http.asked import Door
    from wilkc.adapters.mcp.http.carrying import Way
    from wilkc.adapters.mcp.http.listening import Listening
    from wilkc.core.tls import ServerTls

MAX_CONNECTIONS: Final = 128
"""At a time; beyond it, connections are closed at once."""
HEAD_SECONDS: Final = 10.0
_BAD_REQUEST: Final = 400
_BACKLOG: Final = 128


class Front:
    """Serves from entering to leaving, as a context manager.

    Args:
        listening: where.
        door: whom to let in; given the port that was bound.
        way: what requests are carried by.
        log: told, in one line, of faults.
        tls: the server's side of TLS; None for none.
    """

    def __init__(
        self,
        listening: Listening,
        door: Callable[[int], Door],
        way: Way,
        log: Callable[[str], None],
        tls: ServerTls | None = None,
    ) -> None:
        self._listening = listening
        self._make_door = door
        self._way = way
        self._log = log
        self._tls = tls
        self._socket: socket.socket | None = None
        self._slots = threading.Semaphore(MAX_CONNECTIONS)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._bound: Path | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._socket = self._bind()
        if self._listening.socket is None:
            self.port = self._socket.getsockname()[1]
        self._door = self._make_door(self.port)
        self._thread = threading.Thread(target=self._accept, daemon=True, name="wilk-mcp-http")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
        if self._thread is not None:
            self._thread.join()
        if self._bound is not None:
            self._bound.unlink(missing_ok=True)

    def is_alive(self) -> bool:
        """Whether it serves."""
        return self._thread is not None and self._thread.is_alive()

    def _bind(self) -> socket.socket:
        place = self._listening
        if place.socket is not None:
            make_folder(place.socket.parent)
            made = listen_at(place.socket, _BACKLOG)
            self._bound = place.socket
            return made
        return listen_at_port(place.host, place.port, _BACKLOG)

    def _accept(self) -> None:
        listening = self._socket
        while listening is not None and not self._over.is_set():
            try:
                end, _ = listening.accept()
            except OSError as error:
                if self._over.is_set():
                    return
                # For example no descriptors left: wait for some.
                self._log(f"a connection could not be taken: {error.strerror or error}")
                self._over.wait(0.1)
                continue
            if self._slots.acquire(blocking=False):
                serving = threading.Thread(target=self._serve, args=(end,), daemon=True)
                serving.start()
            else:
                end.close()

    def _serve(self, end: socket.socket) -> None:
        try:
            with end:
                self._talk(end)
        except (GoneError, OSError):
            return
        except Exception as error:  # noqa: BLE001  # one request, not the listener
            self._log(f"a request failed: {type(error).__name__}")
        finally:
            self._slots.release()

    def _talk(self, end: socket.socket) -> None:
        end.settimeout(HEAD_SECONDS)
        if self._tls is not None:
            end = self._tls.context.wrap_socket(end, server_side=True)
        with end:
            caller = Caller(end)
            self._answer(caller)
            caller.end()

    def _answer(self, caller: Caller) -> None:
        try:
            head = caller.client.until(split_head, time.monotonic() + HEAD_SECONDS, "head_late")
            Carrying(self._way, caller, read_asked(head, self._door)).run()
        except MalformedError as error:
            caller.answer(_BAD_REQUEST, {}, f"{error.message}\n".encode())
        except RefusedError as error:
            caller.answer(error.status, {}, f"{error.message}\n".encode())
