"""Which revisions may answer, told by who serves to who asks. Layer: opa.

OPA accepts any bundle that is validly signed, an old one too. So the supervisor names, in a
file beside the socket, the revisions that it put in force; answers of others are refused. Who
could write that file could bring back an old policy, so it must be of this user or of root, and
no one else may write it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import canonical_json
from wilkc.core.errors import UnavailableError
from wilkc.core.files import OTHERS_WRITE, replace_file
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SUFFIX: Final = ".revisions"
MAX_BYTES: Final = 4096


def announcement_path(socket: Path) -> Path:
    """The file beside a socket that names the revisions in force."""
    return socket.with_name(socket.name + SUFFIX)


def announce(socket: Path, revisions: Sequence[str]) -> None:
    """Say which revisions may answer from now on.

    Raises:
        UnavailableError: it cannot be written; what was said before stands.
    """
    path = announcement_path(socket)
    try:
        data = canonical_json({"revisions": list(revisions)})
        replace_file(path, data, mode=0o600, durable="no")
    except OSError as error:
        raise UnavailableError(f"cannot write `{path}`: {error.strerror}") from error


class Announced:
    """Reads the announcement beside a socket, again whenever it changed."""

    def __init__(self, socket: Path) -> None:
        self._path = announcement_path(socket)
        self._seen: tuple[int, int] | None = None
        self._revisions: frozenset[str] = frozenset()

    def knows(self, revision: str) -> bool:
        """Whether this revision may answer; no readable announcement means that none may."""
        try:
            status = os.stat(self._path)  # noqa: PTH116  # on the way of every decision
            seen = status.st_ino, status.st_mtime_ns
            if seen != self._seen:
                self._revisions = _read(self._path)
                self._seen = seen
        except (OSError, ValueError):
            self._seen, self._revisions = None, frozenset()
        return revision in self._revisions


def _read(path: Path) -> frozenset[str]:
    with path.open("rb") as file:
        found, user = os.fstat(file.fileno()), os.geteuid()
        document = decode_json(file.read(MAX_BYTES))
    # Root may ask a service of another user, see `wilkc.opa.peer`.
    if found.st_mode & OTHERS_WRITE or (user and found.st_uid not in {0, user}):
        raise ValueError("others may write the announcement")
    revisions = document.get("revisions") if isinstance(document, dict) else None
    if not isinstance(revisions, list) or not all(isinstance(one, str) for one in revisions):
        raise ValueError("not an announcement")
    return frozenset(revisions)
