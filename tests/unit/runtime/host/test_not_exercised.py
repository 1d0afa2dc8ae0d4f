"""What a run of the tests says that it could not exercise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.not_exercised import UNAVAILABLE, lacks, may_lack, not_exercised
from wilkc.runtime.sandbox.groups import CONTROLLERS

if TYPE_CHECKING:
    import pytest


def test_what_a_machine_lacks() -> None:
    assert lacks("x86_64", [2, 1], {"apparmor", "selinux"}) == [
        "the aarch64 filter in a kernel", *UNAVAILABLE,
    ]  # fmt: skip
    assert lacks("aarch64", [1], set())[:4] == [
        "the x86_64 filter in a kernel", "limits by cgroup v2", "AppArmor", "SELinux",
    ]  # fmt: skip
    assert "control groups, as none can be made" in lacks("x86_64", [2], set(), frozenset({"pids"}))


def test_control_groups_are_demanded_wherever_they_can_be_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for there in (frozenset(CONTROLLERS), frozenset({"memory"}), frozenset()):
        monkeypatch.setattr("tests.not_exercised.makeable", lambda there=there: there)
        assert may_lack("cgroup") == (there != frozenset(CONTROLLERS))
        assert not may_lack("bwrap")
        told = [one for one in not_exercised() if one.startswith("control groups")]
        assert bool(told) == may_lack("cgroup")


def test_it_is_told_of_this_machine() -> None:
    assert set(UNAVAILABLE) <= set(not_exercised())
