"""Whatever becomes of who asks: killed, forked, a thousand at once, at the wrong time of day."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.conftest import NOWHERE, PROXIES
from tests.integration.faults.stage import AGENTS

if TYPE_CHECKING:
    from tests.integration.faults.stage import Stage

PROCESSES, EACH = 4, 250
PATIENT = 60.0
"""Seconds for a decision: a thousand callers share two processors with other tests."""
HOUR = 3600


def test_who_asks_is_killed(stage: Stage) -> None:
    """Where between decision and record it dies, guard/test_records.py says in turn."""
    child = next(one.process for one in stage.attempts if one.process != stage.agent.pid)
    for _ in range(5):
        stage.expect("app", ran=True)
    stage.killed.add(child)
    os.kill(child, signal.SIGKILL)
    stage.expect_well(time.monotonic())


def test_a_fork_after_the_guard_was_made(stage: Stage) -> None:
    """The agents of every stage are a parent and its child, which act by one guard."""
    stage.expect("app", ran=True)
    assert len({one.process for one in stage.attempts}) == AGENTS


def test_proxies_and_a_netrc(stage: Stage) -> None:
    """Every process of every stage has them; whatever went by them would end nowhere."""
    for process in (stage.agent.pid, stage.sidecar.process.pid):
        given = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
        assert {f"{name}={NOWHERE}".encode() for name in PROXIES} < set(given)
        assert f"NETRC={stage.folder}/home/.netrc".encode() in given
    stage.expect("app", ran=True)


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_clock_that_is_set(stage: Stage, step: int) -> None:
    """Hits go by the kernel's own clock, deadlines by another that nobody sets."""
    stage.expect("model", "rate_exceeded")
    (stage.control / "clock.new").write_text(str(step), encoding="ascii")
    (stage.control / "clock.new").rename(stage.control / "clock")
    stage.expect_well(time.monotonic())
    stage.expect("model", "rate_exceeded")
    (stage.control / "clock").unlink()
    stage.expect_well(time.monotonic())
    stage.expect("model", "rate_exceeded")
    stage.stop()
    times = [datetime.fromisoformat(one["ts"]) for one in stage.log.records()]
    steps = [later - earlier for earlier, later in pairwise(times)]
    # The record tells the time of day as it was seen: there and back again.
    assert max(steps) > timedelta(seconds=HOUR / 2)
    assert min(steps) < -timedelta(seconds=HOUR / 2)


def test_a_thousand_callers(stage: Stage) -> None:
    crowds = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.integration.faults.crowd", stage.socket,
             stage.places.directory.parent, stage.workspace, str(EACH), str(PATIENT)],
            stdout=subprocess.PIPE,
            env={**os.environ, **stage.environment},
            cwd=Path(__file__).parents[3],
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    found: Counter[str] = Counter()
    for crowd in crowds:
        out, _ = crowd.communicate(timeout=300)
        told = json.loads(out)
        found.update(told["found"])
        # Threads that have their answer wait for a processor, behind those of all the others.
        assert told["slowest"] < 2 * PATIENT
    asked = PROCESSES * EACH
    stage.expect_well(time.monotonic())
    stage.asked += 2 * asked
    assert found == {"app allowed": asked, "secret blocked": asked}
