"""From what was seen of a machine to rows: each fault beside the machine without it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wilkc.runtime.host import diagnose, not_enforceable
from wilkc.runtime.host.facts import Asking, Controller, Facts, Probe, Program

BWRAP = "/usr/bin/bwrap"
SOUND = Facts()
NOT_STARTED = "bwrap: setting up uid map: Permission denied"


def _failed(words: str) -> Probe:
    return Probe(words=words, seccomp=None)


FAULTS: list[tuple[dict[str, Any], str, str, str, str]] = [
    ({"bwrap": Program(BWRAP, mode=None)}, "bubblewrap", "missing", "not there", "apt-get"),
    ({"bwrap": Program(BWRAP, 0o4755)}, "bubblewrap", "missing", "CVE-2020-5291", "chmod u-s"),
    ({"bwrap": Program(BWRAP, 0o2755)}, "bubblewrap", "missing", "setgid", "chmod u-s"),
    ({"bwrap": Program(BWRAP, 0o775)}, "bubblewrap", "missing", "replaced", "chmod 0755"),
    ({"bwrap": Program(BWRAP, 0o757)}, "bubblewrap", "missing", "replaced", "chmod 0755"),
    ({"bwrap": Program(BWRAP, 0o755, 1000)}, "bubblewrap", "missing", "replaced", "chown root"),
    ({"bwrap": Program(BWRAP, version="bubblewrap 0.4.0", lacks="--disable-userns")},
     "bubblewrap", "missing", "bubblewrap 0.4.0 has no `--disable-userns`", "0.8 or later"),
    ({"first_bwrap": "/home/dev/bwrap"}, "bubblewrap-in-path", "degraded", "/home/dev/bwrap",
     "remove"),
    ({"helpers": (Program("/usr/bin/prlimit", mode=None),)}, "prlimit", "missing", "run",
     "install"),
    ({"helpers": (Program("/usr/bin/nice", 0o777),)}, "nice", "missing", "replaced", "chown"),
    ({"settings": {"kernel.unprivileged_userns_clone": "0"}}, "user-namespaces", "missing",
     "unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1"),
    ({"probe": _failed("bwrap: No permissions to create new namespace"),
      "container": "/.dockerenv"}, "user-namespaces", "missing", "/.dockerenv",
     "seccomp profile"),
    ({"settings": {"user.max_user_namespaces": "0"}}, "user-namespace-limit", "missing",
     "needs 2", "user.max_user_namespaces=1024"),
    ({"settings": {"user.max_user_namespaces": "1"}}, "user-namespace-limit", "missing",
     "is 1, a launch needs 2", "user.max_user_namespaces=1024"),
    ({"settings": {"user.max_user_namespaces": "0"}, "filtered": True},
     "user-namespace-limit", "missing", "is 0", "start wilkc outside"),
    *[({"settings": {f"user.max_{kind}_namespaces": "0"}}, f"{kind}-namespace-limit", "missing",
       "needs 1", f"user.max_{kind}_namespaces=1024")
      for kind in ("net", "pid", "mnt", "uts", "ipc", "cgroup")],
    ({"settings": {"kernel.apparmor_restrict_unprivileged_userns": "1"},
      "probe": _failed(NOT_STARTED)}, "apparmor-user-namespaces", "missing", "is 1", "userns,"),
    ({"filters": False}, "seccomp", "missing", "no system call filters", "CONFIG_SECCOMP"),
    ({"probe": Probe(seccomp=0)}, "seccomp", "missing", "mode 0", "CONFIG_SECCOMP_FILTER"),
    ({"masked_proc": ("/proc/kcore",), "probe": _failed(
        "bwrap: Can't mount proc on /newroot/proc: Operation not permitted")},
     "proc", "missing", "/proc/kcore", "unmasked"),
    ({"root_kind": "rootfs"}, "root-file-system", "missing", "initramfs", "pivot_root"),
    ({"no_identity": "nobody suits", "identity_help": "name one"}, "identity", "missing",
     "nobody suits", "name one"),
    ({"closed": "/root"}, "workspace", "missing", "`/root` is closed", "run_as"),
    ({"controllers": (Controller("memory", 0),)}, "cgroup-memory", "degraded", "RLIMIT_AS",
     "Delegate=yes"),
    ({"controllers": (Controller("pids", 0),)}, "cgroup-pids", "degraded", "RLIMIT_NPROC",
     "degraded: [cgroup]"),
    ({"controllers": (Controller("cpu", 0),)}, "cgroup-cpu", "degraded", "sampled", "Delegate"),
    ({"probe": None}, "launch", "missing", "not fit", "first"),
    ({"probe": _failed("bwrap: pivot_root: Operation not permitted")}, "launch", "missing",
     "initramfs, or a filter", "root file system"),
    ({"probe": _failed("bwrap: Failed to make / slave: Operation not permitted")}, "launch",
     "missing", "forbids mounts", "container's options"),
    ({"probe": _failed("bwrap: something new")}, "launch", "missing", "something new", "strace"),
    ({"probe": Probe(wrong="the command read what is hidden")}, "launch", "missing",
     "read what is hidden", "verify-host"),
    ({"probe": Probe(capabilities="00000000a80425fb")}, "launch", "missing", "a80425fb",
     "verify-host"),
    ({"probe": Probe(proxy="Connection refused")}, "egress-proxy", "degraded",
     "Connection refused", "network: restricted"),
    ({"opa": Asking("/s", problem="no decision comes")}, "opa", "missing", "no decision",
     "wilkc serve"),
    ({"audit": Asking("/a", problem="cannot be written")}, "audit-log", "missing",
     "cannot be written", "local file system"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "name", "state", "seen", "fix"), FAULTS)
def test_a_fault_has_its_row(  # a table row
    changes: dict[str, Any], name: str, state: str, seen: str, fix: str
) -> None:
    rows = {row.name: row for row in diagnose(replace(SOUND, **changes))}
    assert rows[name].state == state
    assert seen in rows[name].seen
    assert fix in rows[name].fix
    assert not_enforceable(rows.values(), strict=True)
    assert bool(not_enforceable(rows.values(), strict=False)) is (
        "missing" in {row.state for row in rows.values()}
    )


def test_a_sound_machine_has_nothing_to_mend() -> None:
    rows = diagnose(replace(SOUND, opa=Asking("/s", "answers"), audit=Asking("/a", "writable")))
    assert {row.state for row in rows} == {"ok"}
    assert [row.fix for row in rows if row.fix] == []
    assert {"opa", "audit-log"} <= {row.name for row in rows}
    assert not not_enforceable(rows, strict=True)


def test_what_nobody_named_has_no_row() -> None:
    assert not {"opa", "audit-log"} & {row.name for row in diagnose(SOUND)}


@pytest.mark.parametrize(
    ("changes", "name", "seen"),
    [
        ({"settings": {"kernel.unprivileged_userns_clone": "0"}, "uid": 0}, "user-namespaces", ""),
        ({"settings": {"user.max_user_namespaces": "2"}}, "namespace-limits", "1 limits"),
        ({"settings": {"kernel.apparmor_restrict_unprivileged_userns": "1"}},
         "apparmor-user-namespaces", "a profile allows"),
        ({"masked_proc": ("/proc/acpi",)}, "proc", "a new one works"),
        ({"modules": ("landlock", "apparmor")}, "security-modules", "landlock, apparmor"),
        ({"favoured": False}, "cgroup-mount", "without favordynmods"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_fault_is_none(
    changes: dict[str, Any], name: str, seen: str
) -> None:
    rows = {row.name: row for row in diagnose(replace(SOUND, **changes))}
    assert rows[name].state == "ok"
    assert seen in rows[name].seen


def test_a_degraded_layer_is_enough_unless_strict() -> None:
    rows = diagnose(replace(SOUND, controllers=(Controller("memory", 0),)))
    assert not not_enforceable(rows, strict=False)
    assert [row.name for row in not_enforceable(rows, strict=True)] == ["cgroup-memory"]


def test_every_row_that_is_not_ok_says_how_to_mend_it() -> None:
    for changes, *_ in FAULTS:
        rows = diagnose(replace(SOUND, **changes))
        assert all(bool(row.fix) is (row.state != "ok") for row in rows)
