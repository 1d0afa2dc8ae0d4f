"""The real command answers each harness in its own contract, by the real OPA, on the record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import Case, case, cases
from tests.integration.hooks.conftest import denied, run_hook

if TYPE_CHECKING:
    from tests.integration.hooks.conftest import World

NO_OPINION = {"claude": "", "codex": "", "gemini": "{}", "copilot": ""}
CASES = [(one.harness, one.name) for one in cases()]


def _case(world: World, harness: str, name: str) -> Case:
    return case(harness, name, world.workspace)


@pytest.mark.parametrize(("harness", "name"), CASES)
def test_a_call_is_answered_as_the_harness_expects(world: World, harness: str, name: str) -> None:
    one = _case(world, harness, name)
    before = len(world.records())
    done = run_hook(["--harness", harness, *world.resident], one.raw())
    if one.verdict == "deny":
        assert denied(done).startswith("wilk: denied: ")
    else:
        assert (done.returncode, done.stderr) == (0, "")
        if harness == "cursor":
            answer = json.loads(done.stdout)
            assert answer == {"permission": "allow", "decision": "allow"}
        else:
            assert done.stdout == NO_OPINION[harness]
    added = world.records()[before:]
    assert added
    assert all(record["decision"]["allow"] for record in added) is (one.verdict == "allow")
    assert world.said == []


def test_a_denial_names_the_rule_and_what_it_says(world: World) -> None:
    done = run_hook(world.resident, _case(world, "claude", "read_blocked").raw())
    assert denied(done) == "wilk: denied: blocked by `.env*` (coder.yaml:9:23) [blocked]"


def test_cursor_is_told_twice(world: World) -> None:
    done = run_hook(world.resident, _case(world, "cursor", "shell_denied").raw())
    reason = denied(done)
    answer = json.loads(done.stdout)
    assert answer["permission"] == answer["decision"] == "deny"
    assert answer["agent_message"] == answer["reason"] == reason


@pytest.mark.parametrize(
    ("harness", "name", "shown"),
    [
        ("claude", "bash", {"hookSpecificOutput": {
            "hookEventName": "PreToolUse", "permissionDecision": "allow",
            "permissionDecisionReason": "allowed by Wilk"}}),
        ("codex", "bash", None),
        ("gemini", "shell", {"decision": "allow"}),
        ("copilot", "bash", {"permissionDecision": "allow",
                             "permissionDecisionReason": "allowed by Wilk"}),
        ("cursor", "shell", {"permission": "allow", "decision": "allow"}),
    ],
)  # fmt: skip
def test_prompts_are_skipped_only_where_that_is_asked_for(
    world: World, harness: str, name: str, shown: object
) -> None:
    done = run_hook(["--skip-prompt", *world.resident], _case(world, harness, name).raw())
    assert done.returncode == 0
    assert (json.loads(done.stdout) if done.stdout else None) == shown


def test_what_came_after_is_never_called_allowed(world: World) -> None:
    done = run_hook(["--skip-prompt", *world.resident], _case(world, "claude", "after").raw())
    assert (done.returncode, done.stdout) == (0, "")


ASKED = [
    ("claude", "search", {}, "ask"),
    ("claude", "search", {"permission_mode": "bypassPermissions"}, "deny"),
    ("claude", "search", {"permission_mode": "dontAsk"}, "deny"),
    ("claude", "after_other", {}, "deny"),
    ("claude", "read_blocked", {}, "deny"),
    ("codex", "bash_denied", {}, "deny"),
    ("gemini", "search", {}, "deny"),
    ("copilot", "bash_denied", {}, "ask"),
    ("cursor", "mcp_other", {}, "deny"),
    ("cursor", "shell_denied", {}, "deny"),
    ("cursor", "tool_unknown", {}, "deny"),
]


@pytest.mark.parametrize(("harness", "name", "changed", "expected"), ASKED)
def test_a_person_is_asked_only_where_the_harness_asks(
    world: World, harness: str, name: str, changed: dict[str, Any], expected: str
) -> None:
    payload = {**_case(world, harness, name).payload, **changed}
    options = ["--harness", harness, *world.resident]
    done = run_hook(["--ask-unmatched", *options], payload)
    if expected == "ask":
        assert (done.returncode, done.stderr) == (0, "")
        answer = json.loads(done.stdout)
        found = answer.get("hookSpecificOutput", answer)
        assert found.get("permissionDecision", found.get("permission")) == "ask"
    else:
        denied(done)
    denied(run_hook(["--ask-unmatched", "--unattended", *options], payload))
    denied(run_hook(options, payload))


def test_the_record_says_who_asked_and_is_there_before_the_answer(world: World) -> None:
    before = len(world.records())
    run_hook(world.resident, _case(world, "claude", "bash").raw())
    (record,) = world.records()[before:]
    assert record["decision"]["allow"] is True
    shown = json.dumps(record)
    assert "3f6c1d0e-7a52-4a1c-9f0d-2b5f1f0e9d11" in shown
    assert "coder" in shown


def test_commands_need_the_word_that_they_run_outside_of_the_sandbox(world: World) -> None:
    options = [word for word in world.resident if word != "--unsafe-no-sandbox"]
    done = run_hook(options, _case(world, "claude", "bash").raw())
    assert "condition_not_fulfillable" in denied(done)
    assert run_hook(options, _case(world, "claude", "read").raw()).returncode == 0


def test_the_workspace_is_never_where_the_agent_went(world: World) -> None:
    """The folder that a payload calls `cwd` is the agent's own choice."""
    bare = [*world.resident]
    place = bare.index("--workspace")
    del bare[place : place + 2]
    inside = world.workspace / "src" / "secrets"
    payload = {**_case(world, "claude", "read").payload, "cwd": str(inside)}
    assert "workspace_unknown" in denied(run_hook(bare, payload))
    told = {"CLAUDE_PROJECT_DIR": str(world.workspace)}
    assert run_hook(bare, payload, variables=told).returncode == 0
    stolen = {**payload, "tool_input": {"file_path": f"{inside}/token"}}
    assert "[blocked]" in denied(run_hook(bare, stolen, variables=told))
