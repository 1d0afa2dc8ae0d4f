"""Entries that hold at some times only: an end that has come, or no time, never grants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.times import ODD_TIMES
from wilkc.cli.library import read_library
from wilkc.compiler import check, compile_sources
from wilkc.core.contract import Request
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Judged

FROM, UNTIL = "2026-11-28T09:00:00Z", "2026-11-28T12:00:00Z"
WINDOW = {"context.time": {"min": FROM, "max": UNTIL}}
BEFORE = ("2026-11-28T08:59:59Z", "2026-11-28T08:59:59.999999999Z", "1970-01-01T00:00:00Z")
DURING = (FROM, "2026-11-28T09:00:00.000000001Z", "2026-11-28T11:59:59.999999999Z")
AFTER = (UNTIL, "2026-11-28T12:00:00.000Z", "2026-11-28T12:00:01Z", "2199-12-31T23:59:59Z")
NOT_SHOWN: tuple[dict[str, Any], ...] = ({}, *({"time": odd} for odd in ODD_TIMES))


def _entry(key: str, text: str) -> dict[str, Any]:
    return {key: text, "when": WINDOW}


ALLOWS: dict[str, tuple[dict[str, Any], Request]] = {
    "read": (
        {"filesystem": {"read": [_entry("path", "./a")]}},
        Request("a", "read", "file", "./a"),
    ),
    "delete": (
        {"filesystem": {"delete": [_entry("path", "./a/**")]}},
        Request("a", "delete", "file", "./a/b"),
    ),
    "command": (
        {"shell": {"allowed_commands": [_entry("command", "git push *")]}},
        Request("a", "execute", "shell", "", {"argv": ["git", "push", "origin"]}),
    ),
    "script": (
        {"filesystem": {"execute": [_entry("path", "./s.py")]},
         "shell": {"allowed_commands": ["python3 *"], "allowed_interpreters": ["python3"]}},
        Request("a", "execute", "shell", "", {"argv": ["python3", "s.py"]}),
    ),
    "host": (
        {"network": {"allowed_hosts": [_entry("host", "a.example")]}},
        Request("a", "connect", "network", "a.example:443",
                {"host": "a.example", "port": 443, "protocol": "https"}),
    ),
    "model": (
        {"llm": {"allowed_models": [_entry("model", "gpt-*")]}},
        Request("a", "request", "llm", "gpt-4"),
    ),
    "tool": ({"tools": {"allowed": [_entry("tool", "t")]}}, Request("a", "call", "tool", "t")),
    "agent": ({"agents": {"use": [_entry("agent", "b")]}}, Request("a", "use", "agent", "b")),
    "directory": (
        {"shell": {"allowed_commands": ["ls *"],
                   "working_directories": ["./other", _entry("path", "./a/**")]}},
        Request("a", "execute", "shell", "", {"argv": ["ls"]}, {"cwd": "./a/b"}),
    ),
    "label": (
        {"data": {"data_classification": ["public", _entry("label", "internal")]}},
        Request("a", "process", "data", "d", {"classification": "internal"}),
    ),
    "signal": (
        {"system": {"signal": [_entry("name", "own")]}},
        Request("a", "signal", "system", "own"),
    ),
    "name": (
        {"system": {"env": {"read": [_entry("name", "CI_*")]}}},
        Request("a", "env.read", "system", "CI_X"),
    ),
}  # fmt: skip
BLOCKS: dict[str, tuple[dict[str, Any], Request]] = {
    "another name": (
        {"filesystem": {"read": ["./**"], "metadata": {"blocked_paths": [_entry("path", "./a")]}}},
        Request("a", "read", "file", "./b", {"aliases": ["./c", "./a/b"]}),
    ),
    "script": (
        {"filesystem": {"execute": ["./**"],
                        "metadata": {"blocked_paths": [_entry("path", "./s.py")]}},
         "shell": {"allowed_commands": ["python3 *"], "allowed_interpreters": ["python3"]}},
        Request("a", "execute", "shell", "", {"argv": ["python3", "s.py"]}),
    ),
    "path": (
        {"filesystem": {"read": ["./**"], "metadata": {"blocked_paths": [_entry("path", "./a")]}}},
        Request("a", "read", "file", "./a/b"),
    ),
    "command": (
        {"shell": {"allowed_commands": ["git *"],
                   "blocked_commands": [_entry("command", "git push *")]}},
        Request("a", "execute", "shell", "", {"commands": [["git", "log"], ["git", "push"]]}),
    ),
    "host": (
        {"network": {"allowed_hosts": ["*.example"],
                     "blocked_hosts": [_entry("host", "a.example")]}},
        Request("a", "connect", "network", "a.example:443",
                {"host": "a.example", "port": 443, "protocol": "https"}),
    ),
    "port": (
        {"network": {"allowed_hosts": ["a.example"], "blocked_ports": [_entry("port", "400-500")]}},
        Request("a", "connect", "network", "a.example:443",
                {"host": "a.example", "port": 443, "protocol": "https"}),
    ),
    "model": (
        {"llm": {"allowed_models": ["*"], "blocked_models": [_entry("model", "gpt-*")]}},
        Request("a", "request", "llm", "GPT-4"),
    ),
    "tool": (
        {"tools": {"allowed": ["*"], "blocked": [_entry("tool", "t")]}},
        Request("a", "call", "tool", "t"),
    ),
}  # fmt: skip


def _at(request: Request, context: dict[str, Any]) -> Request:
    shown = {**request.context, **context}
    return Request(
        request.agent, request.action, request.type, request.id, request.properties, shown
    )


def _asked(request: Request) -> Iterator[tuple[str, Request]]:
    for name, times in (("before", BEFORE), ("during", DURING), ("after", AFTER)):
        yield from ((name, _at(request, {"time": time})) for time in times)
    yield from (("not shown", _at(request, context)) for context in NOT_SHOWN)


def _holds(
    judged: Judged, permissions: dict[str, Any], request: Request, granted: set[str]
) -> None:
    compiled = judged.compiled(a=json.dumps({"agent": "a", "permissions": permissions}))
    asked = list(_asked(request))
    for name, one in asked:
        assert decide(compiled.plan, one).allow == (name in granted), one.context
    assert judged.differences(compiled, [one for _, one in asked]) == []


@pytest.mark.parametrize("name", ALLOWS)
def test_an_allow_grants_only_while_it_holds(judged: Judged, name: str) -> None:
    _holds(judged, *ALLOWS[name], {"during"})


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_blocks_while_it_holds_and_where_no_time_is_shown(
    judged: Judged, name: str
) -> None:
    _holds(judged, *BLOCKS[name], {"before", "after"})


def test_a_denial_names_the_entry_that_would_allow(judged: Judged) -> None:
    compiled = judged.compiled(
        a=f"agent: a\npermissions:\n  filesystem:\n    write:\n"
        "      - ./out/**\n"
        f"      - {{path: ./fix/**, when: {{context.time: {{max: '{UNTIL}'}}}}}}\n"
    )
    request = Request("a", "write", "file", "./fix/x", {}, {"time": UNTIL})
    for context in ({"time": UNTIL}, {}):
        answer = decide(compiled.plan, _at(request, context))
        assert (answer.reason, answer.detail) == ("PERMISSION_DENIED", "condition_not_met")
        assert answer.rule is not None
        assert answer.rule.line == 6
        assert f"`./fix/** until {UNTIL}`" in answer.message
        assert judged.differences(compiled, [_at(request, context)]) == []
    other = Request("a", "write", "file", "./else/x", {}, {"time": UNTIL})
    assert decide(compiled.plan, other).detail == "no_rule_matches"


def test_bases_and_roles_keep_their_conditions(judged: Judged) -> None:
    entry = json.dumps(_entry("path", "./a"))
    base = f"agent: base\npermissions: {{filesystem: {{read: [{entry}]}}}}\n"
    own = "agent: own\nextends: [base]\npermissions: {}\n"
    block = (
        "agent: block\npermissions: {filesystem: {read: [./b], metadata: "
        f"{{blocked_paths: [{json.dumps(_entry('path', './b'))}]}}}}}}\n"
    )
    bound = "bindings: {roles: {r: [base, block]}}\n"
    sources = {f"{n}.yaml": t.encode() for n, t in enumerate((base, own, block, bound))}
    sources["f.jsonl"] = b'{"agent": "both", "roles": ["r"]}\n'
    compiled = compile_sources(sources, read_library())
    asked = [
        Request(agent, "read", "file", path, {}, context)
        for agent in ("own", "both", "base")
        for path in ("./a", "./b")
        for context in ({}, {"time": FROM}, {"time": UNTIL})
    ]
    granted = [
        (one.agent, one.id, one.context.get("time")) for one in asked
        if decide(compiled.plan, one).allow
    ]  # fmt: skip
    assert granted == [
        ("own", "./a", FROM), ("both", "./a", FROM), ("both", "./b", UNTIL), ("base", "./a", FROM),
    ]  # fmt: skip
    assert judged.differences(compiled, asked) == []


def test_an_empty_list_of_directories_is_nowhere(judged: Judged) -> None:
    """Where no entry counts there is no directory, and not the workspace as without a list."""
    shell = {"allowed_commands": ["ls"], "working_directories": [_entry("path", "./**")]}
    compiled = judged.compiled(a=json.dumps({"agent": "a", "permissions": {"shell": shell}}))
    request = Request("a", "execute", "shell", "", {"argv": ["ls"]}, {"time": UNTIL})
    assert not decide(compiled.plan, request).allow
    assert judged.differences(compiled, [request]) == []


def test_what_no_request_is_asked_about_has_no_conditions() -> None:
    """Variables are chosen once for a command, and ports belong to their hosts."""
    for section in (
        {"shell": {"environment_variables": {"allow": [_entry("name", "CI")]}}},
        {"network": {"allowed_ports": [_entry("port", "443")]}},
        {"filesystem": {"metadata": {"allowed_extensions": [_entry("path", ".md")]}}},
    ):
        text = json.dumps({"agent": "a", "permissions": section})
        assert any(one.severity == "error" for one in check({"a.yaml": text.encode()}))


def test_labels_are_named_with_their_conditions(judged: Judged) -> None:
    data = {"data_classification": ["public", _entry("label", "internal")]}
    compiled = judged.compiled(a=json.dumps({"agent": "a", "permissions": {"data": data}}))
    asked = Request("a", "process", "data", "d", {"classification": "internal"}, {"time": UNTIL})
    answer = decide(compiled.plan, asked)
    assert answer.detail == "condition_not_met"
    assert answer.rule is not None
    assert answer.rule.text == f"internal from {FROM} until {UNTIL}, public"
    other = Request("a", "process", "data", "d", {"classification": "secret"}, {"time": FROM})
    assert decide(compiled.plan, other).detail == "no_rule_matches"
    assert judged.differences(compiled, [asked, other]) == []


def test_nothing_conditional_is_mounted_as_if_it_held() -> None:
    held = {
        "read": ["./src/**", _entry("path", "./fix/**")],
        "write": [_entry("path", "./out/**")],
        "metadata": {"blocked_paths": [_entry("path", "./src/x/**")]},
    }
    document = {"agent": "a", "permissions": {"filesystem": held}}
    compiled = compile_sources({"a.yaml": json.dumps(document).encode()}, read_library())
    sandbox = compiled.plan.specs["a"].sandbox
    assert {one.pattern for one in sandbox.mounts} == {"./src/**"}
    assert sandbox.hidden == ("./src/x/**",)


def test_every_problem_of_every_condition_is_told_at_once() -> None:
    text = """\
