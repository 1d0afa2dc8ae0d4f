"""A command is run by `wilkc run`, as it was judged, or it is denied."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import HARNESSES, make_workspace
from tests.hook_worlds import Reference, options
from wilkc.adapters.hooks.confining import prefix
from wilkc.adapters.hooks.options import check, parse, words

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.adapters.hooks.client import Answer

PROGRAM = "/opt/wilk it/bin/wilkc"
CONFINING = {
    **options(),
    "unsafe-no-sandbox": False,
    "confine": PROGRAM,
    "bundle": "/opt/it's/bundle.tar.gz",
    "key": ["/opt/a.pub.pem", "/opt/b.pub.pem"],
    "audit": "/var/log/wilk",
    "audit-keys": "/var/log/wilk.keys",
    "identity": "/var/lib/wilk/who",
    "confine-socket": "/run/wilk/opa.sock",
}
REWRITE = tuple(name for name in HARNESSES if name != "codex")


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    """See `Reference`."""
    return Reference(make_workspace(tmp_path))


def _payload(harness: str, command: Any, workspace: Path, **more: Any) -> dict[str, Any]:
    """A command as each harness tells of it."""
    cwd = str(workspace)
    if harness == "copilot":
        return {"toolName": "bash", "toolArgs": {"command": command, "description": "d"},
                "cwd": cwd, **more}  # fmt: skip
    if harness == "cursor":
        return {"cursor_version": "2", "hook_event_name": "preToolUse", "tool_name": "Shell",
                "tool_input": {"command": command, "description": "d"}, "cwd": cwd,
                **more}  # fmt: skip
    event, tool = "PreToolUse", "Bash"
    if harness == "gemini":
        event, tool = "BeforeTool", "run_shell_command"
    turn = {"turn_id": "t"} if harness == "codex" else {}
    return {"hook_event_name": event, "tool_name": tool, "cwd": cwd,
            "tool_input": {"command": command, "description": "d"}, **turn, **more}  # fmt: skip


def _asked(
    reference: Reference, harness: str, command: Any, *, given: dict[str, Any] | None = None,
    **more: Any,
) -> Answer:  # fmt: skip
    payload = _payload(harness, command, reference.workspace, **more)
    return reference.judge(payload, given={**CONFINING, **(given or {})})


def _updated(answer: Answer) -> dict[str, Any]:
    """The input that a harness is told to use."""
    printed = json.loads(answer.printed)
    inner = printed.get("hookSpecificOutput", {})
    found = [inner.get("updatedInput"), inner.get("tool_input"), printed.get("modifiedArgs"),
             printed.get("updated_input")]  # fmt: skip
    (given,) = [one for one in found if one is not None]
    return dict(given)


def _head(reference: Reference) -> str:
    return shlex.join(prefix(CONFINING, str(reference.workspace)))


def _line(reference: Reference, harness: str = "claude") -> str:
    return str(_updated(_asked(reference, harness, "git status"))["command"])


@pytest.mark.parametrize("harness", REWRITE)
def test_an_allowed_command_gets_the_prefix(reference: Reference, harness: str) -> None:
    answer = _asked(reference, harness, "ls  -l 'a b'\"c\"")
    assert (answer.code, answer.reason) == (0, "")
    assert _updated(answer) == {
        "command": f"{_head(reference)} ls -l 'a bc'", "description": "d",
    }  # fmt: skip


@pytest.mark.parametrize("harness", HARNESSES)
def test_a_forbidden_command_gets_none(reference: Reference, harness: str) -> None:
    answer = _asked(reference, harness, "rm -rf out")
    assert answer.code == 2
    assert "/opt/" not in answer.printed + answer.reason
    assert answer.reason.endswith("[blocked]")


def test_a_harness_that_may_not_take_it_is_denied_and_told_the_line(reference: Reference) -> None:
    answer = _asked(reference, "codex", "git status", given={"skip-prompt": True})
    assert (answer.code, answer.printed) == (2, "")
    assert f"{_head(reference)} git status" in answer.reason
    assert answer.reason.endswith("[command_not_confined]")


@pytest.mark.parametrize("event", ["PostToolUse", "beforeShellExecution"])
def test_an_event_that_cannot_change_the_command_denies_it(
    reference: Reference, event: str
) -> None:
    if event == "PostToolUse":
        answer = _asked(reference, "claude", "git status", hook_event_name=event)
    else:
        payload = _payload("cursor", "", reference.workspace, hook_event_name=event)
        answer = reference.judge({**payload, "command": "git status"}, given=CONFINING)
    assert answer.code == 2
    assert answer.reason.endswith("[command_not_confined]")


@pytest.mark.parametrize("harness", HARNESSES)
def test_the_line_is_known_when_it_comes_back(reference: Reference, harness: str) -> None:
    line = _line(reference)
    reference.asked.clear()
    answer = _asked(reference, harness, line)
    assert answer.code == 0
    assert PROGRAM not in answer.printed
    ((request, _),) = reference.asked
    assert request.properties["commands"] == [["git", "status"]]


def test_the_prefix_says_who_is_revoked(reference: Reference) -> None:
    found = prefix(CONFINING, str(reference.workspace))
    assert found[found.index("--identity") + 1] == "/var/lib/wilk/who"
    assert "--identity" not in prefix({**CONFINING, "identity": None}, str(reference.workspace))


def test_behind_the_prefix_a_command_is_judged_as_itself(reference: Reference) -> None:
    answer = _asked(reference, "claude", f"{_head(reference)} rm -rf out")
    assert answer.code == 2
    assert answer.reason.endswith("[blocked]")


WEAKENED = (
    "{P} run coder --policies evil.yaml --workspace {W} --quiet -- git status",
    "{P} run other {REST} -- git status",
    "{H} {H} git status",
    "{H2} --policies evil.yaml -- git status",
    "{H2} --session x -- git status",
    "wilkc run --unsafe-no-sandbox coder -- git status",
    "./out/wilkc run coder -- git status",
    "{P} --help run coder -- git status",
)


@pytest.mark.parametrize("harness", HARNESSES)
@pytest.mark.parametrize("line", WEAKENED)
def test_another_run_than_the_hooks_own_is_refused(
    reference: Reference, harness: str, line: str
) -> None:
    head = _head(reference)
    rest = shlex.join(prefix(CONFINING, str(reference.workspace))[3:-1])
    for name, text in (("{P}", shlex.quote(PROGRAM)), ("{W}", str(reference.workspace)),
                       ("{REST}", rest), ("{H2}", head.removesuffix(" --")),
                       ("{H}", head)):  # fmt: skip
        line = line.replace(name, text)
    answer = _asked(reference, harness, line)
    assert answer.code == 2
    assert answer.reason.endswith("[run_options_differ]")
    assert reference.asked == []


def test_a_program_that_is_only_like_it_goes_into_the_sandbox(reference: Reference) -> None:
    """Its name is judged as any other's; no spelling leads around the prefix."""
    for line in ("env wilkc run --policies x -- ls", "python3 -m wilkc run coder -- ls"):
        assert _asked(reference, "claude", line).code == 2


