"""What a run of the tests says that it could not exercise."""

from __future__ import annotations

from tests.not_exercised import UNAVAILABLE, lacks, not_exercised


def test_what_a_machine_lacks() -> None:
    assert lacks("x86_64", [2, 1], {"apparmor", "selinux"}) == [
        "the aarch64 filter in a kernel", *UNAVAILABLE,
    ]  # fmt: skip
    assert lacks("aarch64", [1], set())[:4] == [
        "the x86_64 filter in a kernel", "limits by cgroup v2", "AppArmor", "SELinux",
    ]  # fmt: skip


def test_it_is_told_of_this_machine() -> None:
    assert set(UNAVAILABLE) <= set(not_exercised())
