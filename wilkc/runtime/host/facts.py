"""What was seen of a machine, as values. Layer: runtime. No I/O, no judgement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACES: Final = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")
"""Kinds of which each launch makes one, and two of `user`; see namespaces(7)."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the host that launches need.

    Attributes:
        path: absolute path.
        mode: its permission bits, or None if it is not there.
        uid: its owner.
        version: what it says of itself, or empty.
        lacks: an option that it does not have although every launch needs it, or empty.
    """

    path: str
    mode: int | None = 0o755
    uid: int = 0
    version: str = ""
    lacks: str = ""


@dataclass(frozen=True, slots=True)
class Controller:
    """One controller of control groups.

    Attributes:
        name: `memory`, `pids` or `cpu`.
        version: 1 or 2 where a group could be made, 0 where none could.
    """

    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Probe:
    """What a launch with the full argument list led to.

    Attributes:
        words: what bubblewrap or the launch said, empty where it went well.
        help: the cure that the launch itself named, or empty.
        seccomp: mode that the command saw itself in, see proc(5); None if it did not run.
        capabilities: effective capabilities of the command, in hexadecimal.
        wrong: what the command could or could not do against the plan, or empty.
        proxy: what the proxy answered to a connection that no rule allows.
    """

    words: str = ""
    help: str = ""
    seccomp: int | None = 2
    capabilities: str = "0" * 16
    wrong: str = ""
    proxy: str = "HTTP/1.1 403 Forbidden"


@dataclass(frozen=True, slots=True)
class Asking:
    """A decision point or a log that somebody named.

    Attributes:
        place: its path.
        seen: what was found, in a few words.
        problem: what is wrong with it, or empty.
    """

    place: str
    seen: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a diagnosis looks at; the defaults are a machine without a fault.

    Attributes:
        bwrap: bubblewrap.
        first_bwrap: the first `bwrap` in PATH, or empty.
        helpers: the other programs that launches start.
        settings: kernel settings that were there: dotted name to text.
        filters: whether the kernel has system call filters.
        filtered: whether this process itself has a filter, as in a container.
        container: what says that this is a container, or empty.
        masked_proc: paths below `/proc` that something is mounted over.
        root_kind: kind of file system at `/`.
        controllers: control groups that were tried.
        favoured: whether version 2 is mounted with `favordynmods`; None without version 2.
        modules: security modules of the kernel that are active.
        uid: whom the shim runs as.
        workspace: the workspace that was asked about.
        identity: whom commands run as, in words, or empty.
        no_identity: why there is nobody, or empty.
        identity_help: how to mend that, or empty.
        closed: first directory on the way to the workspace that is closed to the identity.
        probe: the launch that was tried, or None if bubblewrap was not fit for one.
        opa: the decision point, if one was named.
        audit: the log, if one was named.
    """

    bwrap: Program = Program("/usr/bin/bwrap", version="0.8.0")
    first_bwrap: str = "/usr/bin/bwrap"
    helpers: tuple[Program, ...] = (
        Program("/usr/bin/setpriv"), Program("/usr/bin/prlimit"), Program("/usr/bin/nice"),
        Program("/bin/sh"),
    )  # fmt: skip
    settings: Mapping[str, str] = field(default_factory=dict)
    filters: bool = True
    filtered: bool = False
    container: str = ""
    masked_proc: tuple[str, ...] = ()
    root_kind: str = "ext4"
    controllers: tuple[Controller, ...] = (
        Controller("memory", 2), Controller("pids", 2), Controller("cpu", 2),
    )  # fmt: skip
    favoured: bool | None = True
    modules: tuple[str, ...] = ()
    uid: int = 1000
    workspace: str = "/srv/project"
    identity: str = "uid 1000"
    no_identity: str = ""
    identity_help: str = ""
    closed: str = ""
    probe: Probe | None = Probe()
    opa: Asking | None = None
    audit: Asking | None = None
