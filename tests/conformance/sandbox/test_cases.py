"""Each attack case of the sandbox is attempted by exactly one test."""

from __future__ import annotations

from collections import Counter

from tests.conformance.sandbox import (
    test_files,
    test_launches,
    test_limits,
    test_moments,
    test_refusals,
    test_syscalls,
)
from tests.conformance.sandbox.conftest import CASES


def test_every_case_is_attempted_once() -> None:
    own = {
        name.removeprefix("test_").partition("_")[0].upper()
        for module in (test_limits, test_moments, test_refusals)
        for name in dir(module)
        if name.startswith("test_")
    }
    assert own == {name.upper() for name in test_launches.ELSEWHERE}
    attempted = Counter([*test_files.ATTEMPTED, *test_syscalls.ATTEMPTED, *test_launches.ATTEMPTED])
    attempted.update(test_launches.ELSEWHERE)
    assert attempted == Counter(list(CASES))
    assert len(CASES) == 108


def test_every_group_of_the_sandbox_is_there() -> None:
    groups = Counter(case["group"] for case in CASES.values())
    assert groups == {"filesystem": 38, "kernel": 49, "git": 16, "protocol": 4, "shell": 1}
