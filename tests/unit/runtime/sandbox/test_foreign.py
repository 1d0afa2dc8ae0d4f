"""Trees whose files go by names of another root, and limits that nobody would keep."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wilkc.core.sandbox_plan import Limits, Quantity, SandboxPlan
from wilkc.runtime.sandbox.limits import Reached
from wilkc.runtime.sandbox.refusal import SandboxRefusedError
from wilkc.runtime.sandbox.unsampled import require_unsampled


@pytest.fixture
def inner(work: Any) -> Any:
    work.write("inner/a.txt", "SECRET-CANARY")
    work.write("b.txt", "fine")
    return work


def test_a_tree_around_the_workspace_shows_nothing_of_it(inner: Any, spec: Any) -> None:
    """A rule for `/…/**` does not allow `./a.txt`, so its mount may not show it."""
    around = f"{inner.path}/**"
    place = {"workspace": str(inner.path / "inner")}
    for access in ("read", "write"):
        ended = inner.sh(spec(**{access: (around,)}), "cat a.txt", **place)
        assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
        assert "`./…`" in ended.message
        assert "SECRET-CANARY" not in ended.stdout


def test_a_tree_around_the_workspace_beside_a_rule_for_it(inner: Any, spec: Any) -> None:
    around = f"{inner.path}/**"
    place = {"workspace": str(inner.path / "inner")}
    ended = inner.sh(spec(read=(around, "./**")), "cat a.txt ../b.txt", **place)
    assert (ended.kind, ended.stdout) == ("exited", "SECRET-CANARYfine")


def test_reading_the_workspace_does_not_grant_writing_it(inner: Any, spec: Any) -> None:
    place = {"workspace": str(inner.path / "inner")}
    ended = inner.sh(spec(read=("./**",), write=(f"{inner.path}/**",)), "echo x > a.txt", **place)
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    assert (inner.path / "inner/a.txt").read_text() == "SECRET-CANARY"


def test_a_rule_by_another_root_s_name_mounts_nothing(inner: Any, spec: Any) -> None:
    """`/…/inner/**` speaks of `./inner/…`, of which one path is allowed and the rest is not."""
    rules = spec(read=(f"{inner.path}/inner/**",), files=("./inner/a",))
    ended = inner.sh(rules, "cat inner/a.txt")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    ended = inner.sh(spec(read=("./inner/**",)), "cat inner/a.txt")
    assert ended.stdout == "SECRET-CANARY", ended


def test_a_link_to_a_tree_that_is_allowed_in_part(inner: Any, spec: Any) -> None:
    (inner.path / "link").symlink_to("inner")
    inner.own()
    partly = spec(read=("./link/**",), files=("./inner/a",))
    ended = inner.sh(partly, "cat link/a.txt inner/a.txt")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    ended = inner.sh(spec(read=("./link/**", "./inner/**")), "cat inner/a.txt")
    assert ended.stdout == "SECRET-CANARY", ended


def test_no_sampling_and_no_limit_that_needs_it(work: Any, spec: Any) -> None:
    rules = spec().changed(monitoring=False)
    ended = work.sh(rules, "true")
    assert (ended.status, ended.detail) == (120, "sandbox.limit_not_enforceable")
    soft = {
        name: replace(getattr(Limits(), name), enforcement="soft")
        for name in ("cpu", "memory", "disk", "network")
    }
    assert work.sh(rules.limited(**soft), "true").kind == "exited"


@pytest.mark.parametrize("name", ["cpu", "memory", "disk", "network"])
def test_each_limit_is_looked_at(name: str) -> None:
    kept = {one: Reached(1, "kernel", "enforced") for one in ("cpu", "memory", "disk", "network")}
    plan = SandboxPlan(monitoring=False)
    require_unsampled(plan, kept)
    loose = {**kept, name: Reached(1, "samples", "sampled")}
    require_unsampled(SandboxPlan(), loose)
    with pytest.raises(SandboxRefusedError, match=f"hard limit on {name}"):
        require_unsampled(plan, loose)


def test_a_size_that_the_kernel_keeps_of_each_file_alone_is_sampled_too() -> None:
    kept = {one: Reached(1, "kernel", "enforced") for one in ("cpu", "memory", "network")}
    partly = {**kept, "disk": Reached(1, "rlimit per file", "partial")}
    with pytest.raises(SandboxRefusedError, match="hard limit on disk"):
        require_unsampled(SandboxPlan(monitoring=False), partly)
    rate = replace(Limits(), disk=Quantity(1, 1, "bytes_per_second", "hard"))
    require_unsampled(SandboxPlan(monitoring=False, limits=rate), partly)


def test_a_mask_that_the_policy_does_not_ask_for(inner: Any, spec: Any) -> None:
    """A plan from another policy hides what this one lets be written: one of them is wrong."""
    inner.write("out/.env", "text")
    rules = spec(write=("./out/**",), block=(".env*",))
    assert inner.sh(rules, "true").kind == "exited"
    rules.rules["block"] = []
    ended = inner.sh(rules, "echo x > out/ran")
    assert (ended.status, ended.detail) == (120, "sandbox.disagrees_with_policy")
    assert "allows `write` of `./out/.env`" in ended.message
    assert not (inner.path / "out/ran").exists()
