"""Control groups of both versions: what is written, what is read, how strongly it binds.

The kernel's own files where it has the controllers; for the others folders of the same names.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.sandbox_plan import MIB, Limits, Quantity, SandboxPlan
from wilkc.runtime.sandbox.controls import half_of_memory
from wilkc.runtime.sandbox.gauge import Gauge
from wilkc.runtime.sandbox.groups import (
    CONTROLLERS,
    IO,
    Group,
    Hierarchy,
    find_hierarchies,
    make_group,
)
from wilkc.runtime.sandbox.identity import Identity
from wilkc.runtime.sandbox.levers import Levers
from wilkc.runtime.sandbox.limits import asked_controllers, own_limits, reach, unkept
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.usage import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTITY = Identity(1000, 1000, None, drop=False)
ALL = (*CONTROLLERS, IO)
DISKS = ("8:0", "8:16")
SOFT = Quantity(100, 80, "bytes", "soft")
RATE = Quantity(20 * MIB, 16 * MIB, "bytes_per_second", "hard")


@pytest.fixture
def new(tmp_path: Path) -> Group:
    """A group in a folder tree that looks like version 2."""
    own = tmp_path / "user.slice" / "a.scope"
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpu memory pids io hugetlb")
    (own / "cgroup.subtree_control").write_text("cpu memory pids io")
    mounts = f"cgroup2 {tmp_path} cgroup2 rw 0 0\n"
    found = find_hierarchies("0::/user.slice/a.scope\n", mounts)
    assert [(one.version, one.parent, set(one.controllers)) for one in found] == [
        (2, own, set(ALL))
    ]
    group = make_group("wilk-x", found, ALL)
    assert group.directories() == {own / "wilk-x"}
    return group


@pytest.fixture
def old(tmp_path: Path) -> Group:
    """A group in folder trees that look like version 1."""
    names = ("memory", "pids", "cpu", "blkio")
    for name in names:
        (tmp_path / name / "own").mkdir(parents=True)
    mounts = "".join(f"cgroup {tmp_path}/{name} cgroup rw,{name} 0 0\n" for name in names)
    own = "4:blkio:/own\n3:memory:/own\n2:pids:/own\n1:cpu,cpuacct:/own\n0::/\n"
    return make_group("wilk-x", find_hierarchies(own, mounts), ALL)


def _read(group: Group, controller: str, name: str) -> str:
    return (group.places[controller][1] / name).read_text()


def test_hard_limits_of_version_2(new: Group) -> None:
    limits = Limits(disk=RATE)
    new.apply(limits, DISKS)
    assert _read(new, "pids", "pids.max") == str(limits.pids + 2)
    assert _read(new, "cpu", "cpu.max") == "100000 100000"
    assert _read(new, "memory", "memory.max") == str(256 * MIB)
    assert _read(new, "memory", "memory.swap.max") == "0"
    assert _read(new, "memory", "memory.oom.group") == "1"
    assert _read(new, "io", "io.max") == f"8:16 rbps={20 * MIB} wbps={20 * MIB}"


def test_hard_limits_of_version_1(old: Group) -> None:
    old.apply(Limits(disk=RATE), DISKS)
    assert _read(old, "memory", "memory.limit_in_bytes") == str(256 * MIB)
    assert _read(old, "memory", "memory.memsw.limit_in_bytes") == str(256 * MIB)
    assert _read(old, "cpu", "cpu.cfs_quota_us") == "100000"
    assert _read(old, "io", "blkio.throttle.write_bps_device") == f"8:16 {20 * MIB}"
    assert _read(old, "io", "blkio.throttle.read_bps_device") == f"8:16 {20 * MIB}"
    old.join(1)
    assert _read(old, "pids", "cgroup.procs") == "1"


@pytest.mark.parametrize("enforcement", ["soft", "monitoring"])
@pytest.mark.parametrize("version", ["new", "old"])
def test_what_only_warns_has_no_kernel_limit_but_the_host_s(
    request: pytest.FixtureRequest, version: str, enforcement: Any
) -> None:
    group: Group = request.getfixturevalue(version)
    quantity = Quantity(50, 40, "percent", enforcement)
    memory = Quantity(100, 80, "bytes", enforcement)
    disk = Quantity(100, 80, "bytes_per_second", enforcement)
    group.apply(Limits(cpu=quantity, memory=memory, disk=disk), DISKS)
    if version == "new":
        assert _read(group, "cpu", "cpu.max") == "max 100000"
        assert _read(group, "memory", "memory.max") == str(half_of_memory())
    else:
        assert _read(group, "cpu", "cpu.cfs_quota_us") == "-1"
        assert _read(group, "memory", "memory.limit_in_bytes") == str(half_of_memory())
    assert not list(group.places["io"][1].glob("*io*"))


@pytest.mark.parametrize("enforcement", ["soft", "monitoring"])
def test_what_only_warns_is_bounded_by_half_of_memory_without_a_group(
    new: Group, enforcement: Any
) -> None:
    warned = Limits(memory=Quantity(100, 80, "bytes", enforcement))
    assert own_limits(warned, Group(""))["as"] <= half_of_memory()
    assert own_limits(Limits(), Group(""))["as"] <= Limits().memory.max
    assert "as" not in own_limits(warned, new)


def test_soft_limits_slow_down_and_let_go_in_version_2(new: Group) -> None:
    limits = Limits(cpu=Quantity(50, 40, "percent", "soft"), memory=SOFT, disk=SOFT)
    new.apply(limits, DISKS)
    levers = Levers(limits, new, DISKS)
    levers.set(frozenset({"cpu", "memory", "disk"}))
    assert _read(new, "cpu", "cpu.max") == "50000 100000"
    assert _read(new, "memory", "memory.high") == "100"
    assert _read(new, "io", "io.max") == f"8:16 rbps={MIB} wbps={MIB}"
    levers.set(frozenset())
    assert _read(new, "cpu", "cpu.max") == "max 100000"
    assert _read(new, "memory", "memory.high") == "max"
    assert _read(new, "io", "io.max") == "8:16 rbps=max wbps=max"


def test_soft_limits_slow_down_and_let_go_in_version_1(old: Group) -> None:
    limits = Limits(memory=SOFT, disk=Quantity(9, 8, "bytes_per_second", "soft"))
    old.apply(limits, DISKS)
    levers = Levers(limits, old, DISKS)
    levers.set(frozenset({"memory"}))
    assert _read(old, "cpu", "cpu.cfs_quota_us") == "20000"
    levers.set(frozenset({"disk"}))
    assert _read(old, "cpu", "cpu.cfs_quota_us") == "100000"
    assert _read(old, "io", "blkio.throttle.write_bps_device") == "8:16 9"
    levers.set(frozenset())
    assert _read(old, "io", "blkio.throttle.write_bps_device") == "8:16 0"


def test_without_a_throttle_for_disks_time_is_reduced(old: Group) -> None:
    limits = Limits(disk=SOFT)
    levers = Levers(limits, old, ())
    levers.set(frozenset({"disk"}))
    assert _read(old, "cpu", "cpu.cfs_quota_us") == "20000"


def test_the_proxy_is_told_to_slow_down_and_to_go_on(old: Group) -> None:
    told: list[bool] = []
    levers = Levers(Limits(), old, (), told.append)
    for slow in ({"network"}, {"network"}, set()):
        levers.set(frozenset(slow))
    assert told == [True, False]


def test_readings_of_version_2(new: Group) -> None:
    top = new.places["cpu"][1]
    (top / "cpu.stat").write_text("usage_usec 2500000\nnr_throttled 3\nthrottled_usec 120000\n")
    (top / "memory.current").write_text("5000\n")
    (top / "memory.stat").write_text("anon 1000\ninactive_file 1500\n")
    (top / "memory.swap.current").write_text("7\n")
    (top / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
    (top / "pids.events").write_text("max 4\n")
    (top / "memory.peak").write_text("9000\n")
    (top / "io.stat").write_text(
        "8:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:0 rbytes=5 wbytes=5 rios=5\n"
    )
    usage = Gauge(os.getpid(), new).read()
    assert (usage.cpu_ms, usage.throttled_ms) == (2500, 120)
    assert (usage.memory, usage.swapped) == (3500, 7)
    disk = usage.disk
    assert (disk.read_ops, disk.write_ops, disk.read_bytes, disk.write_bytes) == (6, 2, 15, 25)
    assert (new.memory_kills(), new.pids_refused(), new.memory_peak()) == (1, 4, 9000)


def test_what_was_written_is_what_the_one_says_that_knows_most(new: Group) -> None:
    """A group knows it of children that ended unseen; of two disks one may stand on the other."""
    (new.places["cpu"][1] / "cpu.stat").write_text("usage_usec 1\n")
    told = new.places["io"][1] / "io.stat"
    told.write_text("8:0 wbytes=40000000000 wios=2\n254:0 wbytes=40000000000 wios=2\n")
    gauge = Gauge(os.getpid(), new, sized=True)
    assert gauge.read().disk.write_bytes == 40_000_000_000
    told.write_text("8:0 wbytes=0 wios=2\n")
    assert gauge.read().disk.write_bytes == 40_000_000_000
    assert (gauge.last.disk.write_ops, gauge.last.disk.read_bytes) == (2, 0)
    living = Gauge(os.getpid(), new, sized=True).read().disk.write_bytes
    assert living == Gauge(os.getpid(), Group("")).read().disk.write_bytes


def test_a_thread_that_ends_hides_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def tasks(path: str) -> list[str]:
        return ["0", *(entry.name for entry in os.scandir(path))]

    monkeypatch.setattr("wilkc.runtime.sandbox.usage.os.listdir", tasks)
    with subprocess.Popen(["sleep", "60"]) as process:
        assert process.pid in tree(os.getpid())
        process.kill()


def test_readings_of_version_1(old: Group) -> None:
    (old.places["cpu"][1] / "cpu.stat").write_text("nr_periods 1\nthrottled_time 80000000\n")
    memory = old.places["memory"][1]
    (memory / "memory.usage_in_bytes").write_text("5000\n")
    (memory / "memory.stat").write_text("inactive_file 1\ntotal_inactive_file 2000\ntotal_swap 3\n")
    (memory / "memory.oom_control").write_text("under_oom 0\noom_kill 2\n")
    io = old.places["io"][1]
    (io / "blkio.throttle.io_serviced_recursive").write_text("8:0 Read 4\n8:0 Write 6\nTotal 10\n")
    usage = Gauge(os.getpid(), old).read()
    assert (usage.throttled_ms, usage.memory, usage.swapped) == (80, 3000, 3)
    assert (usage.disk.read_ops, usage.disk.write_ops) == (4, 6)
    assert old.memory_kills() == 2


def test_what_cannot_be_read_is_none() -> None:
    usage = Gauge(os.getpid(), Group("")).read()
    assert usage.cpu_ms is not None
    assert usage.memory is not None
    assert (usage.throttled_ms, usage.swapped) == (None, None)
    assert (usage.disk.read_ops, usage.disk.write_ops) == (None, None)


def test_a_process_that_is_gone_cannot_be_read() -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(OSError, match=str(process.pid)):
        Gauge(process.pid, Group("")).read()


@pytest.fixture
def mounted() -> Iterator[Path]:
    """The kernel's own version 2, with whatever controllers it has left for it."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["mount", "-t", "cgroup2", "none", place], check=True)
        top = Path(place) / f"wilk-test-{os.getpid()}"
        try:
            top.mkdir()
            yield top
        finally:
            with contextlib.suppress(OSError):
                (top / "cgroup.procs").write_text("")
            top.rmdir()
            subprocess.run(["umount", place], check=True)


