"""What a launch may use up, with control groups and without."""

from __future__ import annotations

import os
from typing import Any

from wilkc.runtime.sandbox.groups import CONTROLLERS, find_hierarchies, make_group

MIB = 1024 * 1024


def test_files_are_no_larger_than_allowed(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = spec(write=("./out/**",)).limited(file_size=MIB)
    assert work.sh(rules, "head -c 1M /dev/zero > out/a").exit == 0
    assert work.sh(rules, "head -c 2M /dev/zero > out/b").exit != 0
    assert (work.path / "out/b").stat().st_size == MIB


def test_processes_are_bounded(work: Any, spec: Any) -> None:
    script = "for i in $(seq 60); do sleep 3 & done; wait"
    ended = work.sh(spec().limited(pids=20, wall_clock_ms=5000), script)
    assert "fork" in ended.stderr.lower()
    ended = work.sh(spec().limited(pids=100), "for i in $(seq 60); do sleep 0.01 & done; wait")
    assert ended.stderr == ""


def test_memory_is_bounded_by_a_group(root_work: Any, spec: Any, require: Any) -> None:
    group = make_group(f"wilk-probe-{os.getpid()}", find_hierarchies())
    group.remove()
    if set(group.places) != set(CONTROLLERS):
        require("cgroup", "no control group can be made here")
    rules = spec(level="strict", degraded=())
    eat = ("/usr/bin/python3", "-c", "x = bytearray(128 * 2**20); print(len(x))")
    small = rules.limited(memory=_memory(rules, 64))
    ended = root_work.run(small, *eat)
    assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "memory")
    assert ended.launch["limits"]["memory"]["strength"] == "enforced"
    assert root_work.run(rules, *eat).stdout.strip() == str(128 * MIB)


def test_memory_is_bounded_for_each_process_without_a_group(user_work: Any, spec: Any) -> None:
    eat = ("/usr/bin/python3", "-c", "x = bytearray(128 * 2**20); print(len(x))")
    rules = spec()
    ended = user_work.run(rules.limited(memory=_memory(rules, 64)), *eat)
    assert ended.exit != 0
    assert "MemoryError" in ended.stderr
    assert user_work.run(rules, *eat).exit == 0


def test_strict_needs_a_group(user_work: Any, spec: Any) -> None:
    ended = user_work.sh(spec(level="strict", degraded=()), "true")
    if ended.kind == "exited":  # a user with a delegated group gets what strict asks for
        assert ended.launch["limits"]["memory"]["strength"] == "enforced"
        assert ended.launch["limits"]["pids"]["strength"] == "enforced"
    else:
        assert (ended.status, ended.detail) == (120, "sandbox.limit_not_enforceable")
        assert "degraded: [cgroup]" in ended.help


def test_a_degraded_launch_says_so(user_work: Any, spec: Any) -> None:
    ended = user_work.sh(spec(), "true")
    assert ended.launch["degraded"] == ["cgroup"]
    assert ended.launch["limits"]["memory"]["strength"] in {"sampled", "enforced"}


def _memory(rules: Any, mib: int) -> Any:
    return type(rules.plan.limits.memory)(mib * MIB, mib * MIB, "bytes", "hard")
