"""HTTP over a unix socket for `requests`, which OPA's Python client is built on. Layer: opa."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

if TYPE_CHECKING:
    from pathlib import Path


class UnixAdapter(HTTPAdapter):
    """Sends every request to one unix socket, whatever host its URL names."""

    def __init__(self, path: Path) -> None:
        super().__init__(max_retries=0)
        self._pool = _Pool(path)

    def get_connection_with_tls_context(
        self, *args: object, **kwargs: object
    ) -> HTTPConnectionPool:
        """The pool of the socket."""
        del args, kwargs
        return self._pool

    def close(self) -> None:
        """Close the pool's connections."""
        self._pool.close()
        super().close()


class _Pool(HTTPConnectionPool):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def _new_conn(self) -> HTTPConnection:
        return _Connection(self._path, timeout=self.timeout.connect_timeout)


class _Connection(HTTPConnection):
    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__("localhost", **options)
        self._path = path

    def _new_conn(self) -> socket.socket:
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if isinstance(self.timeout, int | float):
                connected.settimeout(self.timeout)
            connected.connect(str(self._path))
        except BaseException:
            connected.close()
            raise
        return connected