@pytest.mark.parametrize(
    "line", ["git status; git log", "git status && git log", "git log | ls", "git status || ls -l"]
)
def test_several_commands_are_not_confined(reference: Reference, line: str) -> None:
    answer = _asked(reference, "claude", line)
    assert answer.code == 2
    assert answer.reason.endswith("[command_not_confinable]")


@pytest.mark.parametrize("command", [None, 1, ["git", "status"], "", "git status $(id)", "ls *"])
def test_what_is_no_line_is_refused(reference: Reference, command: Any) -> None:
    assert _asked(reference, "claude", command).code == 2
    assert reference.asked == []


@pytest.mark.parametrize("name", ["updatedInput", "updated_input"])
def test_an_updated_input_must_be_the_line(reference: Reference, name: str) -> None:
    line = _line(reference)
    whole = {"command": line, "description": "d"}
    assert _asked(reference, "claude", "git status", **{name: whole}).printed == ""
    for other in (
        {**whole, "command": "git status"}, {**whole, "command": line + " -s"},
        {**whole, "command": line.replace(" git", "  git")}, {**whole, "timeout": 1},
        {"command": line}, {}, {**whole, "command": "rm -rf out"},
    ):  # fmt: skip
        answer = _asked(reference, "claude", "git status", **{name: other})
        assert answer.code == 2
        assert answer.reason.endswith("[updated_input_differs]")


def test_a_command_runs_where_it_is_judged(reference: Reference) -> None:
    inside = str(reference.workspace / "src")
    assert _asked(reference, "claude", "git status", cwd=inside).code == 2
    here = _payload("gemini", "git status", reference.workspace)
    for place, code in (("src", 2), ("/", 2), (".", 0), (str(reference.workspace), 0)):
        here["tool_input"]["dir_path"] = place
        assert reference.judge(here, given=CONFINING).code == code


def test_nobody_is_asked_to_let_a_command_out(reference: Reference) -> None:
    asking = {"ask-unmatched": True}
    answer = _asked(reference, "claude", "make", given=asking, permission_mode="default")
    assert answer.code == 2
    free = {**options(), **asking}
    payload = _payload("claude", "make", reference.workspace, permission_mode="default")
    assert '"ask"' in reference.judge(payload, given=free).printed


def test_the_user_is_asked_unless_the_prompt_is_skipped(reference: Reference) -> None:
    def said(answer: Answer) -> str:
        return str(json.loads(answer.printed)["hookSpecificOutput"]["permissionDecision"])

    assert said(_asked(reference, "claude", "git status")) == "ask"
    assert said(_asked(reference, "claude", "git status", given={"skip-prompt": True})) == "allow"


def test_other_tools_are_judged_as_ever(reference: Reference) -> None:
    path = str(reference.workspace / "src/app.ts")
    read = {"hook_event_name": "PreToolUse", "tool_name": "Read", "tool_input": {"file_path": path}}
    assert reference.judge(read, given=CONFINING).printed == ""
    assert reference.judge(read, given=CONFINING).code == 0


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"unsafe-no-sandbox": True}, "contrary"),
        ({"confine": "wilkc"}, "no absolute path"),
        ({"audit-keys": None}, "--audit-keys"),
        ({"bundle": None, "key": []}, "--bundle"),
        ({"bundle": "b.tar.gz"}, "--bundle` must be an absolute path"),
        ({"key": ["/k", "k"]}, "--key` must be an absolute path"),
        ({"confine-socket": "run/opa.sock"}, "--confine-socket` must be"),
        ({"identity": "who"}, "--identity` must be"),
        ({"confine": None}, "goes with `--confine`"),
    ],
)
def test_options_that_would_not_confine_are_refused(changed: dict[str, Any], why: str) -> None:
    assert parse(words(CONFINING)) == CONFINING
    with pytest.raises(ValueError, match=why):
        check({**CONFINING, **changed})
