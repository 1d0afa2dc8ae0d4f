"""Attacks on files. Layer: runtime, inside the sandbox."""

from __future__ import annotations

import errno
import os
import struct
from typing import TYPE_CHECKING, Any

from wilkc.runtime.host.inside.calls import call

if TYPE_CHECKING:
    from wilkc.runtime.host.inside.telling import Do


def read(path: str) -> Do:
    """Read the beginning of a file."""

    def do(given: dict[str, Any]) -> str:
        with open(_placed(path, given), "rb") as file:
            return f"read {len(file.read(100))} bytes"

    return do


def _write(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        place = _placed(path, given)
        os.makedirs(os.path.dirname(place) or ".", exist_ok=True)
        try:
            os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            # An empty file that stands there so that none can be made.
            os.close(os.open(place, os.O_WRONLY))
        else:
            # Where it worked although it should not, nothing is to be left on the host.
            os.unlink(place)
        return f"opened `{path}` for writing"

    return do


def _open_for_writing(path: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        os.close(os.open(_placed(path, given), os.O_WRONLY))
        return f"opened `{path}` for writing"

    return do


def _placed(path: str, given: dict[str, Any]) -> str:
    return path.replace("{outside}", given["outside"])


def _read_by_link(given: dict[str, Any]) -> str:
    del given
    os.symlink("kept/.env", "out/link")
    with open("out/link", "rb") as file:
        return f"read {len(file.read(100))} bytes through a link"


def _move(source: str, target: str) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        os.rename(source, target)
        os.rename(target, source)
        return f"moved `{source}` away"

    return do


def _make_and_move(given: dict[str, Any]) -> None:
    os.mkdir("out/free")
    _move("out/free", "out/freed")(given)
    os.rmdir("out/free")


def list_names(path: str) -> Do:
    """List a directory."""

    def do(given: dict[str, Any]) -> str:
        del given
        return f"{len(os.listdir(path))} names"

    return do


def _set_id(mode: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        try:
            with open("out/mode", "wb") as file:
                os.fchmod(file.fileno(), mode)
        finally:
            os.unlink("out/mode")
        return f"set mode {mode:o}"

    return do


def _set_id_by_open(given: dict[str, Any]) -> str:
    del given
    os.close(os.open("out/opened", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o4755))
    os.unlink("out/opened")
    return "created a file with mode 4755"


def _set_id_by_openat2(given: dict[str, Any]) -> str:
    """Its mode lies in memory, where no filter can look; see openat2(2)."""
    how = struct.pack("=QQQ", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o4755, 0)
    current_directory = -100
    os.close(call(given["numbers"]["openat2"], current_directory, b"out/opened", how, len(how)))
    os.unlink("out/opened")
    return "created a file with mode 4755"


def _fill(path: str, size: int) -> Do:
    def do(given: dict[str, Any]) -> str:
        del given
        try:
            with open(path, "wb", buffering=0) as file:
                for _ in range(size >> 20):
                    if file.write(bytes(1 << 20)) < 1 << 20:
                        raise OSError(errno.ENOSPC, "full")
        finally:
            os.unlink(path)
        return f"wrote {size >> 20} MiB"

    return do


ATTACKS: dict[str, tuple[Do, Do]] = {
    "read-hidden-file": (read("src/readable"), read("src/.env")),
    "read-hidden-in-writable": (read("src/readable"), read("out/kept/.env")),
    "read-hidden-by-link": (read("src/readable"), _read_by_link),
    "write-hidden-file": (_write("out/control"), _open_for_writing("out/kept/.env")),
    "list-hidden-directory": (list_names("out"), list_names("out/blocked")),
    "write-hidden-directory": (_write("out/control"), _write("out/blocked/new")),
    "move-parent-of-hidden": (_make_and_move, _move("out/kept", "out/away")),
    "write-read-only": (_write("out/control"), _write("src/new")),
    "read-outside": (read("src/readable"), read("{outside}")),
    "read-outside-by-proc": (read("src/readable"), read("/proc/1/root{outside}")),
    "read-password-hashes": (read("/etc/passwd"), read("/etc/shadow")),
    "write-programs": (_write("out/control"), _write("/usr/wilk-verify")),
    "write-root": (_write("out/control"), _write("/wilk-verify")),
    "write-devices": (_write("/dev/shm/control"), _write("/dev/wilk-verify")),
    "plant-git-hook": (_write("out/control"), _write("out/.git/hooks/pre-commit")),
    "plant-shell-start": (_write("out/control"), _write("out/.bashrc")),
    "plant-editor-task": (_write("out/control"), _write("out/.vscode/tasks.json")),
    "set-id-file": (_set_id(0o755), _set_id(0o4755)),
    "set-id-by-open": (_set_id(0o755), _set_id_by_open),
    "set-id-by-openat2": (_set_id(0o755), _set_id_by_openat2),
    "fill-shared-memory": (_write("/dev/shm/control"), _fill("/dev/shm/big", 64 << 20)),
    "fill-temporary": (_write("/tmp/control"), _fill("/tmp/big", 96 << 20)),
    "memory-of-first-process": (_write("out/control"), _open_for_writing("/proc/1/mem")),
    "kernel-setting": (_write("out/control"), _open_for_writing("/proc/sys/kernel/core_pattern")),
    "control-group": (_write("out/control"), _open_for_writing("/sys/fs/cgroup/cgroup.procs")),
}
"""Name to control and attack."""
