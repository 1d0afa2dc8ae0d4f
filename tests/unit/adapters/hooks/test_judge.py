"""A judgement is a denial unless everything was asked, allowed, recorded."""

from __future__ import annotations

import json
import pwd
from typing import TYPE_CHECKING, Any

import pytest

from tests.hook_cases import Case, case, cases, make_workspace
from tests.hook_worlds import Reference, compiled, options
from wilkc.adapters.hooks.answers import reason_of
from wilkc.adapters.hooks.client import MAX_REASON, answer_bytes, read_answer
from wilkc.adapters.hooks.options import OPTIONS, empty, parse, words
from wilkc.adapters.hooks.server import answered
from wilkc.core.contract import Decision, denial
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.core.contract import Request

SERVERS = b"""agent: coder
permissions:
  tools:
    allowed:
      - {tool: 'MCP:search', when: {context.event: [preToolUse]}}
      - tool: 'MCP:search'
        when: {context.server: ['https://mcp.example.com', 'npx @example/server']}
"""
CASES = [(one.harness, one.name) for one in cases()]


@pytest.fixture
def reference(tmp_path: Path) -> Reference:
    """See `Reference`."""
    return Reference(make_workspace(tmp_path))


def _case(reference: Reference, harness: str, name: str) -> Case:
    return case(harness, name, reference.workspace)


@pytest.mark.parametrize(("harness", "name"), CASES)
def test_a_payload_gets_its_verdict(reference: Reference, harness: str, name: str) -> None:
    one = _case(reference, harness, name)
    answer = reference.judge(one.payload, harness=harness)
    assert answer.code == (0 if one.verdict == "allow" else 2)
    assert bool(answer.reason) == (answer.code == 2)
    if one.requests is None:
        assert reference.asked == []


class Notes:
    """Keeps what is recorded."""

    def __init__(self, failing: BaseException | None = None) -> None:
        self.kept: list[tuple[Request, Decision, bool]] = []
        self._failing = failing

    def intent(
        self, request: Request, decision: Decision, *, enforced: bool = True, **_: Any
    ) -> Notes:
        if self._failing is not None:
            raise self._failing
        self.kept.append((request, decision, enforced))
        return self

    def outcome(self, *_: Any, **__: Any) -> None:
        return None

    def usage(self, *_: Any) -> None:
        return None


def test_every_path_of_a_patch_is_on_record(reference: Reference) -> None:
    notes = reference.recorder = Notes()
    answer = reference.judge(_case(reference, "codex", "patch_second_path").payload)
    assert answer.code == 2
    shown = [(request.id, decision.allow, enforced) for request, decision, enforced in notes.kept]
    assert shown == [("./src/app.ts", True, False), ("./.env", False, False)]


@pytest.mark.parametrize(
    ("server", "code"),
    [
        ({"url": "https://mcp.example.com"}, 0),
        ({"command": "npx @example/server"}, 0),
        ({"url": "https://mcp.example.net"}, 2),
        ({"command": "https://mcp.example.com; npx other"}, 2),
        ({}, 2),
    ],
)
def test_a_tool_of_cursor_is_that_of_its_server(
    reference: Reference, server: dict[str, str], code: int
) -> None:
    """A project may add a server with a tool of the same name."""
    reference.compiled = compiled(SERVERS)
    one = _case(reference, "cursor", "mcp").payload
    del one["url"]
    assert reference.judge({**one, **server}).code == code
    ((request, _),) = reference.asked
    assert request.context.get("server", "") == "".join(server.values())
    # It is not told before the tool is chosen, where the policy says that this is no matter.
    before = _case(reference, "cursor", "mcp_before_tool").payload
    assert reference.judge(before).code == 0
    assert reference.judge({**before, **server}).code == 0


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"turn_id": 1}'])
def test_what_could_not_be_read_is_on_record(reference: Reference, raw: bytes) -> None:
    notes = reference.recorder = Notes()
    assert reference.judge(raw).code == 2
    ((request, decision, _),) = notes.kept
    assert (request.agent, request.type, decision.allow) == ("coder", "tool", False)


