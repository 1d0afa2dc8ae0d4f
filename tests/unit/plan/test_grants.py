"""What a grant adds, and that it adds nothing else. LANGUAGE.md section 12."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.compiler import check, compile_incrementally, compile_sources
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import Plan, decide, written_name

if TYPE_CHECKING:
    from wilkc.core.contract import Decision

LIBRARY = {"wilk/decision.rego": b"package wilk\n"}
WORKER = """
agents: [ann, ben]
permissions:
  filesystem:
    read: ['./src/**']
    metadata: {blocked_paths: ['.env*'], max_file_size: 100, allowed_extensions: ['.ts']}
  shell: {allowed_commands: ['git status'], blocked_commands: ['rm *'], max_execution_time: 60}
  llm: {max_tokens_per_request: 100, content_filtering: true}
"""
POLICY = """
security_policy:
  agent_defaults:
    permissions:
      network: {allowed_hosts: [default.example]}
      tools: {allowed: [search]}
"""
GRANT = """
grant:
  id: {name}
  agent: {agent}
  allow: '{allow}'
  reason: incident 4711
  by: alice
  since: '2026-11-28T11:30:00Z'
  until: '2026-11-28T12:00:00Z'
"""
DURING = "2026-11-28T11:45:00.123Z"


def grant(allow: str, agent: str = "ann", name: str = "one") -> str:
    return GRANT.format(allow=allow, agent=agent, name=name)


def sources_of(*texts: str) -> dict[str, bytes]:
    return {f"{number}.yaml": text.encode() for number, text in enumerate(texts)}


def plan_of(*texts: str) -> Plan:
    return compile_sources(sources_of(*texts), LIBRARY).plan


def ask(
    plan: Plan, agent: str, text: str, time: str | None = DURING, **properties: Any
) -> Decision:
    resource, _, action = text.rpartition(" ")
    request = canonical_request(parse_short(agent, resource, action))
    request.properties.update(properties)
    request.context.update({} if time is None else {"time": time})
    return decide(plan, request)


@pytest.mark.parametrize(
    ("allow", "asked"),
    [
        ("file:./fix/** write", "file:./fix/a.ts write"),
        ("file:./fix/** watch", "file:./fix/a.ts watch"),
        ("shell:npm ci execute", "shell:npm ci execute"),
        ("network:api.example connect", "network:https://api.example connect"),
        ("llm:gpt-4 request", "llm:gpt-4 request"),
        ("tool:deploy call", "tool:deploy call"),
        ("agent:helper use", "agent:helper use"),
        ("system:cpu info", "system:cpu info"),
        ("system:CI_* env.read", "system:CI_A env.read"),
        ("system:theme config.modify", "system:theme config.modify"),
        ("system:@acme/* registry.install", "system:@acme/a registry.install"),
    ],
)
def test_one_agent_gets_it_for_a_while(allow: str, asked: str) -> None:
    before, plan = plan_of(WORKER), plan_of(WORKER, grant(allow))
    assert not ask(before, "ann", asked).allow
    assert ask(plan, "ann", asked).allow
    assert not ask(plan, "ben", asked).allow


@pytest.mark.parametrize(
    ("time", "allowed"),
    [
        (None, False),
        ("2026-11-28T11:29:59.999Z", False),
        ("2026-11-28T11:30:00Z", True),
        ("2026-11-28T11:59:59.999Z", True),
        ("2026-11-28T12:00:00Z", False),
        ("2027-11-28T11:45:00Z", False),
        ("2026-11-28T11:45:00+00:00", False),
        ("soon", False),
    ],
)
def test_its_rule_carries_its_beginning_and_its_end(time: str | None, allowed: bool) -> None:
    plan = plan_of(WORKER, grant("file:./fix/** write"))
    assert ask(plan, "ann", "file:./fix/a.ts write", time).allow is allowed
    assert ask(plan, "ann", "file:./src/a.ts read", time).allow


def test_the_deciding_line_is_that_of_the_grant() -> None:
    rule = ask(plan_of(WORKER, grant("file:./fix/** write")), "ann", "file:./fix/a.ts write").rule
    assert rule is not None
    assert (rule.file, rule.line, rule.id) == ("1.yaml", 5, "one/fs.write.allow.0")


def test_deny_beats_grant() -> None:
    texts = (grant("file:./** write"), grant("shell:rm ./a execute", name="two"))
    plan = plan_of(WORKER, *texts)
    assert ask(plan, "ann", "file:./.env.ts write").detail == "blocked"
    assert ask(plan, "ann", "shell:rm ./a execute").detail == "blocked"


def test_limits_hold_for_what_is_granted() -> None:
    plan = plan_of(WORKER, grant("file:./fix/** write"), grant("llm:gpt-4 request", name="two"))
    assert not ask(plan, "ann", "file:./fix/a.exe write").allow
    assert not ask(plan, "ann", "file:./fix/a.ts write", size=101).allow
    assert not ask(plan, "ann", "llm:gpt-4 request", max_tokens=101).allow
    given = ask(plan, "ann", "llm:gpt-4 request", max_tokens=99)
    assert {condition.type for condition in given.conditions} == {"content_filter"}


def test_a_category_keeps_its_defaults() -> None:
    texts = (grant("network:api.example connect"), grant("tool:deploy call", name="two"))
    plan = plan_of(WORKER, POLICY, *texts)
    assert ask(plan, "ann", "network:https://default.example connect").allow
    assert ask(plan, "ann", "network:https://api.example connect").allow
    assert ask(plan, "ann", "tool:search call").allow
    # The other way round: what is granted brings no default into a category.
    plain = plan_of(WORKER, grant("file:./fix/** write"))
    assert not ask(plain, "ann", "tool:search call").allow


def test_blocks_of_another_role_stand_against_it() -> None:
    roles = """
