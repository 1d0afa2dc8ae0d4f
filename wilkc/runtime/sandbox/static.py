"""The fixed part of every view: programs and a minimal `/etc`. Layer: runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.view import Mask, Static

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TOP: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_ETC: Final = (
    "/etc/ld.so.cache", "/etc/ssl", "/etc/ca-certificates", "/etc/alternatives",
    "/etc/localtime", "/etc/mime.types",
)  # fmt: skip
_PRIVATE: Final = ("/etc/ssl/private",)

_NSSWITCH: Final = "passwd: files\ngroup: files\nhosts: files\n"
_HOSTS: Final = "127.0.0.1 localhost wilk\n::1 localhost\n"


def static_entries(extra: Sequence[str]) -> tuple[Static, ...]:
    """Programs, libraries and settings without secrets, and the policy's further trees.

    Args:
        extra: absolute paths of further read-only program trees.

    Raises:
        SandboxRefusedError: a further tree is not there.
    """
    entries = [Static("bind", "/usr", "/usr")]
    for name in _TOP:
        path = Path(name)
        if path.is_symlink():
            entries.append(Static("link", str(path.readlink()), name))
        elif path.is_dir():
            entries.append(Static("bind", name, name))
    entries += [Static("bind", name, name) for name in _ETC if Path(name).exists()]
    entries += [Static("data", "", name) for name in sorted(data_files("/"))]
    for name in extra:
        if not Path(name).is_dir():
            raise SandboxRefusedError(
                "sandbox.precondition", f"`{name}` of `runtime_paths` is not a directory here"
            )
        entries.append(Static("bind", name, name))
    return tuple(entries)


def given_entries(paths: Iterable[str]) -> tuple[Static, ...]:
    """Files whose bytes the caller gives."""
    return tuple(Static("data", "", path) for path in sorted(paths))


def static_masks() -> tuple[Mask, ...]:
    """Secrets inside the fixed part."""
    return tuple(Mask(name, "hide_directory") for name in _PRIVATE if Path(name).is_dir())


def data_files(home: str) -> dict[str, bytes]:
    """Files whose bytes Wilk gives: the sandbox's own users, and no resolver."""
    users = (
        f"wilk:x:1000:1000:wilk:{home}:/bin/sh\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n"
    )
    return {
        "/etc/passwd": users.encode(),
        "/etc/group": b"wilk:x:1000:\nnogroup:x:65534:\n",
        "/etc/nsswitch.conf": _NSSWITCH.encode(),
        "/etc/hosts": _HOSTS.encode(),
        "/etc/resolv.conf": b"",
    }
