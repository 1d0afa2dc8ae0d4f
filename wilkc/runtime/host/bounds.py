"""Attacks on limits: each has a launch of its own, with a limit that is soon reached.

Layer: runtime.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.sandbox_plan import MIB, Quantity
from wilkc.runtime.host.verdicts import CONTROL_WORKED, Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.host.trial import Said, Trial

_PIDS: Final = 32
_CHILDREN: Final = 100
_MEMORY: Final = Quantity(64 * MIB, 64 * MIB, "bytes", "hard")
_OUTPUT: Final = 1000
_TIME_MS: Final = 3000
_FLOOD_MS: Final = 10_000
"""How long a flood that nothing stops goes on."""
_END_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.02

_FORKS: Final = """
import os, sys, time
made = 0
for _ in range(int(sys.argv[1])):
    try:
        if os.fork() == 0:
            time.sleep(20)
            os._exit(0)
    except OSError:
        break
    made += 1
print(made)
"""
_EATS: Final = """
import sys
held = bytearray(int(sys.argv[1]))
for place in range(0, len(held), 4096):
    held[place] = 1
print(len(held))
"""


def attack_limits(place: Trial, python: str) -> Iterator[Verdict]:
    """Exceed each limit, after staying below it.

    Args:
        place: the workspace and the plan.
        python: an interpreter in the sandbox's view.
    """
    yield _processes(_limited(place, pids=_PIDS), python)
    yield _memory(_limited(place, memory=_MEMORY), python)
    yield _time(_limited(place, wall_clock_ms=_TIME_MS))
    yield _output(_limited(place, output=_OUTPUT, wall_clock_ms=_FLOOD_MS))
    yield _survivors(place)


def _limited(place: Trial, **limits: Any) -> Trial:
    return replace(place, plan=replace(place.plan, limits=replace(place.plan.limits, **limits)))


def _processes(place: Trial, python: str) -> Verdict:
    few = place.run((python, "-I", "-c", _FORKS, "2"))
    many = place.run((python, "-I", "-c", _FORKS, str(_CHILDREN)))
    made = many.stdout.strip()
    held = many.outcome.kind == "limit" or (made.isdecimal() and int(made) <= _PIDS)
    evidence = f"{made or 'no'} of {_CHILDREN} processes, {_strength(many, 'pids')}"
    return _verdict("fork-bomb", "processes without end", few.stdout == "2\n", held, evidence)


def _memory(place: Trial, python: str) -> Verdict:
    protects = "memory without end"
    some = place.run((python, "-I", "-c", _EATS, str(MIB)))
    strength = _strength(some, "memory")
    if some.outcome.record["limits"]["memory"]["strength"] != "enforced":
        evidence = f"no control group can be made: {strength}"
        return Verdict("eat-memory", "limits", "not applicable", protects, evidence)
    more = place.run((python, "-I", "-c", _EATS, str(4 * _MEMORY.max)))
    held = (more.outcome.kind, more.outcome.detail) == ("limit", "memory")
    return _verdict("eat-memory", protects, some.stdout == f"{MIB}\n", held, _end(more))


def _time(place: Trial) -> Verdict:
    control = place.run(("/bin/sh", "-c", "echo in time"))
    late = place.run(("/bin/sh", "-c", "trap '' TERM; sleep 15; echo late"))
    held = late.outcome.kind == "timeout" and not late.stdout
    worked = control.stdout == "in time\n"
    return _verdict("run-forever", "time without end", worked, held, _end(late))


def _output(place: Trial) -> Verdict:
    control = place.run(("/bin/sh", "-c", "echo little"))
    flood = place.run(("/bin/sh", "-c", "while :; do echo flood; done"))
    held = flood.outcome.kind == "limit" and len(flood.stdout) <= _OUTPUT
    worked = control.stdout == "little\n"
    return _verdict("flood-output", "the reader of the output", worked, held, _end(flood))


def _survivors(place: Trial) -> Verdict:
    # Sleeps for a time that nobody else would, so that it is known by it.
    mark = f"87{secrets.randbelow(10**9):09}"
    script = f"setsid sleep {mark} > /dev/null 2>&1 & kill -0 $! && echo started"
    said = place.run(("/bin/sh", "-c", script))
    end = time.monotonic() + _END_SECONDS
    while _runs(mark) and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    left = _runs(mark)
    evidence = "it runs on" if left else "it ended with the launch"
    worked = said.stdout == "started\n"
    return _verdict("leave-a-daemon", "the host, by what goes on", worked, not left, evidence)


def _runs(mark: str) -> bool:
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in place.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


def _verdict(name: str, protects: str, worked: object, held: object, evidence: str) -> Verdict:
    told = {
        "control": CONTROL_WORKED if worked else "it did not do what it may",
        "ended": "held" if held else "breached",
        "evidence": evidence,
    }
    return judge(name, "limits", protects, told)


def _strength(said: Said, name: str) -> str:
    reached = said.outcome.record["limits"].get(name)
    return f"{reached['mechanism']}, {reached['strength']}" if reached else "no limit"


def _end(said: Said) -> str:
    return said.outcome.message or f"it ended with {said.outcome.exit}"
