"""AuthZEN on a unix socket or a port, beside whatever else the process does. Layer: adapters.

The home of uvicorn, which is an extra and loaded only where a server is started. Who may open
the socket may ask: its mode is 0600 and its folder's 0700. At a port who asks must be known, by
a credential or by the certificate of a client, and other hosts are answered by TLS 1.3 only.
"""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.adapters.authzen.metadata import DEFAULT_BASE_URL, metadata
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.tls import is_loopback
from wilkc.opa.listening import listen_at, listen_at_port
from wilkc.opa.socket_place import checked_socket, make_folder

if TYPE_CHECKING:
    import asyncio
    import socket as sockets
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from uvicorn import Server

    from wilkc.adapters.authzen.service import Service
    from wilkc.core.tls import ServerTls
    from wilkc.identity import Identity

WORKERS: Final = 32
"""Evaluations under way at a time; each keeps a connection to the decision point."""
MAX_CONNECTIONS: Final = 256
"""Beyond it, callers get 503 at once."""
HEAD_SECONDS: Final = 10.0
"""How long a connection may be without the whole head of a request: else a few that say nothing,
or say it slowly, keep everybody out before anybody is known."""
DRAIN_SECONDS: Final = 5
"""How long evaluations under way may take after the signal to stop."""
_START_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.01
_BACKLOG: Final = 512


@dataclass(frozen=True, slots=True)
class Address:
    """A port, and what shows there who is who.

    Attributes:
        host: an address of this host.
        port: 0 for any that is free.
        tls: the server's side of TLS; None only at a loopback address.
        knows_clients: whether `tls` demands the certificate of a client.
    """

    host: str
    port: int
    tls: ServerTls | None = None
    knows_clients: bool = False


@dataclass(frozen=True, slots=True)
class AuthzenSettings:
    """How AuthZEN is served.

    Attributes:
        socket: where, in a folder of mode 0700; or None for an address.
        base_url: under which callers know the decision point, for its metadata.
        log: told, in one line, of faults.
        identity: knows who may ask; None for whoever can connect.
        address: where in the network, in place of the socket.
    """

    socket: Path | None
    base_url: str = DEFAULT_BASE_URL
    log: Callable[[str], None] = field(default=lambda _: None)
    identity: Identity | None = None
    address: Address | None = None


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
        self._place = checked_socket(settings.socket) if settings.socket else None
        _require_safe(settings)
        self._port = 0
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
    def place(self) -> str:
        """Where it is asked."""
        if self._place is not None:
            return f"socket {self._place}"
        address = self._settings.address
        return f"address {address.host if address else ''} port {self._port}"

    @property
    def socket(self) -> Path:
        """The socket where it is asked.

        Raises:
            UsageError: it is asked at a port.
        """
        if self._place is None:
            raise UsageError("it is asked at a port, not at a socket")
        return self._place

    @property
    def port(self) -> int:
        """The port where it is asked; 0 for none."""
        return self._port

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
        if self._bound and self._place is not None:
            self._bound = False
            self._place.unlink(missing_ok=True)
        if self._made_folder and self._place is not None:
            self._made_folder = False
            # Where somebody else put files, they are theirs to keep.
            with contextlib.suppress(OSError):
                self._place.parent.rmdir()

    def _start(self) -> None:
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="authzen")
        self._server = _server(self._service, self._document, self._pool, self._settings)
        listening = self._bind(self._place) if self._place else self._bind_port()
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="authzen", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self.is_alive() or time.monotonic() > deadline:
                raise UnavailableError(f"AuthZEN could not be served at {self.place}")
            time.sleep(_LOOK_SECONDS)

    def _bind(self, place: Path) -> sockets.socket:
        self._made_folder = make_folder(place.parent)
        listening = listen_at(place, _BACKLOG)
        self._bound = True
        return listening

    def _bind_port(self) -> sockets.socket:
        address = self._settings.address
        if address is None:
            raise UsageError("name a socket or an address to listen at")
        listening = listen_at_port(address.host, address.port, _BACKLOG)
        self._port = listening.getsockname()[1]
        return listening


def _require_safe(settings: AuthzenSettings) -> None:
    """Refuse a port at which anybody could ask, or anybody could read along."""
    address = settings.address
    if (address is None) == (settings.socket is None):
        raise UsageError("name either a socket or an address to listen at")
    if address is None:
        return
    if address.tls is None and not is_loopback(address.host):
        raise UsageError(
            f"`{address.host}` is reached by other hosts, which are answered by TLS only",
            help_text="name a certificate by `--tls-cert` and `--tls-key`",
        )
    if settings.identity is None and not (address.tls and address.knows_clients):
        raise UsageError(
            "at a port anybody could ask",
            help_text="name who may by `--identity`, or their authority by `--client-ca`",
        )


def _prompt() -> type[asyncio.Protocol]:
    """Connections that end where no request begins in time, see `HEAD_SECONDS`.

    The library's own limit counts from a response, and any byte lifts it.
    """
    from uvicorn.protocols.http.h11_impl import H11Protocol  # noqa: PLC0415  # see `_server`

    class Prompt(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library's own
            super().connection_made(transport)
            self._await_request()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._await_request()

        def _await_request(self) -> None:
            self.loop.call_later(HEAD_SECONDS, self._require_request, self.cycle)

        def _require_request(self, before: object) -> None:
            if self.cycle is before and not self.transport.is_closing():
                self.transport.close()

    return Prompt


def _server(
    service: Service, document: object, pool: ThreadPoolExecutor, settings: AuthzenSettings
) -> Server:
    try:
        from uvicorn import Config, Server  # noqa: PLC0415  # an extra, and slow to load

        from wilkc.adapters.authzen.app import authzen_app  # noqa: PLC0415  # the same
    except ModuleNotFoundError as error:
        raise UnavailableError(
            f"AuthZEN needs the package `{error.name}`, which is not installed",
            help_text="install Wilk with its extra: pip install 'wilkc[authzen]'",
        ) from error
    tls = settings.address.tls if settings.address else None
    config = Config(
        authzen_app(service, document, pool, settings.log, settings.identity),
        # Named, not chosen by what else is installed: the parsers read odd requests differently.
        http=_prompt(),
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
        ssl_context_factory=None if tls is None else lambda *_: tls.context,
    )
    return Server(config)
