"""What is seen of a command while it runs, and what is done about it, with real processes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.sandbox.launch_as import agent_of
from wilkc.core.sandbox_plan import MIB, Limits, Quantity
from wilkc.runtime.sandbox.gauge import Gauge
from wilkc.runtime.sandbox.groups import Group
from wilkc.runtime.sandbox.judging import Judge
from wilkc.runtime.sandbox.levers import Levers
from wilkc.runtime.sandbox.monitor import Monitor
from wilkc.runtime.sandbox.observer import Teller, Unobserved

PATIENT_MS = 300_000
"""For commands that are ended by something else, on a machine that does other things too."""
OUT = ("./out/**",)
HOLD = """
import os, subprocess, sys, time
def hold(mib):
    data = bytearray(mib * 2**20)
    return data
def until(name):
    while not os.path.exists(name): time.sleep(0.02)
"""


def _quick(rules: Any, **limits: Any) -> Any:
    return rules.limited(monitor_interval_s=1, wall_clock_ms=PATIENT_MS, **limits)


def _size(most: int, enforcement: str = "hard", warning: int | None = None) -> Quantity:
    return Quantity(most, most if warning is None else warning, "bytes", enforcement)  # type: ignore[arg-type]


def _told(work: Any, kind: str) -> list[Any]:
    text = (work.path / "told").read_text()
    return [what for told, what in map(json.loads, text.splitlines()) if told == kind]


def _observed(work: Any) -> dict[str, str]:
    """A file that whoever is the shim may write."""
    return {"told": str(work.write("told"))}


def test_samples_are_told_and_kept(work: Any, spec: Any) -> None:
    ended = work.run(_quick(spec()), "/bin/sleep", "2.5", **_observed(work))
    told = _told(work, "usage")
    usage = ended.launch["usage"]["samples"]
    assert usage["count"] == len(told) >= 3
    assert usage["last"] == told[-10:]
    times = [one["after_ms"] for one in told]
    assert times == sorted(times)
    assert times[0] >= 1000
    assert told[0]["memory"]["usage"] > 0
    assert told[0]["network"] == {"rx_bytes": 0, "tx_bytes": 0, "connections": 0}
    assert _told(work, "confined")[0]["wall_clock_ms"]["strength"] == "enforced"
    assert ended.launch["alerts"] == []


def test_who_wants_no_sampling_gets_the_sample_at_the_end_alone(work: Any, spec: Any) -> None:
    soft = {name: Quantity(100, 80, "percent", "soft") for name in ("cpu",)}
    quiet = _quick(spec(level="minimal", degraded=("cgroup",), monitoring=False), **soft)
    quiet = quiet.limited(memory=_size(2**30, "soft"), disk=_size(2**30, "soft"))
    ended = work.run(quiet, "/bin/sleep", "2.5")
    assert (ended.kind, ended.detail) == ("exited", "")
    assert ended.launch["usage"]["samples"]["count"] == 1


def test_a_short_command_has_a_sample_too(work: Any, spec: Any) -> None:
    work.folder("out")
    ended = work.sh(spec(write=OUT), "head -c 1M /dev/zero > out/a")
    (sample,) = ended.launch["usage"]["samples"]["last"]
    assert ended.launch["usage"]["cpu_ms"] is not None
    assert sample["cpu"]["limit"] == 100
    if work.launcher[0] == sys.executable and os.geteuid() == 0:
        assert sample["disk"]["write_bytes"] >= MIB
    else:  # what the first process inside has moved is shown to root only
        assert sample["disk"]["write_bytes"] is None


def test_what_was_written_in_all_is_bounded_also_of_a_short_command(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = spec(write=OUT, block=(".env*",)).limited(disk=_size(2 * MIB))
    script = "for i in 1 2 3; do head -c 1M /dev/zero > out/$i; done"
    ended = work.sh(rules, script)
    assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "disk")
    assert work.sh(rules, "rm out/*; head -c 1M /dev/zero > out/1").kind == "exited"


def test_a_command_that_writes_too_much_is_ended(work: Any, spec: Any) -> None:
    work.folder("out")
    rules = _quick(spec(write=OUT), disk=_size(2 * MIB))
    ended = work.sh(rules, "for i in 1 2 3; do head -c 1M /dev/zero > out/$i; done; sleep 900")
    assert (ended.kind, ended.detail) == ("limit", "disk")
    assert ended.message == "Hard limit exceeded: disk"


def test_memory_of_all_processes_is_bounded_by_samples(user_work: Any, spec: Any) -> None:
    user_work.folder("out")
    script = HOLD + (
        "if len(sys.argv) < 2:\n"
        "    with open(__file__) as f: pass\n"
        "    subprocess.Popen([sys.executable, 'out/hold.py', 'child'])\n"
        "held = hold(90)\n"
        "time.sleep(900)\n"
    )
    user_work.write("out/hold.py", script)
    command = ("/usr/bin/python3", "out/hold.py")
    rules = _quick(spec(write=OUT, read=OUT), memory=_size(150 * MIB))
    ended = user_work.run(rules, *command)
    assert (ended.kind, ended.detail) == ("limit", "memory"), ended
    if ended.launch["limits"]["memory"]["strength"] == "sampled":
        assert ended.launch["usage"]["samples"]["last"][-2]["memory"]["usage"] > 150 * MIB


def test_processor_time_is_bounded_by_samples(user_work: Any, spec: Any) -> None:
    rules = _quick(spec(), cpu=Quantity(1, 1, "percent", "hard"))
    ended = user_work.sh(rules, "while :; do :; done")
    if ended.launch["limits"]["cpu"]["strength"] == "sampled":
        assert (ended.kind, ended.detail) == ("limit", "cpu")


def test_processor_time_of_all_processes_together(work: Any, spec: Any) -> None:
    rules = _quick(spec(), cpu_time_ms=300)
    ended = work.sh(rules, "while :; do :; done & while :; do :; done")
    assert (ended.kind, ended.status, ended.detail) == ("limit", 122, "cpu")
    assert ended.launch["usage"]["cpu_ms"] >= 300
    assert work.sh(rules, "true").kind == "exited"


@pytest.mark.parametrize(
    ("enforcement", "wanted"),
    [
        ("soft", ["resource_limit_warning", "resource_limit_warning"]),
        ("monitoring", ["resource_limit_warning", "resource_limit_monitoring"]),
    ],
)
def test_what_only_warns_lets_the_command_go_on(
    work: Any, spec: Any, enforcement: str, wanted: list[str]
) -> None:
    work.folder("out")
    script = HOLD + "held = hold(60)\nopen('out/held', 'w').close()\nuntil('out/end')\n"
    rules = _quick(spec(write=OUT), memory=_size(40 * MIB, enforcement, 20 * MIB))
    told = _observed(work)
    process = work.start(rules, "/usr/bin/python3", "-c", script, **told)
    _await(lambda: len(_told(work, "alert")) >= 2)
    work.write("out/end")
    out, err = process.communicate()
    answer = json.loads(out)
    assert (answer["kind"], answer["exit"]) == ("exited", 0), err
    assert [one["type"] for one in answer["launch"]["alerts"]] == wanted
    assert {one["resource"] for one in answer["launch"]["alerts"]} == {"memory"}
    assert answer["launch"]["alerts"][-1]["threshold"] == 40 * MIB


def test_a_soft_limit_slows_the_command_down_and_lets_it_go(
    root_work: Any, spec: Any, require: Any
) -> None:
    root_work.folder("out")
    script = HOLD + "held = hold(60)\nuntil('out/free')\ndel held\nuntil('out/end')\n"
    rules = _quick(spec(write=OUT), memory=_size(40 * MIB, "soft", 30 * MIB))
    process = root_work.start(rules, "/usr/bin/python3", "-c", script)
    _await(lambda: bool(_groups(root_work)))
    groups = _groups(root_work)
    quota = next((path / "cpu.cfs_quota_us" for path in groups if "/cpu/" in f"{path}/"), None)
    if quota is None or not quota.exists():
        process.kill()
        process.communicate()
        require("cgroup v1", "there is no control group of version 1 for processor time")
    assert quota is not None
    _await(lambda: quota.read_text().strip() == "20000")
    root_work.write("out/free")
    _await(lambda: quota.read_text().strip() == "100000")
    root_work.write("out/end")
    out, err = process.communicate()
    assert json.loads(out)["kind"] == "exited", err
    assert not quota.parent.exists()


def _groups(work: Any) -> list[Path]:
    """The control groups that the one running launch over a workspace has noted."""
    found: list[Path] = []
    for note in work.notes():
        text = _text(note)
        if note.suffix == ".launch" and str(work.path) in text:
            found += [Path(one) for one in json.loads(text)["groups"]]
    return found


def test_what_cannot_be_watched_is_ended(tmp_path: Path) -> None:
    del tmp_path
    process = subprocess.Popen(["true"])
    process.wait()
    limits = Limits(monitor_interval_s=1)
    gauge = Gauge(process.pid, Group(""))
    teller = Teller(Unobserved())
    monitor = Monitor(limits, gauge, Judge(limits, frozenset({"memory"})), _levers(limits), teller)
    monitor.start()
    assert select.select([monitor.over], [], [], 120)[0]
    monitor.stop()
    monitor.close()
    assert monitor.end == "monitoring"
    assert [one.type for one in monitor.seen.alerts] == ["resource_monitoring_failed"] * 2


def _levers(limits: Limits) -> Levers:
    return Levers(limits, Group(""))


def test_an_agent_that_is_busy_gets_nothing_more(work: Any, spec: Any) -> None:
    def _is_busy(note: str) -> bool:
        return agent_of(str(work.path)) in note and '"busy": true' in note

    work.folder("out")
    rules = _quick(spec(write=OUT), cpu=Quantity(1000, 1, "percent", "hard"))
    busy = work.start(rules, "/bin/sh", "-c", "until test -e out/end; do :; done")
    try:
        _await(lambda: any(map(_is_busy, [_text(note) for note in work.notes()])))
        ended = work.sh(rules, "touch out/ran")
        assert (ended.status, ended.detail) == (120, "sandbox.no_headroom")
        assert not (work.path / "out/ran").exists()
    finally:
        work.write("out/end")
        busy.communicate()
    assert work.sh(rules, "touch out/ran").kind == "exited"


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_an_observer_that_fails_changes_nothing() -> None:
    class Broken(Unobserved):
        def usage(self, sample: Any) -> None:
            seen.append(sample)
            raise OSError("no room")

    seen: list[Any] = []
    teller = Teller(Broken())
    teller.usage({"after_ms": 1})
    teller.usage({"after_ms": 2})
    teller.close()
    assert seen == [{"after_ms": 1}, {"after_ms": 2}]


def test_a_slow_observer_delays_nobody() -> None:
    gate = os.eventfd(0)

    class Slow(Unobserved):
        def alert(self, alert: Any) -> None:
            del alert
            os.eventfd_read(gate)

    teller = Teller(Slow())
    started = time.monotonic()
    for _ in range(1000):
        teller.alert({})
    taken = time.monotonic() - started
    os.eventfd_write(gate, 2**32)
    os.close(os.dup(gate))
    assert taken < 60


def _await(done: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_was_there_before_is_no_growth(work: Any, spec: Any) -> None:
    for name in ("a", "b"):
        (work.folder("out") / name).write_bytes(bytes(MIB * 3 // 2))
    work.own()
    rules = spec(write=OUT, block=(".env*",)).limited(disk=_size(2 * MIB))
    ended = work.sh(rules, "echo x >> out/a; echo x >> out/b; mv out/b out/c")
    assert (ended.kind, ended.exit) == ("exited", 0), ended.message
    assert ended.launch["usage"]["grown"] < MIB


def test_a_rate_of_disks_holds_what_is_written_directly(
    root_work: Any, spec: Any, require: Any
) -> None:
    root_work.folder("out")
    rate = Quantity(4 * MIB, 4 * MIB, "bytes_per_second", "hard")
    script = "dd if=/dev/zero of=out/a bs=256k count=40 oflag=direct"
    ended = root_work.sh(_quick(spec(write=OUT), disk=rate), script)
    kept = ended.launch["limits"]["disk"]
    if not kept["mechanism"].startswith("cgroup"):
        require("cgroup io", "there is no control group for disks, or no disk under the workspace")
    assert (ended.kind, ended.exit) == ("exited", 0), ended.stderr
    assert kept["strength"] in {"partial", "enforced"}
    assert ended.launch["duration_ms"] >= 1000
    assert ended.launch["usage"]["samples"]["last"][-1]["disk"]["write_ops"] >= 1