def test_a_group_of_the_kernel_s_version_2(mounted: Path) -> None:
    """Made, joined, read, killed and removed; limits only by controllers that are not taken."""
    has = set((mounted / "cgroup.controllers").read_text().split())
    wanted = tuple(one for one in ALL if one in has)
    group = make_group("wilk-x", (Hierarchy(2, mounted, wanted),), wanted)
    if not wanted:  # all controllers are mounted in version 1: the directory alone is real
        (mounted / "wilk-x").mkdir()
        group.places["cpu"] = (2, mounted / "wilk-x")
    script = "read x; i=0; while [ $i -lt 9999 ]; do i=$((i + 1)); done; echo; sleep 99 & sleep 99"
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", script], stdin=pipe, stdout=pipe) as process:
        try:
            group.join(process.pid)
            members = (mounted / "wilk-x" / "cgroup.procs").read_text().split()
            assert process.pid in map(int, members)
            if set(CONTROLLERS) <= has:
                group.apply(Limits(), ())
                assert (mounted / "wilk-x" / "memory.max").read_text().strip() == str(256 * MIB)
            assert process.stdin
            assert process.stdout
            process.stdin.write(b"\n")
            process.stdin.flush()
            process.stdout.readline()
            assert Gauge(process.pid, group).cpu_ms() > 0
            group.kill()
            assert process.wait() == -signal.SIGKILL
        finally:
            process.kill()
    assert group.remove() == []
    assert not (mounted / "wilk-x").exists()


