"""Agents with several specs through roles: granted by one, blocked by none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.library import read_library
from wilkc.compiler import Compiled, check, compile_sources
from wilkc.core.contract import Request
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import decide

if TYPE_CHECKING:
    from wilkc.core.contract import Decision

SPECS = b"""\
agent: reader
permissions:
  filesystem: {read: ['./src/**'], metadata: {blocked_paths: ['**/secret/**']}}
  shell: {allowed_commands: ['cat *'], max_execution_time: 5}
  llm: {allowed_models: ['gpt-*'], max_tokens_per_request: 10, max_requests_per_hour: 2}
---
agent: writer
permissions:
  filesystem: {read: ['./**'], write: ['./out/**'], metadata: {max_file_size: 10}}
  shell: {allowed_commands: ['touch *', 'python3 *'], allowed_interpreters: [python3]}
  llm: {allowed_models: ['gpt-4'], max_tokens_per_request: 100}
---
agent: runner
permissions: {filesystem: {execute: ['./scripts/**']}}
---
bindings:
  reader: [alone]
  roles: {dev: [reader, writer], ops: [runner, writer], none: []}
"""
FLEET = b"""\
{"agent": "both", "roles": ["dev"]}
{"agent": "ops", "roles": ["ops"]}
{"agent": "all", "spec": "runner", "roles": ["dev", "ops"]}
{"agent": "one", "spec": "writer"}
{"agent": "two", "roles": ["ops", "dev"]}
{"agent": "nothing", "roles": ["none"]}
"""


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_sources({"specs.yaml": SPECS, "fleet.jsonl": FLEET}, read_library())


def _request(agent: str, text: str, **properties: Any) -> Request:
    resource, _, action = text.rpartition(" ")
    request = canonical_request(parse_short(agent, resource, action))
    request.properties.update(properties)
    return request


def _ask(compiled: Compiled, agent: str, text: str, **properties: Any) -> Decision:
    return decide(compiled.plan, _request(agent, text, **properties))


def test_each_agent_has_the_specs_of_its_roles(compiled: Compiled) -> None:
    assert dict(compiled.plan.agents) == {
        "all": ("reader", "runner", "writer"),
        "alone": ("reader",),
        "both": ("reader", "writer"),
        "nothing": (),
        "one": ("writer",),
        "ops": ("runner", "writer"),
        "reader": ("reader",),
        "runner": ("runner",),
        "two": ("reader", "runner", "writer"),
        "writer": ("writer",),
    }


@pytest.mark.parametrize(
    ("agent", "text", "allow", "detail"),
    [
        ("both", "file:./src/a read", True, "allowed"),
        ("both", "file:./doc/a read", True, "allowed"),
        ("alone", "file:./doc/a read", False, "no_rule_matches"),
        ("both", "file:./out/a write", True, "allowed"),
        # Granted by the writer, blocked by the reader.
        ("one", "file:./src/secret/a read", True, "allowed"),
        ("both", "file:./src/secret/a read", False, "blocked"),
        ("both", "file:./out/secret/a write", False, "blocked"),
        ("two", "file:./out/secret/a write", False, "blocked"),
        ("ops", "file:./src/secret/a read", True, "allowed"),
        ("nothing", "file:./src/a read", False, "unknown_agent"),
        ("both", "shell:cat x execute", True, "allowed"),
        ("both", "shell:touch x execute", True, "allowed"),
        # Each spec by itself: no line is granted by halves of two, no script by another's rule.
        ("both", "shell:cat x; touch y execute", False, "no_rule_matches"),
        ("ops", "shell:python3 ./scripts/a.py execute", False, "no_rule_matches"),
        ("both", "llm:gpt-4 request", True, "allowed"),
        ("both", "llm:o1 request", False, "no_rule_matches"),
        ("both", "file:src//a read", False, "path_not_canonical"),
    ],
)
def test_granted_by_one_and_blocked_by_none(
    compiled: Compiled, agent: str, text: str, allow: bool, detail: str
) -> None:
    answer = _ask(compiled, agent, text)
    assert (answer.allow, answer.detail) == (allow, detail)


def test_limits_are_those_of_the_spec_that_grants(compiled: Compiled) -> None:
    assert _ask(compiled, "both", "llm:gpt-4 request", max_tokens=100).allow
    assert not _ask(compiled, "both", "llm:gpt-4 request", max_tokens=101).allow
    assert not _ask(compiled, "both", "llm:gpt-3 request", max_tokens=11).allow
    assert _ask(compiled, "both", "file:./src/a read", size=11).allow
    assert not _ask(compiled, "both", "file:./doc/a read", size=11).allow


def test_a_command_is_confined_as_the_granting_spec_says(compiled: Compiled) -> None:
    for text, spec in (("shell:cat x execute", "reader"), ("shell:touch x execute", "writer")):
        conditions = {one.id: one for one in _ask(compiled, "both", text).conditions}
        assert conditions["shell.sandbox"].properties == {"spec": spec}
        assert ("shell.max_execution_time" in conditions) == (spec == "reader")


def test_opa_answers_alike(judged: Any, compiled: Compiled) -> None:
    texts = [
        "file:./src/a read",
        "file:./doc/a read",
        "file:./src/secret/a read",
        "file:./out/a write",
        "file:./out/secret/a write",
        "file:src//a read",
        "shell:cat x execute",
        "shell:touch x execute",
        "shell:cat x; touch y execute",
        "shell:python3 ./scripts/a.py execute",
        "shell:python3 -c 1 execute",
        "llm:gpt-4 request",
        "llm:gpt-3 request",
        "llm:o1 request",
        "tool:x call",
        "file:./scripts/a execute",
    ]
    agents = [*compiled.plan.agents, "stranger"]
    requests = [_request(agent, text) for agent in agents for text in texts]
    requests += [_request("both", "llm:gpt-3 request", max_tokens=n) for n in (10, 11, "x")]
    requests += [_request("both", "file:./doc/a read", size=n) for n in (10, 11, -1)]
    for used in (1, 2, "x"):
        spent = _request("both", "llm:gpt-3 request")
        spent.context["usage"] = {"both/llm": used}
        requests.append(spent)
    assert judged.differences(compiled, requests) == []
    assert len({decide(compiled.plan, request).detail for request in requests}) > 8


def test_a_spec_that_cannot_be_judged_grants_nothing_through_another(
    judged: Any, compiled: Compiled
) -> None:
    """The reader's profile is gone, and with it its blocks; the writer alone would grant."""
    data = compiled.files["wilk/data.json"]
    damaged = data.replace(b'"reader":{"profile"', b'"reader":{"porfile"')
    assert damaged != data
    files = {**compiled.files, "wilk/data.json": damaged}
    broken = Compiled(compiled.plan, files, compiled.manifest, "damaged", ())
    (answer,) = judged.ask(broken, [_request("both", "file:./doc/a read")])
    assert answer["decision"] is False


