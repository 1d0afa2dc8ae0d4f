"""How one spec's commands are confined: derived at compile time, obeyed at launch.

Layer: core (leaf). The plan is part of the signed bundle, so that
the sandbox is reviewed together with the policy. It speaks of the host only through root
tags (`.` workspace, `~` home, `/`); the launch resolves them. Everything in it is enforced
or checked by the launch, which refuses what it cannot meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from wilkc.core.closed_json import from_json, to_json

Level = Literal["strict", "moderate", "minimal"]
Context = Literal["isolated", "shared"]
Isolation = Literal["namespace", "container", "process"]
Network = Literal["none", "restricted", "bridge"]
Filesystem = Literal["readonly", "restricted", "full"]
Process = Literal["isolated", "shared"]
Access = Literal["read", "write"]
Action = Literal["read", "execute", "write"]
How = Literal["file", "tree", "each"]
GapAction = Literal["read", "write", "delete"]
Enforcement = Literal["hard", "soft", "monitoring"]
Resource = Literal["cpu", "memory", "disk", "network"]
Unit = Literal["percent", "bytes", "bytes_per_second", "weight"]
Violation = Literal["terminate", "deny"]
WriteGap = Literal["refuse", "narrow", "postcheck"]

MIB: Final = 1024 * 1024
WHOLE: Final = "sandbox.isolation.filesystem"
"""In place of a rule's id: the key that shows the whole host."""
SECRETS: Final = (
    "~/.ssh/**", "~/.aws/**", "~/.gnupg/**", "~/.kube/**", "~/.docker/**", "~/.netrc/**",
    "~/.config/gcloud/**", "/etc/shadow/**", "/etc/gshadow/**", "/etc/ssl/private/**",
    "/etc/ssh/ssh_host_*/**", "./.wilk/**", "~/.wilk/**", ".wilk-quarantine",
)  # fmt: skip
"""Hidden whatever the policy says, and mounted by no rule: keys, password files, Wilk's own state.

They are block patterns, so each holds for what it names and for everything below.
"""