def test_no_groups() -> None:
    assert find_hierarchies("0::/\n", "proc /proc proc rw 0 0\n") == ()
    assert make_group("wilk-x", ()).directories() == set()


def test_the_disk_is_asked_for_only_where_it_is_used() -> None:
    assert asked_controllers(Limits()) == CONTROLLERS
    assert asked_controllers(Limits(disk=RATE)) == ALL
    assert asked_controllers(Limits(disk=SOFT)) == ALL


def test_a_size_of_the_disk_asks_for_it_where_it_counts_what_is_written_late() -> None:
    """Of version 1 it would cost a moment, and count what is written at once alone."""
    new, partly = Hierarchy(2, Path("/a"), ALL), Hierarchy(2, Path("/a"), ("io", "pids"))
    old = Hierarchy(1, Path("/b"), ("io",)), Hierarchy(1, Path("/c"), ("memory",))
    assert asked_controllers(Limits(), (new,)) == ALL
    for hierarchies in ((), old, (partly,), (partly, *old)):
        assert asked_controllers(Limits(), hierarchies) == CONTROLLERS
    watched = Limits(disk=Quantity(100, 80, "bytes", "monitoring"))
    assert asked_controllers(watched, (new,)) == CONTROLLERS


def test_a_size_of_the_disk_says_who_counts(new: Group, old: Group) -> None:
    mixed = Group("", {**old.places, "io": new.places["io"]})
    strength = [
        reach(SandboxPlan(), group, IDENTITY, ())["disk"].strength for group in (new, old, mixed)
    ]
    assert strength == ["sampled", "partial", "partial"]


