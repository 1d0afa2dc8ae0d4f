"""What was in force, on disk, so that a restart cannot be rolled back. Layer: opa.

The mark is raised before a bundle is put in force, and lowered again only where OPA refused
the bundle or never got it: whatever is killed in between, the mark is never below what answered,
nor where OPA was too slow to say whether it did. A file that
is not there is a first start. A file that cannot be read, or that others may write, is none:
whoever could spoil it could otherwise bring back any old bundle.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.bundle import Mark, mark_of, require_not_older
from wilkc.core.canonical import MAX_INTEGER, canonical_json
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.core.files import OTHERS_WRITE, replace_file
from wilkc.core.strict_json import decode_json

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle

SUFFIX: Final = ".state"
MAX_BYTES: Final = 4096
_VERSION: Final = 1
_MEMBERS: Final = {"version": int, "scope": str, "sequence": int, "revision": str}


class Ledger(Protocol):
    """Knows which bundles may be put in force."""

    def enter(self, bundle: VerifiedBundle) -> None:
        """A bundle is about to be put in force; raises a `WilkError` to refuse it."""
        ...

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        """The bundle entered last did not come into force, and the one before stays.

        Args:
            why: in one line.
            unsure: whether it may have answered meanwhile.
        """
        ...


class NoLedger:
    """Remembers nothing: for a sidecar that serves one bundle and ends."""

    def enter(self, bundle: VerifiedBundle) -> None:
        """Every bundle may be put in force."""

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        """There is nothing to take back."""


class StateFile:
    """The mark in a file. Only the sidecar that holds the run folder's lock may write it.

    Args:
        path: the file; its folder must exist when it is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before: Mark | None = None

    def mark(self) -> Mark | None:
        """The mark, or None where there is no file.

        Raises:
            VerificationError: the file is damaged, or others may write it.
            UnavailableError: it cannot be read.
        """
        try:
            data = _read(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnavailableError(
                f"cannot read the state `{self._path}`: {error.strerror}"
            ) from error
        return self._parsed(data)

    def enter(self, bundle: VerifiedBundle) -> None:
        """Raise the mark to a bundle, durably.

        Raises:
            VerificationError: the bundle is older than the mark, or the mark is damaged.
            UnavailableError: the mark cannot be written.
        """
        self._before = self.mark()
        if self._before is not None:
            require_not_older(self._before, bundle)
        if self._before != mark_of(bundle):
            self._write(mark_of(bundle))

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        """Put the mark back that stood before; not where the bundle may have answered.

        Raises:
            UnavailableError: it cannot be written; the higher mark stays.
        """
        del why
        if unsure:
            return
        if self._before is not None:
            self._write(self._before)
            return
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self, mark: Mark) -> None:
        document = {
            "version": _VERSION,
            "scope": mark.scope,
            "sequence": mark.sequence,
            "revision": mark.revision,
        }
        try:
            data = canonical_json(document) + b"\n"
            replace_file(self._path, data, mode=0o600, durable="name")
        except OSError as error:
            raise UnavailableError(
                f"cannot write the state `{self._path}`: {error.strerror}",
                help_text="no bundle is put in force before its number is on disk",
            ) from error

    def _parsed(self, data: bytes) -> Mark:
        try:
            found = decode_json(data)
        except ValueError:
            found = None
        if len(data) > MAX_BYTES or not _is_state(found):
            raise VerificationError(
                f"the state `{self._path}` is damaged: what was in force is not known",
                help_text="find out the newest sequence that was served here, then remove the "
                "file and serve a bundle at least as new",
            )
        return Mark(found["scope"], found["sequence"], found["revision"])


def state_path(socket: Path) -> Path:
    """The state file beside a socket."""
    return socket.with_name(socket.name + SUFFIX)


def _is_state(found: Any) -> bool:
    if not isinstance(found, dict) or set(found) != set(_MEMBERS):
        return False
    if not all(type(found[name]) is kind for name, kind in _MEMBERS.items()):
        return False
    return bool(found["version"] == _VERSION and 0 <= found["sequence"] <= MAX_INTEGER)


def _read(path: Path) -> bytes:
    """Owner, mode and content are of one open file."""
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            raise VerificationError(f"the state `{path}` is not a file")
        if status.st_uid != os.geteuid() or status.st_mode & OTHERS_WRITE:
            raise VerificationError(
                f"others may write the state `{path}`",
                help_text=f"if you trust what it says, own it and run: chmod 600 {path}",
            )
        return file.read(MAX_BYTES + 1)
