"""The `sandbox:` section, both shapes. Layer: spec.

Quantities stay as written: which units a resource takes is decided where the plan is made.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, Field, WithJsonSchema

from wilkc.spec.models.base import (
    AllowedPath,
    BlockedPath,
    Count,
    Duration,
    HostText,
    Section,
    Size,
    Words,
)

_QUANTITY = {
    "anyOf": [
        {"type": "integer", "minimum": 0},
        {
            "type": "string",
            "pattern": "^[0-9]{1,16}(?:[.][0-9]{1,2})?(?: ?(?:%|B|[KMGT]i?B)(?:/s)?)?$",
        },
    ]
}
"""What editors are told of a quantity of any kind."""
Quantity = Annotated[int | str, WithJsonSchema(_QUANTITY)]
Enforcement = Literal["hard", "soft", "monitoring"]


class SandboxIsolation(Section):
    """Namespaces, view and level.

    Attributes:
        type: how commands are confined, e.g. `namespace`
        network: whether there is a network, e.g. `none`
        filesystem: how much of the file system is seen, e.g. `restricted`
        process: whether other processes are seen, e.g. `isolated`
        level: how strictly missing layers are taken, e.g. `strict`
        context: whether launches share their private folders, e.g. `isolated`
    """

    type: Literal["namespace", "container", "process"] | None = None
    network: Literal["none", "restricted", "bridge"] | None = None
    filesystem: Literal["readonly", "restricted", "full"] | None = None
    process: Literal["isolated", "shared"] | None = None
    level: Literal["strict", "moderate", "minimal"] | None = None
    context: Literal["isolated", "shared"] | None = None


class CpuLimit(Section):
    """Share of the processor, and the second shape's time and priority.

    Attributes:
        max: share of one processor core, e.g. `100%`
        warning_threshold: where a warning is due, e.g. `80%`
        enforcement: what happens at the limit, e.g. `hard`
        time_limit: milliseconds of processor time, e.g. `5000`
        priority: from 1, the lowest, to 10, e.g. `1`
    """

    max: Quantity | None = None
    warning_threshold: Quantity | None = None
    enforcement: Enforcement | None = None
    time_limit: Count | None = Field(default=None, alias="timeLimit")
    priority: int | None = Field(default=None, ge=1, le=10)


class MemoryLimit(Section):
    """Bytes of memory; `limit` and `threshold` are the second shape's names.

    Attributes:
        max: memory of all processes together, e.g. `512MB`
        warning_threshold: where a warning is due, e.g. `400MB`
        enforcement: what happens at the limit, e.g. `hard`
        limit: the same as `max`, e.g. `256MB`
        threshold: the same as `warning_threshold`, e.g. `200MB`
    """

    max: Quantity | None = None
    warning_threshold: Quantity | None = None
    enforcement: Enforcement | None = None
    limit: Size | None = None
    threshold: Size | None = None


class DiskLimit(Section):
    """Bytes written, a rate, or a weight.

    Attributes:
        max: bytes written, a rate or a weight, e.g. `1GB`
        warning_threshold: where a warning is due, e.g. `80%`
        enforcement: what happens at the limit, e.g. `soft`
    """

    max: Quantity | None = None
    warning_threshold: Quantity | None = None
    enforcement: Enforcement | None = None


class NetworkLimit(Section):
    """Bytes through the proxy, and connections.

    Attributes:
        max: bytes carried by the proxy, e.g. `50MB`
        warning_threshold: where a warning is due, e.g. `80%`
        enforcement: what happens at the limit, e.g. `monitoring`
        max_connections: connections open at once, e.g. `5`
        allowed_hosts: hosts that may be reached, e.g. `['api.example.com']`
    """

    max: Quantity | None = None
    warning_threshold: Quantity | None = None
    enforcement: Enforcement | None = None
    max_connections: Count | None = Field(
        default=None, validation_alias=AliasChoices("max_connections", "maxConnections")
    )
    allowed_hosts: tuple[HostText, ...] | None = Field(default=None, alias="allowedHosts")


class SandboxResources(Section):
    """Limits of one launch.

    Attributes:
        cpu: share of the processor, e.g. `{max: 100%}`
        memory: memory of all processes, e.g. `{max: 512MB}`
        disk: bytes written, e.g. `{max: 1GB}`
        network: bytes carried, and connections, e.g. `{max_connections: 5}`
    """

    cpu: CpuLimit | None = None
    memory: MemoryLimit | None = None
    disk: DiskLimit | None = None
    network: NetworkLimit | None = None


class SandboxSecurity(Section):
    """Kernel security modules and the system call filter.

    Attributes:
        seccomp: whether system calls are filtered, e.g. `true`
        apparmor: whether an AppArmor profile is wanted, e.g. `false`
        selinux: whether an SELinux label is wanted, e.g. `false`
        capabilities: capabilities that the command keeps, e.g. `[]`
    """

    seccomp: bool | None = None
    apparmor: bool | None = None
    selinux: bool | None = None
    capabilities: tuple[Words, ...] | None = None


class SandboxPermissions(Section):
    """The second shape's words.

    Attributes:
        allow: words for what is allowed, e.g. `[crypto, net]`
        deny: words for what is denied, e.g. `[fs, run]`
    """

    allow: tuple[Words, ...] | None = None
    deny: tuple[Words, ...] | None = None


class Sandbox(Section):
    """How commands are confined.

    Attributes:
        permissions: words for what is allowed and denied, e.g. `{allow: [crypto], deny: [fs]}`
        isolation: namespaces, view and level, e.g. `{level: strict, network: none}`
        resources: limits of one launch, e.g. `{memory: {max: 512MB}}`
        security: kernel security modules and the system call filter, e.g. `{seccomp: true}`
        run_as: user that the command runs as, e.g. `nobody`
        allow_root: whether the command may run as root, e.g. `false`
        runtime_paths: where programs and libraries lie, read-only, e.g. `['/opt/tools/**']`
        protected: paths that stay read-only where a rule grants writing, e.g. `['Makefile']`
        unix_sockets: whether unix sockets may be made, e.g. `false`
        write_gap: what to do where a mount is wider than a write rule, e.g. `narrow`
        monitor_interval_s: seconds between two samples of use, e.g. `5`
        wall_clock_s: longest time of a launch, e.g. `60`
        pids: processes and threads at once, e.g. `128`
        tmp: size of the private temporary folder, e.g. `64MB`
        shm: size of `/dev/shm`, e.g. `16MB`
        open_files: files that a process may have open, e.g. `1024`
        output_max: bytes of output that are kept, e.g. `10MB`
        degraded: layers without which a launch is still wanted, e.g. `[cgroup]`
    """

    permissions: SandboxPermissions | None = None
    isolation: SandboxIsolation | None = None
    resources: SandboxResources | None = None
    security: SandboxSecurity | None = None
    run_as: Words | None = None
    allow_root: bool | None = None
    runtime_paths: tuple[AllowedPath, ...] | None = None
    protected: tuple[BlockedPath, ...] | None = None
    unix_sockets: bool | None = None
    write_gap: Literal["narrow", "postcheck", "refuse"] | None = None
    monitor_interval_s: int | None = Field(default=None, ge=1, le=60)
    wall_clock_s: Duration | None = None
    pids: int | None = Field(default=None, ge=1)
    tmp: Size | None = None
    shm: Size | None = None
    open_files: int | None = Field(default=None, ge=1)
    output_max: Size | None = None
    degraded: tuple[Literal["cgroup", "pid", "seccomp"], ...] | None = None
