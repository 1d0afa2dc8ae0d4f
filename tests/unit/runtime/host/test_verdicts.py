"""What is said of an attack: nothing holds that was not attacked beside a working control."""

from __future__ import annotations

from typing import Any

import pytest

from wilkc.runtime.host.battery import ATTACKS, numbers
from wilkc.runtime.host.inside.program import ATTACKS as INSIDE
from wilkc.runtime.host.verdicts import any_breached, any_open, judge
from wilkc.runtime.sandbox.seccomp.numbers import ARCHITECTURES


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"control": "ok", "ended": "held", "evidence": "EACCES"}, "held"),
        ({"control": "ok", "ended": "breached", "evidence": "read"}, "breached"),
        ({"control": "EPERM", "ended": "breached", "evidence": "read"}, "breached"),
        ({"control": "EPERM", "ended": "held", "evidence": "EACCES"}, "inconclusive"),
        ({"control": "", "ended": "held", "evidence": ""}, "inconclusive"),
        ({"control": "ok", "ended": "unknown", "evidence": "EFAULT"}, "inconclusive"),
        ({"control": "ok", "ended": "fine", "evidence": ""}, "inconclusive"),
        ({"ended": "held", "evidence": "EACCES"}, "inconclusive"),
        ({}, "inconclusive"),
        (None, "inconclusive"),
    ],
)
def test_state(told: dict[str, Any] | None, state: str) -> None:
    verdict = judge("name", "files", "something", told)
    assert verdict.state == state
    assert any_breached([verdict]) is (state == "breached")
    assert any_open([verdict]) is (state == "inconclusive")


def test_the_table_and_the_program_name_the_same_attacks() -> None:
    assert sorted(one.name for one in ATTACKS) == sorted(INSIDE)
    assert all(one.protects and one.group for one in ATTACKS)


@pytest.mark.parametrize("machine", sorted(ARCHITECTURES))
def test_every_machine_has_the_calls(machine: str) -> None:
    assert len(numbers(machine)) == 10
