"""What a launch shows to its command, as values. Layer: runtime. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wilkc.runtime.sandbox.names import is_within

if TYPE_CHECKING:
    from wilkc.core.sandbox_plan import Access, Action


MaskKind = Literal["hide_file", "hide_directory", "freeze", "empty_file", "empty_directory"]


@dataclass(frozen=True, slots=True)
class Bind:
    """A part of the host, at its own real path.

    Attributes:
        path: real path, source and destination at once.
        action: what the rule grants; only `write` makes it writable.
        fd: O_PATH descriptor of the source where bubblewrap takes one, else None.
        device: device number of the source.
        inode: inode number of the source.
        rule: id of the rule that asked for it.
        line: the rule's line.
    """

    path: str
    action: Action
    fd: int | None
    device: int
    inode: int
    rule: str
    line: int

    @property
    def access(self) -> Access:
        """Whether it may be written."""
        return "write" if self.action == "write" else "read"


@dataclass(frozen=True, slots=True)
class Lent:
    """A directory of the host that stands in the place of a private one.

    Attributes:
        source: real path on the host.
        path: where the sandbox has it.
        fd: O_PATH descriptor of the source where bubblewrap takes one, else None.
        device: device number of the source.
        inode: inode number of the source.
    """

    source: str
    path: str
    fd: int | None
    device: int
    inode: int


@dataclass(frozen=True, slots=True)
class Mask:
    """A path cut out of a bind.

    Attributes:
        path: real path.
        kind: `hide_*` unreadable; `freeze` the thing itself, read-only; `empty_*` a read-only
            nothing where nothing is.
        ghost: whether bubblewrap leaves an empty file or directory on the host for it.
    """

    path: str
    kind: MaskKind
    ghost: bool = False


@dataclass(frozen=True, slots=True)
class Static:
    """One entry of the fixed part of the view: a bind, a link, or a file of given bytes."""

    kind: Literal["bind", "link", "data"]
    source: str
    path: str


@dataclass(frozen=True, slots=True)
class View:
    """Everything that decides the argument list.

    Attributes:
        static: programs and the minimal `/etc`.
        home: private home directory.
        cwd: working directory of the command.
        tmp: size of the private temporary and home directories, in bytes.
        shm: size of `/dev/shm`, in bytes.
        environment: names and values, sorted.
        binds: file rules as mounts, shallow first.
        pins: directories bound onto themselves so that they cannot be moved, shallow first.
        masks: frozen first, then hidden, each shallow first.
        whole: whether the whole host is in view, read-only, below everything else.
        shared: whether the processes of the host are its own; then there is no `/proc`.
        lent: directories in the place of the private ones, where they outlive the launch.
    """

    static: tuple[Static, ...]
    home: str
    cwd: str
    tmp: int
    shm: int
    environment: tuple[tuple[str, str], ...]
    binds: tuple[Bind, ...] = ()
    pins: tuple[str, ...] = ()
    masks: tuple[Mask, ...] = ()
    whole: bool = False
    shared: bool = False
    lent: tuple[Lent, ...] = ()

    @property
    def bare_workspace(self) -> bool:
        """Whether no rule mounts the workspace itself.

        It then is an empty read-only place for what is mounted inside it, even where it
        lies below a private directory: a write fails instead of getting lost.
        """
        return not self.whole and not any(is_within(self.cwd, bind.path) for bind in self.binds)


@dataclass(frozen=True, slots=True)
class Handles:
    """Descriptors that bubblewrap reads from and writes to.

    Attributes:
        status: where it writes its status documents.
        block: what it waits for before it starts the command.
        seccomp: the filter, or None for no filter.
        data: per path of a `data` entry or an `empty_file` mask, a descriptor of its bytes.
    """

    status: int
    block: int
    seccomp: int | None
    data: dict[str, int]


def depth(path: str) -> int:
    """Number of components of a path."""
    return sum(1 for part in path.split("/") if part)