def test_a_plan_that_needs_groups_is_refused_without() -> None:
    for level in ("strict", "moderate", "minimal"):
        with pytest.raises(SandboxRefusedError, match="needs a control group"):
            reach(SandboxPlan(level=level), Group(""), IDENTITY, ())


def test_a_degraded_plan_goes_on_and_says_how_strongly() -> None:
    plan = SandboxPlan(level="moderate", degraded=("cgroup",))
    reached = reach(plan, Group(""), IDENTITY, ())
    assert {name: one.strength for name, one in reached.items()} == {
        "memory": "sampled", "pids": "partial", "cpu": "sampled", "disk": "partial",
        "network": "enforced", "wall_clock_ms": "enforced", "output": "enforced",
    }  # fmt: skip
    assert unkept(reached) == {"memory", "pids", "cpu", "disk"}


def test_root_never_goes_on_without_groups() -> None:
    plan = SandboxPlan(level="moderate", degraded=("cgroup",))
    with pytest.raises(SandboxRefusedError):
        reach(plan, Group(""), Identity(0, 0, None, drop=False), ())


def test_a_rate_of_the_disk_is_kept_as_well_as_the_kernel_can(new: Group, old: Group) -> None:
    plan = SandboxPlan(limits=Limits(disk=RATE))
    strength = [reach(plan, group, IDENTITY, DISKS)["disk"].strength for group in (new, old)]
    assert strength == ["enforced", "partial"]
    without = Group("", {name: old.places[name] for name in CONTROLLERS})
    assert reach(plan, without, IDENTITY, DISKS)["disk"].strength == "sampled"
    assert reach(plan, new, IDENTITY, ())["disk"].strength == "sampled"


def test_a_weight_of_the_disk_needs_a_scheduler_that_knows_weights(old: Group) -> None:
    weight = Quantity(100, 80, "weight", "hard")
    plan = SandboxPlan(limits=Limits(disk=weight))
    with pytest.raises(SandboxRefusedError, match="weight"):
        reach(plan, old, IDENTITY, DISKS)
    (old.places["io"][1] / "blkio.bfq.weight").touch()
    assert reach(plan, old, IDENTITY, DISKS)["disk"].strength == "partial"
    old.apply(plan.limits, DISKS)
    assert _read(old, "io", "blkio.bfq.weight") == "100"
    watched = SandboxPlan(limits=Limits(disk=Quantity(100, 80, "weight", "monitoring")))
    assert reach(watched, Group("", old.places), IDENTITY, ())["disk"].strength == "none"


def test_a_member_is_expected_by_a_thread_that_moves_itself_alone(tmp_path: Path) -> None:
    group = Group("wilk-x", {"pids": (1, tmp_path / "wilk-x")})
    written = tmp_path / "tasks"
    written.touch()
    group.expect()
    while not written.read_text():
        time.sleep(0.001)
    assert int(written.read_text()) not in {os.getpid(), threading.get_native_id()}
    assert {path.name for path in tmp_path.iterdir()} == {"tasks"}


def test_no_member_of_a_group_of_version_2_is_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(threading, "Thread")
    Group("wilk-x", {"pids": (2, tmp_path / "wilk-x")}).expect()
    Group("wilk-x").expect()
