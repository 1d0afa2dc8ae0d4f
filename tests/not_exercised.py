"""What no test can exercise on this machine; the summary of a run says so."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

from wilkc.runtime.sandbox.groups import CONTROLLERS, IO, find_hierarchies, make_group

UNAVAILABLE = ("network: bridge (nft)", "isolation: container (podman, docker)")
"""What this version refuses: the refusal is tested, and nothing else."""


def not_exercised() -> list[str]:
    """What of the sandbox this machine has no means for, in a few words each."""
    return lacks(
        platform.machine(),
        [one.version for one in find_hierarchies() if "memory" in one.controllers],
        _modules(),
        frozenset(CONTROLLERS) - makeable(),
    )


@cache
def makeable() -> frozenset[str]:
    """The controllers of which this process can make control groups here."""
    group = make_group(f"wilk-asked-{os.getpid()}", find_hierarchies(), (*CONTROLLERS, IO))
    group.remove()
    return frozenset(group.places)


def may_lack(name: str) -> bool:
    """Whether something that is demanded cannot be had on a machine like this."""
    return name == "cgroup" and not frozenset(CONTROLLERS) <= makeable()


def lacks(
    machine: str, versions: list[int], modules: set[str], unmade: frozenset[str] = frozenset()
) -> list[str]:
    """The same, of facts.

    Args:
        machine: as `uname -m` says it.
        versions: of control groups that have the memory controller.
        modules: active security modules.
        unmade: controllers of which no group can be made.
    """
    found = [] if machine == "aarch64" else ["the aarch64 filter in a kernel"]
    found += [] if machine == "x86_64" else ["the x86_64 filter in a kernel"]
    found += [] if 2 in versions else ["limits by cgroup v2"]
    found += [] if 1 in versions else ["limits by cgroup v1"]
    found += ["control groups, as none can be made"] if unmade else []
    found += [] if "apparmor" in modules else ["AppArmor"]
    found += [] if "selinux" in modules else ["SELinux"]
    return [*found, *UNAVAILABLE]


def _modules() -> set[str]:
    try:
        return set(Path("/sys/kernel/security/lsm").read_text(encoding="ascii").strip().split(","))
    except OSError:
        return set()
