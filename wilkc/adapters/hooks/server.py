"""The resident service that hooks ask, beside a sidecar. Layer: adapters.

One connection is one call: a line of options, the payload, and the end of what is sent; then
the answer. Who may open the socket may ask: its mode is 0600, its folder's 0700, and whoever
connects must be this user or root.
"""

from __future__ import annotations

import os
import socket as sockets
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.answers import refusing
from wilkc.adapters.hooks.client import MAX_PAYLOAD_BYTES, Answer, answer_bytes
from wilkc.adapters.hooks.judge import judge
from wilkc.adapters.hooks.options import MAX_DEADLINE_SECONDS, check, empty
from wilkc.core.strict_json import decode_json
from wilkc.opa.listening import listen_at
from wilkc.opa.socket_place import checked_socket, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from wilkc.adapters.hooks.judge import Means

WORKERS: Final = 16
"""Calls under way at a time; each keeps a connection to the decision point."""
MAX_WAITING: Final = 64
"""Beyond it, connections are closed at once: the hook denies."""
MAX_HEAD_BYTES: Final = 65_536
_LOOK_SECONDS: Final = 0.25
_CHUNK: Final = 65_536
_CREDENTIALS: Final = struct.Struct("3i")


class HookServer:
    """Serves from entering to leaving, as a context manager, in threads of its own.

    Args:
        socket: where, in a folder of mode 0700.
        means: who decides and who records.
        log: told, in one line, of faults.

    Raises:
        UsageError: the socket's place is of another form.
        UnavailableError: on entering: another server is there.
    """

    def __init__(self, socket: Path, means: Means, log: Callable[[str], None]) -> None:
        self._place = checked_socket(socket)
        self._means = means
        self._log = log
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="hooks")
        self._room = threading.BoundedSemaphore(WORKERS + MAX_WAITING)
        self._ending = threading.Event()
        self._listening: sockets.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        make_folder(self._place.parent)
        self._listening = listen_at(self._place, WORKERS + MAX_WAITING)
        self._listening.settimeout(_LOOK_SECONDS)
        self._thread = threading.Thread(target=self._accept, name="hooks", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        self._pool.shutdown()
        if self._listening is not None:
            self._listening.close()
            self._place.unlink(missing_ok=True)

    @property
    def socket(self) -> Path:
        """Where it is asked."""
        return self._place

    def _accept(self) -> None:
        while not self._ending.is_set() and self._listening is not None:
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError as error:
                self._log(f"hooks: cannot accept a call: {error.strerror}")
                self._ending.wait(_LOOK_SECONDS)
                continue
            if not self._room.acquire(blocking=False):
                connection.close()
                continue
            self._pool.submit(self._serve, connection)

    def _serve(self, connection: sockets.socket) -> None:
        try:
            with connection:
                given = connection.getsockopt(
                    sockets.SOL_SOCKET, sockets.SO_PEERCRED, _CREDENTIALS.size
                )
                if _CREDENTIALS.unpack(given)[1] in {0, os.geteuid()}:
                    deadline = time.monotonic() + MAX_DEADLINE_SECONDS
                    connection.settimeout(MAX_DEADLINE_SECONDS)
                    answer = answered(_received(connection, deadline), self._means)
                    connection.sendall(answer_bytes(answer))
        except OSError:
            # The hook has given up, which is a denial; its harness was told by it.
            pass
        except Exception as error:  # noqa: BLE001  # a thread of the pool tells nobody
            self._log(f"hooks: a call failed: {type(error).__name__}")
        finally:
            self._room.release()


def answered(data: bytes, means: Means) -> Answer:
    """The answer to what came over a connection.

    Args:
        data: a line with options, and the payload.
        means: who decides and who records.
    """
    try:
        line, payload = _parts(data)
        options, told = _head(decode_json(line))
    except ValueError as error:
        return refusing(None, f"wilk: denied: {error}")
    return judge(payload, options, told, means)


def _parts(data: bytes) -> tuple[bytes, bytes]:
    line, found, payload = data.partition(b"\n")
    if not found or len(line) > MAX_HEAD_BYTES or len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError("the question is not whole, or too large")
    return line, payload


def _head(head: Any) -> tuple[dict[str, Any], dict[str, str]]:
    if not isinstance(head, dict) or set(head) != {"options", "told"}:
        raise ValueError("the question has no options")
    options, told = head["options"], head["told"]
    standard = empty()
    if not isinstance(options, dict) or set(options) != set(standard):
        raise ValueError("the hook is of another version than the service: start it again")
    for name, value in standard.items():
        if not _fits(options[name], value):
            raise ValueError(f"the option `{name}` is of another type")
    if not isinstance(told, dict) or not all(isinstance(one, str) for one in told.values()):
        raise ValueError("what the harness tells is no text")
    for name in ("workspace", "home"):
        if not (options[name] or "/").startswith("/"):
            raise ValueError(f"the {name} is no absolute path")
    check(options)
    return options, told


def _fits(value: Any, standard: Any) -> bool:
    """Whether a value is of the type that an option has."""
    if standard is None:
        return isinstance(value, str | None)
    if isinstance(standard, list):
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if isinstance(standard, bool):
        return isinstance(value, bool)
    return type(value) is float and 0 < value <= MAX_DEADLINE_SECONDS


def _received(connection: sockets.socket, deadline: float) -> bytes:
    """All that is sent, within the time and the size that a question may have.

    Raises:
        OSError: it takes too long, or is too much.
    """
    data = bytearray()
    while chunk := connection.recv(_CHUNK):
        data += chunk
        left = deadline - time.monotonic()
        if left <= 0 or len(data) > MAX_HEAD_BYTES + MAX_PAYLOAD_BYTES:
            raise OSError("the question is too long")
        connection.settimeout(left)
    return bytes(data)