permissions:
  filesystem:
    read:
      - {path: ./a, when: {subject.role: [release]}}
      - {path: ./b, when: {context.time: {min: NOON, max: NOON}}}
      - {path: ./c, when: {context.time: {max: '2026-11-28T12:00:00.5Z'}}}
      - {path: ./d, when: {context.time: {}}}
      - {path: ./e, when: {context.time: {mx: NOON}}}
      - {path: ./f}
      - {host: ./g, when: {context.time: {max: NOON}}}
      - {path: '**a', when: {context.time: {max: '2026-02-30T12:00:00Z'}}}
    metadata: {allowed_extensions: [{path: .md, when: {context.time: {max: NOON}}}]}
""".replace("NOON", f"'{UNTIL}'")
    found = [(one.span.line, one.code) for one in check({"a.yaml": text.encode()})]
    assert {line for line, _ in found} == set(range(4, 13))
    assert {(4, "W113"), (5, "W115"), (6, "W114"), (7, "W115"), (8, "W113"), (9, "W102")} <= {
        *found
    }
    assert (11, "W114") in found
    attribute = next(one for one in check({"a.yaml": text.encode()}) if one.code == "W113")
    assert attribute.message == "`when` cannot test `subject.role`"
    assert "`subject.roles`" in attribute.help
