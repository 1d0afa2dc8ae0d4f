"""The folder that one sidecar runs in, and no other at the same time. Layer: opa.

OPA removes whatever stands at its socket's path, even a socket in use, so a second one would
silently take over. The lock is on the folder itself: no file of it can be left behind, and
the kernel gives it up when its last holder, OPA included, is gone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from wilkc.core.errors import UnavailableError
from wilkc.core.files import replace_file
from wilkc.core.locks import require_lock
from wilkc.opa.announcement import announcement_path
from wilkc.opa.config import AUTHZ_FILE, CONFIG_FILE, HEALTH_SOCKET, STATUS_SOCKET
from wilkc.opa.socket_place import (
    TEMPORARY,
    checked_socket,
    make_folder,
    require_free,
    require_private,
)

if TYPE_CHECKING:
    from types import TracebackType

PRIVATE_NAME: Final = "opa.sock"
_MAX_TEMPORARY: Final = 76
_TAKEN: Final = frozenset({CONFIG_FILE, AUTHZ_FILE, HEALTH_SOCKET, STATUS_SOCKET})


class RunFolder:
    """Holds the folder's lock and everything in it, from `open` to `close`.

    Args:
        socket: where decisions are asked; its folder is the run folder, made with mode 0700
            where it is not there. None makes a temporary one.
    """

    def __init__(self, socket: Path | None = None) -> None:
        self._wanted = socket
        self._lock = -1
        self._made = False
        self.socket = Path()

    def __enter__(self) -> Self:
        try:
            self._open()
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
    def path(self) -> Path:
        """The folder."""
        return self.socket.parent

    @property
    def lock(self) -> int:
        """Descriptor of the lock, for OPA to hold as well."""
        return self._lock

    def write(self, config: bytes) -> None:
        """Put OPA's files in place.

        Raises:
            UnavailableError: the folder cannot be written.
        """
        try:
            replace_file(self.path / CONFIG_FILE, config, mode=0o600, durable="no")
            authz = Path(__file__).with_name(AUTHZ_FILE).read_bytes()
            replace_file(self.path / AUTHZ_FILE, authz, mode=0o600, durable="no")
        except OSError as error:
            raise UnavailableError(
                f"cannot write to the run folder `{self.path}`: {error.strerror}"
            ) from error

    def close(self) -> None:
        """Remove what was put here, and give the folder free."""
        if self._made and self._wanted is None:
            # Made for this one call, so that all in it is ours, half-written files as well.
            shutil.rmtree(self.path, ignore_errors=True)
            self._made = False
        if self._lock >= 0:
            for path in self._own_files():
                path.unlink(missing_ok=True)
        if self._made:
            self._made = False
            # Where somebody else put files, they are theirs to keep.
            with contextlib.suppress(OSError):
                self.path.rmdir()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _own_files(self) -> tuple[Path, ...]:
        names = (CONFIG_FILE, AUTHZ_FILE, HEALTH_SOCKET, STATUS_SOCKET, self.socket.name)
        return *(self.path / name for name in names), announcement_path(self.socket)

    def _open(self) -> None:
        if self._wanted is None:
            parent = tempfile.gettempdir()
            short = len(os.fsencode(parent)) <= _MAX_TEMPORARY
            folder = tempfile.mkdtemp(prefix=TEMPORARY, dir=parent if short else "/tmp")  # noqa: S108  # a socket's path must be short; the folder is made anew, 0700
            self.socket, self._made = Path(folder, PRIVATE_NAME), True
        else:
            self.socket = checked_socket(self._wanted, taken=_TAKEN)
            self._made = make_folder(self.path)
        self._take()

    def _busy(self, _: int) -> UnavailableError:
        return UnavailableError(
            f"another sidecar runs in `{self.path}`",
            help_text="stop it first, or name a socket in another folder",
        )

    def _take(self) -> None:
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            require_private(self.path, os.fstat(fd))
            require_lock(fd, self._busy)
            require_free(self.socket)
        except BaseException:
            os.close(fd)
            raise
        self._lock = fd