@dataclass(frozen=True, slots=True)
class Mount:
    """One explicit file pattern, as far as the kernel can keep it.

    Attributes:
        action: what the rule grants; only `write` makes the mount writable.
        how: `file` binds the one path, `tree` binds the base and all below it, `each` binds
            every existing file that matches the pattern, alone.
        base: literal base in root-tag form, for example `./reports`.
        pattern: the explicit pattern, for example `./reports/**`.
        sample: a path that the rule allows; the launch asks the policy about it.
        rule: id of the rule.
        file: the spec's path as given to the compiler.
        line: line of the rule, from 1.
        postcheck: whether new and changed paths are judged after the launch.
    """

    action: Action
    how: How
    base: str
    pattern: str
    sample: str
    rule: str
    file: str
    line: int
    postcheck: bool

    @property
    def access(self) -> Access:
        """Whether the mount may be written; a mount cannot tell reading from executing."""
        return "write" if self.action == "write" else "read"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the kernel lets pass that the policy denies.

    Attributes:
        action: the action that processes can do and the policy denies.
        rule: id of the rule whose mount is wider than what is allowed, or of the block whose
            names cannot be masked before they exist.
        line: its line, from 1.
        base: what is mounted, in root-tag form.
        witness: a shortest path that processes can reach and the policy denies; empty where
            it could not be proved that there is none.
        postcheck: whether such paths are judged after the launch and moved away.
    """

    action: GapAction
    rule: str
    line: int
    base: str
    witness: str
    postcheck: bool


@dataclass(frozen=True, slots=True)
class Quantity:
    """The limit of one resource.

    Attributes:
        max: the limit, in `unit`.
        warning: where a warning is due, in `unit`, at most `max`.
        unit: percent of one core, bytes, bytes per second, or a relative weight.
        enforcement: what happens at the limit.
    """

    max: int
    warning: int
    unit: Unit
    enforcement: Enforcement


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of one launch. Sizes in bytes, times as named.

    Attributes:
        cpu: share of processor time; 100 percent is one core.
        memory: of all processes together.
        disk: written in the launch.
        network: carried by the proxy.
        connections: open at once.
        wall_clock_ms: from start to the end of the launch.
        cpu_time_ms: processor time of all processes, or None for no limit of its own.
        priority: 1 (lowest) to 10.
        pids: processes and threads at once.
        tmp: size of the private temporary directory, and of the private home.
        shm: size of `/dev/shm`.
        file_size: largest file that can be written, or None.
        open_files: descriptors per process.
        output: bytes of standard output and standard error together.
        monitor_interval_s: between two samples of usage.
    """

    cpu: Quantity = Quantity(100, 80, "percent", "hard")
    memory: Quantity = Quantity(256 * MIB, 256 * MIB * 80 // 100, "bytes", "hard")
    disk: Quantity = Quantity(256 * MIB, 256 * MIB * 80 // 100, "bytes", "hard")
    network: Quantity = Quantity(50 * MIB, 40 * MIB, "bytes", "hard")
    connections: int = 5
    wall_clock_ms: int = 60_000
    cpu_time_ms: int | None = None
    priority: int = 10
    pids: int = 128
    tmp: int = 64 * MIB
    shm: int = 16 * MIB
    file_size: int | None = None
    open_files: int = 1024
    output: int = 10 * MIB
    monitor_interval_s: int = 5


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable with a value that the policy gives."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Environment:
    """Variables a command sees beside the fixed ones.

    Attributes:
        allow: name globs let through from the caller.
        block: name globs cut off.
        set: names with values from the policy.
    """

    allow: tuple[str, ...] = ()
    block: tuple[str, ...] = ()
    set: tuple[Variable, ...] = ()


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """Everything a launch needs to know of one spec; the default is the strictest plan.

    Attributes:
        level: which defaults and floors hold.
        context: whether private directories outlive a launch.
        isolation: kind of boundary.
        network: `restricted` lets nothing out but the proxy's connections.
        filesystem: what of the host is in view.
        process: whether host processes are in view.
        write_gap: what is done where a write rule is narrower than a mount: such a spec does
            not compile, the files that exist are mounted, or what was written is judged after.
        mounts: file rules as mounts, by rule order.
        hidden: explicit block patterns; what matches is masked.
        frozen: explicit patterns; what matches stays read-only inside writable mounts,
            beside the names that always do.
        gaps: what the kernel cannot keep apart although the policy does.
        limits: resource limits.
        environment: variables.
        run: whether child processes may be started.
        seccomp: whether a system call filter is loaded.
        apparmor: whether an AppArmor profile must confine the command.
        selinux: whether an SELinux domain must confine the command.
        unix_sockets: whether unix sockets may be made.
        degraded: layers that may be missing: `cgroup`, `pid`, `seccomp`.
        run_as: user name to run as when started by root, or empty.
        allow_root: whether a workspace owned by root may be served as root.
        runtime_paths: further program trees shown read-only, absolute.
        violation: what a violation of a running command leads to.
        monitoring: whether use of resources is sampled; without it a hard limit that only
            samples keep refuses the launch.
        fold: whether path rules ignore case.
        screen_personal: whether personal data in what executed code gives back is a violation,
            as secrets in it always are.
    """

    level: Level = "strict"
    context: Context = "isolated"
    isolation: Isolation = "namespace"
    network: Network = "none"
    filesystem: Filesystem = "restricted"
    process: Process = "isolated"
    write_gap: WriteGap = "narrow"
    mounts: tuple[Mount, ...] = ()
    hidden: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    limits: Limits = Limits()
    environment: Environment = Environment()
    run: bool = True
    seccomp: bool = True
    apparmor: bool = False
    selinux: bool = False
    unix_sockets: bool = False
    degraded: tuple[str, ...] = ()
    run_as: str = ""
    allow_root: bool = False
    runtime_paths: tuple[str, ...] = ()
    violation: Violation = "terminate"
    monitoring: bool = True
    fold: bool = False
    screen_personal: bool = False

    def as_json(self) -> dict[str, Any]:
        """The member of the bundle's data."""
        encoded: dict[str, Any] = to_json(self)
        return encoded

    @classmethod
    def from_json(cls, value: Any) -> SandboxPlan:
        """Read a plan from the bundle's data.

        Raises:
            ValueError: a member is missing, unknown or of the wrong kind.
        """
        return from_json(cls, value, "sandbox")
