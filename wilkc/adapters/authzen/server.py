"""AuthZEN on a unix socket of its own, beside whatever else the process does. Layer: adapters.

The home of uvicorn, which is an extra and loaded only where a server is started. Who may open
the socket may ask: its mode is 0600 and its folder's 0700, and that is the whole of the
authentication.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.adapters.authzen.metadata import DEFAULT_BASE_URL, metadata
from wilkc.core.errors import UnavailableError
from wilkc.opa.listening import listen_at
from wilkc.opa.socket_place import checked_socket, make_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from uvicorn import Server

    from wilkc.adapters.authzen.service import Service

WORKERS: Final = 32
"""Evaluations under way at a time; each keeps a connection to the decision point."""
MAX_CONNECTIONS: Final = 256
"""Beyond it, callers get 503 at once."""
DRAIN_SECONDS: Final = 5
"""How long evaluations under way may take after the signal to stop."""
_START_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.01
_BACKLOG: Final = 512


@dataclass(frozen=True, slots=True)
class AuthzenSettings:
    """How AuthZEN is served.

    Attributes:
        socket: where, in a folder of mode 0700.
        base_url: under which callers know the decision point, for its metadata.
        log: told, in one line, of faults.
    """

    socket: Path
    base_url: str = DEFAULT_BASE_URL
    log: Callable[[str], None] = field(default=lambda _: None)


class AuthzenServer:
    """Serves from entering to leaving, as a context manager, in a thread of its own.

    Args:
        service: answers what is asked.
        settings: how to serve.

    Raises:
        UsageError: the base URL or the socket's place is of another form.
        UnavailableError: on entering: the extra is not installed, or another server is there.
    """

    def __init__(self, service: Service, settings: AuthzenSettings) -> None:
        self._service = service
        self._settings = settings
        self._document = metadata(settings.base_url)
        self._place = checked_socket(settings.socket)
        self._made_folder = False
        self._bound = False
        self._pool: ThreadPoolExecutor | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def socket(self) -> Path:
        """Where it is asked."""
        return self._place

    def is_alive(self) -> bool:
        """Whether it serves."""
        return self._thread is not None and self._thread.is_alive()

    def close(self) -> None:
        """Let evaluations under way end, and remove what was put here."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
        if self._bound:
            self._bound = False
            self._place.unlink(missing_ok=True)
        if self._made_folder:
            self._made_folder = False
            # Where somebody else put files, they are theirs to keep.
            with contextlib.suppress(OSError):
                self._place.parent.rmdir()

    def _start(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="authzen")
        self._server = _server(self._service, self._document, self._pool, self._settings.log)
        self._made_folder = make_folder(self._place.parent)
        listening = listen_at(self._place, _BACKLOG)
        self._bound = True
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="authzen", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self.is_alive() or time.monotonic() > deadline:
                raise UnavailableError(f"AuthZEN could not be served at `{self._place}`")
            time.sleep(_LOOK_SECONDS)


def _server(
    service: Service, document: object, pool: ThreadPoolExecutor, log: Callable[[str], None]
) -> Server:
    try:
        from uvicorn import Config, Server  # noqa: PLC0415  # an extra, and slow to load

        from wilkc.adapters.authzen.app import authzen_app  # noqa: PLC0415  # the same
    except ModuleNotFoundError as error:
        raise UnavailableError(
            f"AuthZEN needs the package `{error.name}`, which is not installed",
            help_text="install Wilk with its extra: pip install 'wilkc[authzen]'",
        ) from error
    config = Config(
        authzen_app(service, document, pool, log),
        # Named, not chosen by what else is installed: the parsers read odd requests differently.
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    return Server(config)