agent: nobody-1
permissions: {filesystem: {read: ['./a/**']}}
---
agent: nobody-2
permissions: {filesystem: {read: ['./b/**'], metadata: {blocked_paths: ['./fix/secret']}}}
---
bindings: {roles: {one: [nobody-1], two: [nobody-2]}}
"""
    fleet = {"fleet.jsonl": b'{"agent": "cay", "roles": ["one", "two"]}\n'}
    sources = {**sources_of(roles, grant("file:./fix/** write", "cay")), **fleet}
    plan = compile_sources(sources, LIBRARY).plan
    assert ask(plan, "cay", "file:./fix/a write").allow
    assert not ask(plan, "cay", "file:./fix/secret write").allow
    assert ask(plan, "cay", "file:./a/x read").allow
    assert not ask(plan, "nobody-1", "file:./fix/a write").allow
    assert [written_name(name) for name in plan.agents["cay"]] == ["nobody-1", "nobody-2"]


def test_who_extends_the_spec_gets_nothing() -> None:
    plan = plan_of(
        "agent: base\npermissions: {filesystem: {read: [./a]}}\n",
        "agent: child\nextends: [base]\npermissions: {}\n",
        grant("file:./fix/** write", "base"),
    )
    assert ask(plan, "base", "file:./fix/a write").allow
    assert not ask(plan, "child", "file:./fix/a write").allow


def test_two_grants_of_one_agent() -> None:
    plan = plan_of(WORKER, grant("file:./x write"), grant("file:./y write", name="two"))
    assert not ask(plan, "ann", "file:./z.ts write").allow
    assert [ask(plan, "ann", f"file:./{one} write").detail for one in "xy"] == [
        "extension_not_allowed",
        "extension_not_allowed",
    ]


def test_a_revoked_grant_adds_nothing() -> None:
    revoked = grant("file:./fix/** write") + "  revoked: '2026-11-28T11:40:00Z'\n"
    with_it = compile_sources(sources_of(WORKER, revoked), LIBRARY)
    assert not ask(with_it.plan, "ann", "file:./fix/a.ts write").allow
    assert with_it.revision == compile_sources(sources_of(WORKER), LIBRARY).revision


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (grant("file:./fix/** write", "nobody"), "W160", 4),
        (grant("file:./fix/** write") + "---" + grant("file:./b write"), "W161", 12),
        (grant("data:public process"), "W130", 5),
        (grant("system:* admin"), "W130", 5),
        (grant("system:own signal"), "W130", 5),
        (grant("./fix/** write"), "W130", 5),
        (grant("file:./fix/** wirte"), "W130", 5),
        (grant("file:./a**b write"), "W031", 5),
        (grant("file:./a read").replace("12:00:00Z", "11:30:00Z"), "W131", 9),
        (grant("file:./a read").replace("28T12:00:00Z", "29T11:30:01Z"), "W131", 9),
        (grant("file:./a read").replace("12:00:00Z", "12:00:00+00:00"), "W114", 9),
        (grant("file:./a read").replace("28T12:00", "31T12:00"), "W114", 9),
        (grant("file:./a read").replace("  reason: incident 4711\n", ""), "W102", 3),
        (grant("file:./a read").replace("incident 4711", "''"), "W104", 6),
        (grant("file:./a read") + "  for: ever\n", "W108", 10),
        (grant("file:./a read", "with blank"), "W105", 4),
    ],
)
def test_what_is_refused(text: str, code: str, line: int) -> None:
    found = check(sources_of(WORKER, text))
    assert [(one.code, one.severity) for one in found] == [(code, "error")]
    assert (found[0].span.file, found[0].span.line) == ("1.yaml", line)


def test_a_whole_day_is_the_most() -> None:
    text = grant("file:./a read").replace("28T12:00:00Z", "29T11:30:00Z")
    assert check(sources_of(WORKER, text)) == ()


def test_an_agent_without_specs_can_be_granted_nothing() -> None:
    fleet = {"fleet.jsonl": b'{"agent": "idle", "roles": ["none"]}\n'}
    role = "bindings: {roles: {none: []}}\n"
    sources = {**sources_of(WORKER, role, grant("file:./a read", "idle")), **fleet}
    assert [one.code for one in check(sources)] == ["W160"]


def test_guardrails_hold_for_grants() -> None:
    policy = "security_policy: {guardrails: {never: ['file:**/.ssh/** write'], within: bound}}\n"
    bound = """
