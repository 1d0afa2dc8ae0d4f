"""The file that `wilkc run --outcome` writes, where the command may have been before. Layer: cli.

The folder is opened before the command runs, and held: no link on the way is followed that
anybody but root could have put there. Written is a file of a new name, which then takes the place
of what stands there: nothing that the command left, as a link or a pipe, is opened.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from wilkc.core.errors import UsageError
from wilkc.core.files import OTHERS_WRITE
from wilkc.runtime.sandbox.acting import open_way
from wilkc.runtime.sandbox.resolve import MAX_LINKS

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_GIVEN: Final = re.compile(r"/dev/(?:fd/([0-9]{1,4})|stdout|stderr)")
"""What the caller itself has open: no name is looked up for it."""
_STREAMS: Final = {"/dev/stdout": 1, "/dev/stderr": 2}
_HELP: Final = "name a file in a folder that is there, by its real path"


@dataclass(frozen=True, slots=True)
class OutcomeFile:
    """Where the outcome goes.

    Attributes:
        folder: descriptor of the folder, or of what is written to where `name` is empty.
        name: of the file in it.
    """

    folder: int
    name: str

    def write(self, text: str) -> None:
        """Write it all, or nothing.

        Raises:
            OSError: it cannot be written, or what stands there is not replaced by a file.
        """
        data = text.encode("utf-8")
        if not self.name:
            _write_all(self.folder, data)
            return
        self._require_replaceable()
        new = f".wilk-outcome-{secrets.token_hex(8)}"
        fd = os.open(new, _NEW, 0o666, dir_fd=self.folder)
        try:
            try:
                _write_all(fd, data)
            finally:
                os.close(fd)
            os.rename(new, self.name, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(new, dir_fd=self.folder)
            raise

    def _require_replaceable(self) -> None:
        """A device stays, and what only root can have put there as a link."""
        try:
            mode = os.stat(self.name, dir_fd=self.folder, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return
        kept = stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
        if kept or (stat.S_ISLNK(mode) and _is_roots(os.fstat(self.folder))):
            raise OSError(errno.EINVAL, "what stands there is no plain file")


def outcome_file(path: str) -> OutcomeFile:
    """Where an outcome is to be written, before anything runs.

    Args:
        path: of the file; `/dev/stdout`, `/dev/stderr` and `/dev/fd/N` are the caller's own.

    Raises:
        UsageError: its folder is not there, or a link leads to it that others than root put there.
    """
    given = _GIVEN.fullmatch(path)
    try:
        if given:
            return OutcomeFile(os.dup(int(given[1] or _STREAMS.get(path, 1))), "")
        return _placed(path)
    except OSError as error:
        text = f"the outcome cannot be written to `{path}`: {error.strerror}"
        raise UsageError(text, help_text=_HELP) from error


def _placed(path: str) -> OutcomeFile:
    folder, _, name = os.path.abspath(path).rpartition("/")  # noqa: PTH100  # no link is followed
    if not name or path.endswith("/"):
        raise OSError(errno.EISDIR, "it is a folder")
    return OutcomeFile(open_way(_without_links(folder))[0], name)


def _without_links(folder: str) -> str:
    """The same way with the links replaced that only root can have put there.

    Raises:
        OSError: another link is on it, or something is not there.
    """
    way, todo, links = "", deque(folder.split("/")), 0
    while todo:
        part = todo.popleft()
        if part == "..":
            way = way.rpartition("/")[0]
        elif part not in {"", "."}:
            here = f"{way}/{part}"
            if not stat.S_ISLNK(os.lstat(here).st_mode):
                way = here
                continue
            links += 1
            if links > MAX_LINKS:
                raise OSError(errno.ELOOP, f"`{here}` is a link")
            target = _roots_link(way, part)
            way = "" if target.startswith("/") else way
            todo.extendleft(reversed(target.split("/")))
    return way


def _roots_link(folder: str, name: str) -> str:
    """What a link says, by descriptors: between two looks by name another folder may be there.

    Raises:
        OSError: others than root could have put it, or what it is in, where it was found.
    """
    here, alone = open_way(folder)
    try:
        if not _is_roots(os.fstat(here), alone=alone):
            raise OSError(errno.ELOOP, f"`{folder}/{name}` is a link")
        return os.readlink(name, dir_fd=here)
    finally:
        os.close(here)


def _is_roots(folder: os.stat_result, *, alone: bool = True) -> bool:
    """Whether only root can have put something into a folder, which only root can have moved."""
    return alone and folder.st_uid == 0 and not folder.st_mode & OTHERS_WRITE


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
