"""Attacks on hooks that were reported in public: what the reference evaluator says decides each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import make_workspace
from tests.hook_worlds import Reference, options

if TYPE_CHECKING:
    from wilkc.adapters.hooks.client import Answer

ATTACKS = json.loads((Path(__file__).parent / "hook-attack-cases.json").read_text(encoding="utf-8"))


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    """Judges payloads by the reference evaluator, in a workspace."""
    return Reference(make_workspace(tmp_path))


def _payload(reference: Reference, tool: str, given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "hook_event_name": "PreToolUse",
        "session_id": "s",
        "tool_use_id": "one",
        "cwd": str(reference.workspace),
        "tool_name": tool,
        "tool_input": given,
        **more,
    }


def _asked(reference: Reference, request: dict[str, Any]) -> list[Answer]:
    """The answers that the attack gets, the last of which must stop it."""
    bash = {"command": request.get("judged", "git status")}
    first = reference.judge(_payload(reference, "Bash", bash))
    if "run" in request:
        # The same call again with another text, before and after it is made.
        run = {"command": request["run"]}
        after = _payload(reference, "Bash", run, hook_event_name="PostToolUse")
        return [first, reference.judge(_payload(reference, "Bash", run)), reference.judge(after)]
    if "updatedInput" in request:
        payload = _payload(reference, "Bash", bash, updatedInput=request["updatedInput"])
        after = _payload(reference, "Bash", request["updatedInput"], hook_event_name="PostToolUse")
        return [first, reference.judge(payload), reference.judge(after)]
    if "exit" in request:
        # What is printed beside the code 2 never speaks of an allow.
        return [first, *(reference.judge(b"{", harness=name) for name in ("claude", "cursor"))]
    mode = "bypassPermissions" if request.get("mode") == "auto-approve" else "default"
    asked = _payload(reference, request["tool"], request["input"], permission_mode=mode)
    skipping = {**options(), "skip-prompt": True, "ask-unmatched": True}
    return [first, reference.judge(asked), reference.judge(asked, given=skipping)]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["id"])
def test_a_reported_attack_is_denied(attack: dict[str, Any], reference: Reference) -> None:
    assert attack["expect"] == "deny"
    first, *others = _asked(reference, attack["request"])
    assert first.code == 0, "the same agent may do something at all"
    assert others
    for answer in others:
        if answer.code == 0:
            assert '"permissionDecision": "ask"' in answer.printed
            assert attack["id"] == "P4a", "a person is asked where no block stands against it"
            continue
        assert answer.code == 2
        assert answer.reason
        assert "allow" not in answer.printed