SCRIPTS = """\
agent: dev
permissions:
  filesystem: {execute: ['./scripts/**']}
  shell:
    allowed_commands: ['python3 *', ./scripts/evil.py, ./scripts/fine.py]
    allowed_interpreters: [python3]
---
agent: guard
permissions:
  filesystem: {read: ['./**'], metadata: {blocked_paths: ['./scripts/evil.py', CONDITIONAL]}}
---
agent: folded
case: insensitive
permissions: {filesystem: {metadata: {blocked_paths: ['./scripts/evil.py']}}}
---
bindings: {roles: {a: [dev, guard], b: [dev, folded], c: [dev]}}
""".replace("CONDITIONAL", "{path: ./scripts/night.py, when: {context.night: [true]}}")


def _runs(agent: str, *argv: str, cwd: str = ".", **more: Any) -> Request:
    properties: dict[str, Any] = {"argv": list(argv)}
    if "interpreter" in more:
        properties["interpreter"] = more.pop("interpreter")
    context = {**more, **({} if cwd == "." else {"cwd": cwd})}
    return Request(agent, "execute", "shell", "", properties, context)


def test_a_script_that_one_spec_blocks_is_run_by_none(judged: Any) -> None:
    fleet = b"".join(b'{"agent": "%c%c", "roles": ["%c"]}\n' % (c, c, c) for c in b"abc")
    sources = {"specs.yaml": SCRIPTS.encode(), "fleet.jsonl": fleet}
    compiled = compile_sources(sources, read_library())
    evil, fine = "scripts/evil.py", "scripts/fine.py"
    cases = [
        (_runs("aa", "python3", evil), False),
        (_runs("aa", "python3", "./" + evil), False),
        (_runs("aa", "timeout", "5", "python3", evil), False),
        (_runs("aa", "python3", "evil.py", cwd="./scripts"), False),
        (_runs("aa", "./scripts/evil.py", interpreter="python3"), False),
        (_runs("aa", "./scripts/fine.py", interpreter="python3"), True),
        (_runs("aa", "python3", fine), True),
        (_runs("aa", "python3", "scripts/EVIL.py"), True),
        (_runs("aa", "python3", "scripts/night.py", night=True), False),
        (_runs("aa", "python3", "scripts/night.py"), False),
        (_runs("aa", "python3", "scripts/night.py", night=False), True),
        (_runs("bb", "python3", evil), False),
        (_runs("bb", "python3", "scripts/EVIL.py"), False),
        (_runs("bb", "python3", fine), True),
        (_runs("cc", "python3", evil), True),
        (_runs("dev", "python3", evil), True),
    ]
    for request, allow in cases:
        assert decide(compiled.plan, request).allow is allow, request
    details = {decide(compiled.plan, request).detail for request, _ in cases}
    assert {"script_not_allowed", "allowed"} <= details
    assert judged.differences(compiled, [request for request, _ in cases]) == []


def test_a_spec_s_own_tests_ask_that_spec_alone() -> None:
    text = b"""\
agents: []
permissions: {filesystem: {read: ['./a']}}
tests: [{allow: 'file:./a read'}, {deny: 'file:./b read'}]
"""
    assert check({"base.yaml": text}) == ()
    assert check({"base.yaml": text.replace(b"allow:", b"deny:")}) != ()
