"""A folder that keeps what specs compile to. Layer: cli.

Whoever can write in the folder can put words into a bundle that no spec says, so it must be
trusted as the spec files are: it belongs to the user, and nobody else can write in it. The
digest in each entry tells damage and mix-ups, not forgery; the proof of a bundle does. Entries
are data: nothing in them is run. An entry is written under another name and renamed, so there
is never half of one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import stat
import time
from typing import TYPE_CHECKING, Final, Self

from wilkc.cli.toolchain import toolchain_digest
from wilkc.core.errors import UsageError
from wilkc.core.files import OTHERS_WRITE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEPT_DAYS: Final = 30
"""Days after its last use that an entry is kept."""
_DAY: Final = 86_400
_SWEPT: Final = "swept"
_HEAD: Final = b"wilk-cache-1 "
_HEAD_BYTES: Final = len(_HEAD) + hashlib.sha256().digest_size * 2 + 1
_SUFFIX: Final = ".wilk"
_NAME: Final = re.compile(r"[0-9a-f]{64}[.]wilk|[.][0-9a-f]{64}[.]wilk[.][0-9a-f]{16}", re.ASCII)
"""Entries, and those that are being written: whatever else is in the folder is not ours."""


class CommandCache:
    """What a command compiled, for what it compiles next; in memory, and gone with the command.

    Attributes:
        toolchain: the same for all that one process compiles.
    """

    toolchain = "here"

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """See `Store`."""
        return self._held.get(key)

    def put(self, key: str, data: bytes) -> None:
        """See `Store`."""
        self._held[key] = data


class CacheFolder:
    """What was compiled before, one file for each key.

    Args:
        path: the folder; made with mode 0700 where it is not there.
        warn: told once why nothing can be kept; the build goes on without.

    Attributes:
        toolchain: digest of everything that compiles.
        found: entries that were used.
        kept: entries that were written.

    Raises:
        UsageError: the folder belongs to another user, or others can write in it.
    """

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self.toolchain = toolchain_digest()
        self.found = self.kept = 0
        self._path = path
        self._warn = warn
        self._folder = -1
        self._writable = True
        self._now = time.time()

    def __enter__(self) -> Self:
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            self._give_up(error)
            return self
        found = os.fstat(self._folder)
        if found.st_uid != os.geteuid() or found.st_mode & OTHERS_WRITE:
            os.close(self._folder)
            raise UsageError(
                f"the cache folder `{self._path}` is another user's, or others can write in it",
                help_text="name a folder of your own with mode 0700",
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            self._sweep()
            os.close(self._folder)
            self._folder = -1

    def get(self, key: str) -> bytes | None:
        """What is kept under a key, or None; what is damaged counts as not kept."""
        if self._folder < 0:
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(key + _SUFFIX, flags, dir_fd=self._folder)
            with os.fdopen(fd, "rb", buffering=0) as file:
                found = os.fstat(file.fileno())
                if not _is_own(found):
                    return None
                data = file.readall()
                if found.st_mtime < self._now - _DAY:
                    # Where it cannot be written, the entry is as good.
                    with contextlib.suppress(OSError):
                        os.utime(file.fileno())
        except OSError:
            return None
        body = data[_HEAD_BYTES:]
        if data[:_HEAD_BYTES] != _head(key, body):
            return None
        self.found += 1
        return body

    def put(self, key: str, data: bytes) -> None:
        """Keep data under a key; where that fails, warn, and try no more."""
        if self._folder < 0 or not self._writable:
            return
        name = key + _SUFFIX
        temporary = f".{name}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            try:
                fd = os.open(temporary, flags, 0o600, dir_fd=self._folder)
                with os.fdopen(fd, "wb") as file:
                    file.write(_head(key, data) + data)
                os.rename(temporary, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary, dir_fd=self._folder)
                raise
        except OSError as error:
            self._give_up(error)
            return
        self.kept += 1

    def _give_up(self, error: OSError) -> None:
        self._writable = False
        self._warn(f"nothing is kept in the cache folder `{self._path}`: {error.strerror}")

    def _sweep(self) -> None:
        """Once a day, remove what was not used for long, and what a killed build left."""
        with contextlib.suppress(OSError):
            if not self._writable or 0 <= self._age(_SWEPT) < _DAY:
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(_SWEPT, flags, 0o600, dir_fd=self._folder)
            os.utime(fd)
            os.close(fd)
            with os.scandir(self._folder) as found:
                names = [one.name for one in found if _NAME.fullmatch(one.name)]
            for name in names:
                limit = _DAY if name.startswith(".") else KEPT_DAYS * _DAY
                if self._age(name) > limit:
                    os.unlink(name, dir_fd=self._folder)

    def _age(self, name: str) -> float:
        """Seconds since an entry was used; endless where there is none."""
        try:
            found = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return float("inf")
        return self._now - found.st_mtime


def _is_own(found: os.stat_result) -> bool:
    own = found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE
    return own and stat.S_ISREG(found.st_mode)


def _head(key: str, body: bytes) -> bytes:
    """What an entry begins with: a digest of what it is kept under, and of what it holds."""
    digest = hashlib.sha256(key.encode("ascii") + b"\n")
    digest.update(body)
    return _HEAD + digest.hexdigest().encode("ascii") + b"\n"
