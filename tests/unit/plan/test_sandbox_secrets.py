"""Rules for what is always hidden: nothing is mounted for them, and that is said."""

from __future__ import annotations

import pytest

from tests.unit.plan.test_sandbox import codes, lower


@pytest.mark.parametrize("action", ["read", "write", "execute"])
@pytest.mark.parametrize(
    "path",
    [
        "~/.aws/credentials", "~/.ssh/**", "~/.ssh/*.pub", "./.wilk/keys/k.json", "/etc/shadow",
        "/etc/ssh/ssh_host_rsa_key", "./a/.wilk-quarantine/x", "~/.config/gcloud/a/b",
    ],
)  # fmt: skip
def test_what_is_always_hidden_is_mounted_by_no_rule(action: str, path: str) -> None:
    plan, problems = lower(f"permissions: {{filesystem: {{{action}: ['{path}']}}}}\n")
    assert [(problem.code, problem.severity) for problem in problems] == [("W188", "warning")]
    assert plan is not None
    assert (plan.mounts, plan.gaps) == ((), ())


@pytest.mark.parametrize(
    "path",
    ["~/.aws2/x", "~/.config/**", "~/**", "./.ssh/x", "/etc/ssl/**", "/etc/ssh/ssh_config", "./a"],
)
def test_what_lies_beside_or_around_it_is_mounted(path: str) -> None:
    plan, problems = lower(f"permissions: {{filesystem: {{read: ['{path}']}}}}\n")
    assert (list(problems), plan is not None and len(plan.mounts)) == ([], 1)


def test_it_is_hidden_in_any_case_of_letters_where_paths_ignore_case() -> None:
    text = "permissions: {filesystem: {read: ['~/.AWS/credentials']}}\n"
    assert codes("case: insensitive\n" + text) == ["W188"]
    assert codes(text) == []