@pytest.mark.parametrize("error", [OSError("full"), RuntimeError(), MemoryError()])
def test_without_a_record_nothing_is_allowed(reference: Reference, error: Exception) -> None:
    reference.recorder = Notes(error)
    answer = reference.judge(_case(reference, "claude", "read").payload)
    assert answer.code == 2
    assert "[audit_unavailable]" in answer.reason


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError(), MemoryError(), KeyError("x")])
def test_an_exception_of_who_decides_is_a_denial(reference: Reference, error: Exception) -> None:
    reference.failing = error
    answer = reference.judge(_case(reference, "claude", "read").payload)
    assert (answer.code, answer.printed) == (2, "")
    assert "[guard_failed]" in answer.reason


def test_an_exception_elsewhere_is_a_denial(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("wilkc.adapters.hooks.judge.requests_of", broken)
    for harness, name in (("claude", "read"), ("cursor", "read")):
        answer = reference.judge(_case(reference, harness, name).payload)
        assert answer.code == 2
        assert "ZeroDivisionError" in answer.reason


def test_no_allow_without_a_revision(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Decision(allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="yes")
    monkeypatch.setattr(reference, "decide", lambda *_, **__: given)
    answer = reference.judge(_case(reference, "claude", "read").payload)
    assert "[odd_answer]" in answer.reason


def test_conditions_that_nobody_promised_are_a_denial(reference: Reference) -> None:
    payload = _case(reference, "claude", "fetch").payload
    assert reference.judge(payload).code == 0
    promises: tuple[list[str], ...] = ([], ["sandbox"], ["surprise"])
    for fulfils in promises:
        assert reference.judge(payload, given={**options(), "fulfils": fulfils}).code == 2
    bash = _case(reference, "claude", "bash").payload
    assert reference.judge(bash).code == 0
    answer = reference.judge(bash, given={**options(), "unsafe-no-sandbox": False})
    assert "[condition_not_fulfillable]" in answer.reason


def test_the_workspace_is_never_where_the_agent_went(reference: Reference) -> None:
    payload = {**_case(reference, "claude", "read").payload, "cwd": str(reference.workspace)}
    assert "[workspace_unknown]" in reference.judge(payload, told={}).reason
    other = {"GEMINI_PROJECT_DIR": str(reference.workspace)}
    assert "[workspace_unknown]" in reference.judge(payload, told=other).reason
    named = {"CLAUDE_PROJECT_DIR": str(reference.workspace)}
    assert reference.judge(payload, told=named).code == 0
    cursor = _case(reference, "cursor", "read").payload
    assert reference.judge(cursor, told={}).code == 0
    several = [str(reference.workspace), "/"]
    assert reference.judge({**cursor, "workspace_roots": several}, told={}).code == 2


@pytest.mark.parametrize("char", ["\x1c", "\x1f", "\x85", "\u200b", "\\", ":1"])
def test_no_address_is_allowed_for_another_that_is_fetched(reference: Reference, char: str) -> None:
    payload = _case(reference, "gemini", "fetch").payload
    prompt = f"https://docs.example.com{char}@evil.example.net/"
    assert reference.judge({**payload, "tool_input": {"prompt": prompt}}).code == 2
    assert not [decision for _, decision in reference.asked if decision.allow]


ASKED = [
    ("claude", "search", True),
    ("claude", "after_other", False),
    ("claude", "read_blocked", False),
    ("codex", "bash_denied", False),
    ("codex", "unknown", False),
    ("copilot", "bash_denied", True),
    ("cursor", "mcp_other", False),
    ("cursor", "shell_denied", False),
    ("cursor", "tool_unknown", False),
    ("gemini", "search", False),
]


@pytest.mark.parametrize(("harness", "name", "asks"), ASKED)
def test_a_person_is_asked_only_where_the_harness_asks(
    reference: Reference, harness: str, name: str, asks: bool
) -> None:
    payload = _case(reference, harness, name).payload
    asking = {"ask-unmatched": True}
    answer = reference.judge(payload, harness=harness, given=asking)
    assert (answer.code, '"ask"' in answer.printed) == ((0, True) if asks else (2, False))
    assert reference.judge(payload, given={**asking, "unattended": True}).code == 2
    assert reference.judge(payload).code == 2


def _patch(reference: Reference, *names: str) -> dict[str, Any]:
    files = "".join(f"*** Add File: {name}\n+x\n" for name in names)
    return {
        **_case(reference, "copilot", "view").payload,
        "toolName": "apply_patch",
        "toolArgs": {"input": f"*** Begin Patch\n{files}*** End Patch"},
    }


BLOCKED = [
    ("docs/n.md", ".env"),
    (".env", "docs/n.md"),
    ("docs/n.md", "src/a.ts", ".env", "docs/o.md"),
    ("docs/n.md", "src/secrets/a"),
]


@pytest.mark.parametrize("names", BLOCKED)
def test_nobody_is_asked_where_a_block_stands_against_a_part(
    reference: Reference, names: tuple[str, ...]
) -> None:
    answer = reference.judge(_patch(reference, *names), given={"ask-unmatched": True})
    assert (answer.code, answer.printed) == (2, "")
    assert "[blocked" in answer.reason


@pytest.mark.parametrize("names", [("docs/n.md",), ("docs/n.md", "src/a.ts"), ("src/a", "docs/n")])
def test_a_person_is_asked_where_no_rule_matches_a_part(
    reference: Reference, names: tuple[str, ...]
) -> None:
    notes = reference.recorder = Notes()
    answer = reference.judge(_patch(reference, *names), given={"ask-unmatched": True})
    assert answer.code == 0
    assert '"ask"' in answer.printed
    assert "[no_rule_matches]" in answer.printed
    assert len(notes.kept) == len(names), "whatever may be done is on record"


def test_nobody_is_asked_about_a_tool_that_is_blocked(reference: Reference) -> None:
    payload = _case(reference, "claude", "read").payload | {"tool_name": "Grep"}
    payload["tool_input"] = {"pattern": "x"}
    asking = {"ask-unmatched": True}
    spec = b"agent: coder\npermissions: {tools: {%s: ['Grep']}}\n"
    for listed, code in ((b"blocked", 2), (b"allowed", 0)):
        reference.compiled = compiled(spec % listed)
        assert reference.judge(payload, given=asking).code == code


def test_nobody_is_asked_about_what_could_not_be_recorded(reference: Reference) -> None:
    payload = _case(reference, "claude", "search").payload
    assert reference.judge(payload, given={"ask-unmatched": True}).code == 0
    reference.recorder = Notes(OSError("full"))
    answer = reference.judge(payload, given={"ask-unmatched": True})
    assert answer.code == 2
    assert "[audit_unavailable]" in answer.reason


RATED = b"""agent: coder
permissions:
  filesystem: {write: ['./src/**']}
  network: {allowed_hosts: ['docs.example.com'], max_requests_per_minute: 2}
"""
FETCHED = "https://docs.example.com/"


def _fetch(reference: Reference, prompt: str, *, asking: bool = False) -> int:
    payload = _case(reference, "gemini", "fetch").payload | {"tool_input": {"prompt": prompt}}
    return reference.judge(payload, given={"ask-unmatched": asking}).code


def test_a_denied_call_takes_no_hit(reference: Reference) -> None:
    reference.compiled, reference.rates = compiled(RATED), MemoryStore()
    for other in ("https://evil.example.net/", f"{FETCHED}a {FETCHED}b", "https://[::1]/"):
        assert _fetch(reference, f"{FETCHED} {other}") == 2
    assert [_fetch(reference, FETCHED) for _ in range(3)] == [0, 0, 2]


def test_an_allowed_call_takes_every_hit(reference: Reference) -> None:
    reference.compiled, reference.rates = compiled(RATED), MemoryStore()
    assert _fetch(reference, f"{FETCHED}a {FETCHED}b") == 0
    assert _fetch(reference, FETCHED) == 2


def test_a_call_that_a_person_may_allow_keeps_its_hits(reference: Reference) -> None:
    reference.compiled, reference.rates = compiled(RATED), MemoryStore()
    two = {"updatedInput": {"url": f"{FETCHED}b", "prompt": "x"}}
    fetch = _case(reference, "claude", "fetch").payload
    given = {"url": "https://other.example.net/", "prompt": "x"}
    asked = {**fetch, **two, "tool_input": given}
    codes = [reference.judge(asked, given={"ask-unmatched": True}).code for _ in range(3)]
    assert codes == [0, 0, 2]


def test_a_user_without_a_home_names_one_or_gets_no_path(
    reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    payload = _case(reference, "claude", "read").payload
    assert "[path_unresolvable]" in reference.judge(payload).reason
    assert reference.judge(payload, given={"home": "/nowhere"}).code == 2
    assert reference.judge(payload, given={"home": str(reference.workspace.parent)}).code == 0


def test_the_waived_sandbox_stays_on_record(reference: Reference) -> None:
    notes = reference.recorder = Notes()
    reference.judge(_case(reference, "claude", "bash").payload)
    ((_, decision, _),) = notes.kept
    assert "sandbox" in {one.type for one in decision.conditions}


@pytest.mark.parametrize("message", ["", "x" * 10_000, "a\nb\x1b[31m", "\ud800"])
def test_a_reason_is_one_line_and_never_empty(message: str) -> None:
    reason = reason_of(denial("PERMISSION_DENIED", "d", message))
    assert reason.isprintable()
    assert 0 < len(reason) <= MAX_REASON
    answer = read_answer(answer_bytes(answered(b"", None)))  # type: ignore[arg-type]  # not asked
    assert answer.reason


def test_options_travel_as_words_and_back() -> None:
    given = empty()
    for option in OPTIONS:
        if option.kind == "flag":
            given[option.name] = True
        elif option.kind in {"many", "paths"}:
            given[option.name] = ["a", "-b"]
        elif option.kind == "seconds":
            given[option.name] = 3.5
        else:
            given[option.name] = "--text"
    given["harness"] = "codex"
    # They rule each other out: `test_confining.py` has the others.
    given |= {"confine": None, "confine-socket": None}
    assert parse(words(given)) == given


@pytest.mark.parametrize(
    "changed",
    [
        {"deadline": 99.0}, {"deadline": 1}, {"fulfils": "x"}, {"fulfils": [1]}, {"agent": ""},
        {"agent": 3}, {"harness": "vim"}, {"unsafe-no-sandbox": 1}, {"more": 1}, {"socket": None},
        {"workspace": "work"}, {"home": "home"},
    ],
)  # fmt: skip
def test_a_head_of_another_form_is_a_denial(reference: Reference, changed: dict[str, Any]) -> None:
    from wilkc.adapters.hooks.judge import Means  # noqa: PLC0415

    payload = _case(reference, "claude", "read").raw()
    given = {**options(), "workspace": str(reference.workspace)}
    means = Means(reference, reference.recorder)

    def ask(head: object) -> int:
        return answered(json.dumps(head).encode() + b"\n" + payload, means).code

    assert ask({"options": given, "told": {}}) == 0
    assert ask({"options": {**given, **changed}, "told": {}}) == 2
    assert ask({"options": given, "told": {"a": 1}}) == 2
    assert ask({"options": given}) == 2
    assert ask([]) == 2
