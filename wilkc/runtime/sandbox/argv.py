"""From a view to bubblewrap's argument list. Layer: runtime. No I/O.

The order is the protection: a mask placed before the mount that covers it masks nothing
(bwrap(1): operations are applied in the order given). Every rule text arrives here as an
absolute path behind an option that takes exactly one path, so it can never become an option.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.view import Handles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.sandbox.view import Bind, Lent, Mask, Static, View

MAX_WORDS: Final = 9_000
"""Words that bubblewrap takes, the command's among them: `MAX_ARGS` in bubblewrap.c."""
BESIDE: Final = 4
"""Words on its command line beside the command: itself, `--args`, a number and `--`."""

_PROCESSES: Final = "--unshare-pid"
_NAMESPACES: Final = (
    "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000",
    _PROCESSES, "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--unshare-net",
    "--hostname", "wilk", "--cap-drop", "ALL", "--new-session", "--die-with-parent", "--clearenv",
)  # fmt: skip
_TMP: Final = "/tmp"  # noqa: S108  # the sandbox's own
_SERVICES: Final = "/run"
"""Where a host keeps the sockets of its services: never in view."""


def arguments(view: View, handles: Handles) -> tuple[str, ...]:
    """The arguments that go to bubblewrap through `--args`; the command is not among them.

    Raises:
        ValueError: a path is not absolute or holds a NUL byte.
    """
    return tuple(_require_plain(_all(view, handles), view))


def words(view: View) -> int:
    """How many arguments there are, whatever the numbers of the descriptors will be."""
    return sum(1 for _ in _all(view, Handles(0, 0, 0, defaultdict(int))))


def _all(view: View, handles: Handles) -> Iterator[str]:
    # First of all: where the shim dies while it writes, bubblewrap takes the beginning for all of
    # the list, and what it builds by that has no masks. Then it waits, too, and never begins.
    yield from ("--block-fd", str(handles.block))
    # 1. Namespaces, identity, environment.
    yield from (one for one in _NAMESPACES if not (view.shared and one == _PROCESSES))
    for name, value in view.environment:
        yield from ("--setenv", name, value)
    # 2. An empty root with programs and a minimal /etc, or all of the host without its services.
    yield from ("--ro-bind", "/", "/", "--tmpfs", _SERVICES) if view.whole else ("--tmpfs", "/")
    for entry in view.static:
        yield from _static(entry, handles)
    # 3. Devices, none of them storage; private directories of bounded size.
    yield from ("--dev", "/dev", "--size", str(view.shm), "--tmpfs", "/dev/shm")  # noqa: S108  # inside
    yield from ("--remount-ro", "/dev")
    yield from _private(view, _TMP)
    yield from _private(view, view.home, "--perms", "0700")
    if view.bare_workspace:
        yield from ("--tmpfs", view.cwd)
    # 4. File rules. 5. Pins. 6. Cut-outs.
    for bind in view.binds:
        yield from _bind(bind)
    for pin in view.pins:
        yield from ("--bind", pin, pin)
    for mask in view.masks:
        yield from _mask(mask, handles)
    # 7. What must see the finished tree.
    yield from ("--chdir", view.cwd)
    yield from _processes(view)
    if view.whole:
        yield from ("--remount-ro", _SERVICES)
    if view.bare_workspace:
        yield from ("--remount-ro", view.cwd)
    yield from ("--remount-ro", "/")
    if handles.seccomp is not None:
        yield from ("--seccomp", str(handles.seccomp))
    yield from ("--json-status-fd", str(handles.status))


def _private(view: View, path: str, *mode: str) -> tuple[str, ...]:
    """A directory of bounded size, or one that is lent to the launch."""
    for lent in view.lent:
        if lent.path == path:
            return _lent(lent)
    return ("--size", str(view.tmp), *mode, "--tmpfs", path)


def _lent(lent: Lent) -> tuple[str, ...]:
    if lent.fd is None:
        return ("--bind", lent.source, lent.path)
    return ("--bind-fd", str(lent.fd), lent.path)


def _processes(view: View) -> tuple[str, ...]:
    """The sandbox's own processes; where they are the host's nothing of them is shown."""
    if not view.shared:
        return ("--proc", "/proc", "--remount-ro", "/proc")
    if not view.whole:
        return ()
    return ("--perms", "0000", "--tmpfs", "/proc", "--remount-ro", "/proc")


def _static(entry: Static, handles: Handles) -> tuple[str, ...]:
    if entry.kind == "link":
        return ("--symlink", entry.source, entry.path)
    if entry.kind == "data":
        return ("--ro-bind-data", str(handles.data[entry.path]), entry.path)
    return ("--ro-bind", entry.source, entry.path)


def _bind(bind: Bind) -> tuple[str, ...]:
    option = "--ro-bind" if bind.access == "read" else "--bind"
    if bind.fd is None:
        return (option, bind.path, bind.path)
    return (f"{option}-fd", str(bind.fd), bind.path)


def _mask(mask: Mask, handles: Handles) -> tuple[str, ...]:
    path = mask.path
    if mask.kind == "hide_file":
        return ("--ro-bind", "/dev/null", path)
    if mask.kind == "hide_directory":
        return ("--perms", "0000", "--tmpfs", path, "--remount-ro", path)
    if mask.kind == "empty_directory":
        return ("--perms", "0555", "--tmpfs", path, "--remount-ro", path)
    if mask.kind == "empty_file":
        return ("--ro-bind-data", str(handles.data[path]), path)
    return ("--ro-bind", path, path)


def _require_plain(items: Iterator[str], view: View) -> Iterator[str]:
    paths = [bind.path for bind in view.binds] + [mask.path for mask in view.masks]
    paths += [path for lent in view.lent for path in (lent.source, lent.path)]
    for path in (*paths, *view.pins, view.home, view.cwd):
        if not path.startswith("/"):
            raise ValueError(f"`{path}` is not an absolute path")
    for item in items:
        if "\0" in item:
            raise ValueError("an argument holds a NUL byte")
        yield item
