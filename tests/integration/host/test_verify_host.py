"""`wilkc verify-host`: what holds here, and that what does not hold would be told."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.host.conftest import groups
from wilkc.runtime.host import verify_host
from wilkc.runtime.host.trial import PLAN

if TYPE_CHECKING:
    from tests.integration.host.conftest import Host

FILTER = frozenset(
    {"filter-loaded", "trace", "keyring", "unix-socket", "datagram-pair", "filter-listener"}
)
"""What only the filter holds on every kernel."""
NEEDS_WRITING = frozenset({"write-hidden-file", "write-read-only", "plant-git-hook", "set-id-file"})
"""Attacks whose control writes where a rule lets it."""


def test_no_attack_gets_through_here(host: Host) -> None:
    before = groups()
    ended = host.run("verify-host", "-f", "json")
    shown = json.loads(ended.stdout)
    states = {one["name"]: one["state"] for one in shown["verdicts"]}
    assert set(states.values()) <= {"held", "not applicable"}, shown
    assert states["eat-memory"] in {"held", "not applicable"}
    assert states["read-hidden-file"] == states["filter-loaded"] == states["route"] == "held"
    assert shown["counts"]["held"] >= 50
    assert (ended.returncode, ended.stderr) == (0, "")
    assert all(one["evidence"] for one in shown["verdicts"])
    host.require_nothing_left(before)


def test_text_ends_with_the_counts(host: Host) -> None:
    ended = host.run("verify-host")
    *lines, counts = ended.stdout.splitlines()
    assert counts.split(", ")[1] == "0 breached"
    assert int(counts.split()[0]) == sum(line.startswith("held") for line in lines)


def test_nothing_stays_behind_when_it_is_interrupted(host: Host) -> None:
    before = groups()
    process = host.start("verify-host")
    end = time.monotonic() + 60
    while not list(host.temporary.glob("wilk-host-*")):
        assert time.monotonic() < end
        time.sleep(0.01)
    os.kill(_itself(process.pid), signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode in {-signal.SIGTERM, 128 + signal.SIGTERM}
    host.require_nothing_left(before)


def _itself(pid: int) -> int:
    """What runuser has started, if that is what was: it would kill it two seconds later."""
    if Path(f"/proc/{pid}/comm").read_text().strip() != "runuser":
        return pid
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def _states(plan: object) -> dict[str, str]:
    return {one.name: one.state for one in verify_host(plan)}  # type: ignore[arg-type]


@pytest.mark.usefixtures("bwrap")
def test_without_the_filter_its_attacks_get_through() -> None:
    bare = replace(PLAN, seccomp=False, level="minimal", degraded=("cgroup", "seccomp"))
    states = _states(bare)
    assert {name for name in FILTER if states[name] != "breached"} == set()
    assert states["read-hidden-file"] == states["route"] == "held"


@pytest.mark.usefixtures("bwrap")
def test_without_the_masks_hidden_files_are_read() -> None:
    states = _states(replace(PLAN, hidden=()))
    for name in ("read-hidden-file", "read-hidden-in-writable", "list-hidden-directory"):
        assert states[name] == "breached"
    assert states["seen-from-outside"] == "held"
    assert states["read-outside"] == states["filter-loaded"] == "held"


@pytest.mark.usefixtures("bwrap")
def test_a_control_that_fails_makes_the_row_inconclusive() -> None:
    states = _states(replace(PLAN, mounts=PLAN.mounts[:1]))
    assert {states[name] for name in NEEDS_WRITING} == {"inconclusive"}
    assert states["read-hidden-file"] == "held"
