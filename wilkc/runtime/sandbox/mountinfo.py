"""Reading mount tables: what is mounted, where, and how. Layer: runtime. proc(5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.names import is_within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.sandbox.view import View

_OCTAL: Final = re.compile(rb"\\([0-7]{3})")
_OPEN_TREES: Final = ("/dev", "/proc")
"""Below these bubblewrap adds mounts of its own; they themselves are checked."""


@dataclass(frozen=True, slots=True)
class MountPoint:
    """One line of a mount table: where, and whether it may be written."""

    path: str
    read_only: bool


def parse(text: bytes) -> tuple[MountPoint, ...]:
    """The lines of `/proc/<pid>/mountinfo`, in order."""
    return tuple(
        MountPoint(_decode(fields[4]), b"ro" in fields[5].split(b","))
        for fields in (line.split(b" ") for line in text.splitlines())
        if len(fields) > 5  # noqa: PLR2004  # the sixth field holds the options
    )


@dataclass(frozen=True, slots=True)
class _Mounted:
    """A mount: the one it is mounted on, and which part of which file system it shows."""

    above: bytes
    device: bytes
    root: str
    path: str

    def shows(self, path: str) -> str:
        """What of its file system is seen at a path on it."""
        return (self.root.rstrip("/") + path[len(self.path.rstrip("/")) :]) or "/"


def strayed(view: View, text: bytes) -> str:
    """What is bound onto itself and has become something else, in a few words; empty if nothing.

    bubblewrap finds the source of a bind by its path, before it builds the view. A command of
    another launch that may write there could have a link lead elsewhere at that moment, and have
    nothing to be seen of it later but this: which part of its file system a mount shows.

    Args:
        view: what was planned.
        text: of `/proc/<pid>/mountinfo`.
    """
    mounts: dict[bytes, _Mounted] = {}
    at: dict[str, _Mounted] = {}
    for line in text.splitlines():
        number, above, device, root, path, *_ = line.split(b" ")
        mounts[number] = at[_decode(path)] = _Mounted(above, device, _decode(root), _decode(path))
    for place in (*view.pins, *(mask.path for mask in view.masks if mask.kind == "freeze")):
        one = at.get(place)
        below = mounts.get(one.above) if one else None
        if one is None or below is None:
            return f"`{place}` is not mounted"
        if (one.device, one.root) != (below.device, below.shows(place)):
            return f"`{place}` is something else than what lies there"
    return ""


def _decode(field: bytes) -> str:
    plain = _OCTAL.sub(lambda found: bytes([int(found[1], 8)]), field)
    return plain.decode("utf-8", "surrogateescape")


def expected(view: View, host: Iterable[MountPoint]) -> tuple[MountPoint, ...]:
    """Every mount point a view leads to, with its last flag, sorted by path.

    Args:
        view: the view.
        host: the host's own mount table; mounts below a bound directory come along with it.
    """
    mounted = list(host)
    table: dict[str, bool] = {"/": True}
    if view.whole:
        _take(table, "/", mounted, read_only=True)
        table["/run"] = True
    for entry in view.static:
        if entry.kind != "link":
            _take(table, entry.path, mounted, read_only=True)
    table |= {"/dev": True, "/dev/shm": False}  # noqa: S108  # inside
    table |= {"/tmp": False, view.home: False}  # noqa: S108  # inside
    if view.bare_workspace:
        table[view.cwd] = True
    for bind in view.binds:
        _take(table, bind.path, mounted, read_only=bind.access == "read")
    for pin in view.pins:
        _take(table, pin, mounted, read_only=False)
    table |= {mask.path: True for mask in view.masks}
    if view.whole or not view.shared:
        table["/proc"] = True
    return tuple(MountPoint(path, flag) for path, flag in sorted(table.items()))


def _take(
    table: dict[str, bool], path: str, host: Iterable[MountPoint], *, read_only: bool
) -> None:
    """Enter a bound directory, with the mounts of the host that come along below it."""
    for below in host:
        # Of the whole host these are covered by the sandbox's own.
        covered = path == "/" and any(is_within(below.path, top) for top in _OPEN_TREES)
        if below.path != path and is_within(below.path, path) and not covered:
            table[below.path] = read_only or below.read_only
    table[path] = read_only


def difference(wanted: Iterable[MountPoint], seen: Iterable[MountPoint]) -> str:
    """What differs between a plan and a mount table, in a few words; empty if nothing does."""
    want = {one.path: one.read_only for one in wanted}
    have = {one.path: one.read_only for one in seen}  # the last mount on a path is the one seen
    for path in sorted(want.keys() | have.keys()):
        if path not in have:
            return f"`{path}` is not mounted"
        if path in want and want[path] != have[path]:
            return f"`{path}` is {'read-only' if have[path] else 'writable'}"
        if path not in want and not any(is_within(path, top) for top in _OPEN_TREES):
            return f"`{path}` is mounted although nothing asked for it"
    return ""