agent: bound
permissions:
  filesystem: {read: ['./**'], write: ['./fix/*.ts'], metadata: {blocked_paths: ['.env*']}}
"""
    base = (WORKER.split("  shell:", maxsplit=1)[0], policy, bound)
    assert check(sources_of(*base, grant("file:./fix/*.ts write"))) == ()
    found = check(sources_of(*base, grant("file:./.ssh/* write")))
    assert [one.code for one in found] == ["W151", "W151"]
    assert "`ann` may do `file:./.ssh/" in found[0].message
    assert any("within bound" in one.message for one in found)


def test_a_spec_is_tested_without_what_is_granted() -> None:
    tested = (
        WORKER + "tests:\n- {deny: 'file:./fix/a.ts write', context: {time: '" + DURING + "'}}\n"
    )
    tested = tested.replace("agents: [ann, ben]", "agent: ann")
    assert check(sources_of(tested, grant("file:./fix/** write"))) == ()


def test_a_store_gives_the_same() -> None:
    class Shelf(dict[str, bytes]):
        toolchain = "test"

        def put(self, key: str, data: bytes) -> None:
            self[key] = data

    shelf = Shelf()
    revoked = grant("file:./fix/** write") + "  revoked: '2026-11-28T11:40:00Z'\n"
    for texts in (
        (WORKER,),
        (WORKER, grant("file:./fix/** write")),
        (WORKER, grant("file:./fix/** write"), grant("file:./b write", "ben", "two")),
        (WORKER, grant("file:./other/** write")),
        (WORKER, revoked),
    ):
        sources = sources_of(*texts)
        whole = compile_sources(sources, LIBRARY)
        for _ in range(2):
            made = compile_incrementally(sources, LIBRARY, shelf)
            assert (made.files, made.manifest) == (whole.files, whole.manifest)
