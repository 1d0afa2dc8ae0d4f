"""What documents mean together: inheritance, defaults, bindings, and the laws of section 10."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wilkc.compiler import check, compile_sources
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import Plan, decide

if TYPE_CHECKING:
    from wilkc.core.contract import Decision

LIBRARY = {"wilk/decision.rego": b"package wilk\n"}
BASE = """
agent: base
permissions:
  filesystem:
    read: ['./src/**']
    metadata: {blocked_paths: ['.env*'], max_file_size: 100, allowed_extensions: ['.ts']}
  network: {allowed_hosts: [{host: a.example, ports: [8443]}], timeout_seconds: 9}
  shell: {allowed_commands: ['git status'], allowed_interpreters: [node], max_execution_time: 60}
  llm: {allowed_models: [gpt-4], max_tokens_per_request: 100, content_filtering: true}
---
"""
CHILD = """
agent: child
extends: [base]
permissions:
  filesystem:
    read: ['./docs/**']
    write: ['./out/**']
    metadata: {blocked_paths: ['secret'], max_file_size: 500}
  shell: {allowed_commands: ['ls'], allowed_interpreters: [python3], max_execution_time: 90}
  llm: {allowed_models: [gpt-5], max_tokens_per_request: 50}
"""


def plan_of(*texts: str) -> Plan:
    return compile_sources({"specs.yaml": "\n---\n".join(texts).encode()}, LIBRARY).plan


def ask(plan: Plan, agent: str, resource: str, action: str, **properties: Any) -> Decision:
    request = canonical_request(parse_short(agent, resource, action))
    request.properties.update(properties)
    return decide(plan, request)


@pytest.fixture(scope="module")
def family() -> Plan:
    return plan_of(BASE + CHILD)


@pytest.mark.parametrize(
    ("resource", "action", "allowed"),
    [
        ("file:./docs/a", "read", True),
        ("file:./src/a", "read", True),
        ("file:./src/.env", "read", False),
        ("file:./docs/secret", "read", False),
        ("file:./out/a.ts", "write", True),
        ("file:./out/a.md", "write", False),
        ("network:https://a.example:8443", "connect", True),
        ("network:https://a.example", "connect", False),
        ("shell:git status", "execute", True),
        ("shell:ls", "execute", True),
        ("llm:gpt-4", "request", True),
        ("llm:gpt-5", "request", True),
        ("llm:gpt-6", "request", False),
    ],
)
def test_lists_are_united(family: Plan, resource: str, action: str, allowed: bool) -> None:
    assert ask(family, "child", resource, action).allow is allowed


def test_the_base_is_left_as_it_was(family: Plan) -> None:
    assert not ask(family, "base", "file:./docs/a", "read").allow
    assert not ask(family, "base", "shell:ls", "execute").allow


def test_numbers_take_the_smaller_and_flags_the_stricter(family: Plan) -> None:
    assert not ask(family, "child", "file:./docs/a", "read", size=101).allow
    assert ask(family, "child", "file:./docs/a", "read", size=100).allow
    assert not ask(family, "child", "llm:gpt-5", "request", max_tokens=51).allow
    granted = ask(family, "child", "llm:gpt-5", "request")
    assert [condition.type for condition in granted.conditions] == ["content_filter", "max_tokens"]
    run = ask(family, "child", "shell:ls", "execute")
    assert {"seconds": 60} in [condition.properties for condition in run.conditions]


@pytest.mark.parametrize(
    ("own", "base"), [("", "{max_file_size: 100}"), ("{max_file_size: 100}", "")]
)
def test_what_one_side_limits_stays_limited(own: str, base: str) -> None:
    specs = ("agent: base\npermissions:", "agent: child\nextends: [base]\npermissions:")
    texts = [
        f"{head}\n  filesystem: {{read: [a], metadata: {metadata or '{}'}}}\n"
        for head, metadata in zip(specs, (base, own), strict=True)
    ]
    plan = plan_of(*texts)
    assert ask(plan, "child", "file:a", "read", size=100).allow
    assert not ask(plan, "child", "file:a", "read", size=101).allow


def test_an_inherited_rule_names_the_line_of_the_base(family: Plan) -> None:
    rule = ask(family, "child", "file:./src/a", "read").rule
    assert rule is not None
    assert (rule.id, rule.line) == ("base/fs.read.allow.0", 5)


def test_extending_never_removes_a_block() -> None:
    grandchild = "agent: last\nextends: [child]\npermissions: {filesystem: {read: ['./**']}}\n"
    plan = plan_of(BASE + CHILD, grandchild)
    assert ask(plan, "last", "file:./anything", "read").allow
    for blocked in ("file:./src/.env", "file:./docs/secret"):
        assert ask(plan, "last", blocked, "read").detail == "blocked"


RESTRICTED = """
agent: NAME
BASES
permissions:
  filesystem:
    read: ['./**']
    metadata: {blocked_paths: [NAME-file]}
  network:
    allowed_hosts: ['*']
    allowed_ports: [443, PORT]
    blocked_hosts: [NAME.example]
    blocked_ports: [PORT]
  shell: {allowed_commands: ['ls *'], blocked_commands: ['ls NAME *']}
  llm: {allowed_models: ['*'], blocked_models: [NAME-model]}
  tools:
    allowed: ['*']
    blocked: [NAME-tool]
    arguments: {'*': {properties: {NAME: {maximum: 1}}}}
"""


@pytest.mark.parametrize(
    ("resource", "action"),
    [
        ("file:./NAME-file", "read"),
        ("file:~/a/NAME-file/b", "read"),
        ("network:https://NAME.example", "connect"),
        ("network:https://other:PORT", "connect"),
        ("shell:ls NAME", "execute"),
        ("llm:NAME-model", "request"),
        ("tool:NAME-tool", "call"),
    ],
)
def test_blocks_of_every_base_hold_beside_one_s_own(resource: str, action: str) -> None:
    plan = plan_of(*(
        RESTRICTED.replace("NAME", name).replace("PORT", port).replace("BASES", f"extends: {bases}")
        for name, port, bases in (("first", "1001", []), ("next", "1002", ["first"]),
                                  ("last", "1003", ["next"]))
    ))  # fmt: skip
    for name, port in (("first", "1001"), ("next", "1002"), ("last", "1003")):
        asked = resource.replace("NAME", name).replace("PORT", port)
        assert ask(plan, "last", asked, action).detail == "blocked"
    if resource != "file:~/a/NAME-file/b":
        other = resource.replace("NAME", "no").replace("PORT", "443")
        assert ask(plan, "last", other, action).allow
    for name in ("first", "next", "last"):
        assert ask(plan, "last", "tool:t", "call", arguments={name: 1}).allow
        assert not ask(plan, "last", "tool:t", "call", arguments={name: 2}).allow


def test_an_entry_s_own_protocols_and_ports_replace_the_section_s_each_for_itself() -> None:
    plan = plan_of("""
agent: a
permissions:
  network:
    allowed_hosts: [plain.example, {host: ssh.example, protocols: [ssh]}, {host: x, ports: [9]}]
    allowed_ports: [8443]
""")
    for target, allowed in (
        ("https://plain.example:8443", True),
        ("https://plain.example", False),
        ("ssh://ssh.example", False),
        ("ssh://ssh.example:8443", True),
        ("https://ssh.example:8443", False),
        ("https://x:9", True),
        ("https://x:8443", False),
        ("ssh://x:9", False),
    ):
        assert ask(plan, "a", f"network:{target}", "connect").allow is allowed, target


def test_an_entry_s_own_protocols_have_their_usual_ports_where_none_are_written() -> None:
    hosts = "[plain.example, {host: ssh.example, protocols: [ssh]}]"
    plan = plan_of(f"agent: a\npermissions: {{network: {{allowed_hosts: {hosts}}}}}\n")
    for target, allowed in (
        ("https://plain.example", True),
        ("ssh://plain.example", False),
        ("ssh://ssh.example", True),
        ("ssh://ssh.example:443", False),
        ("https://ssh.example", False),
    ):
        assert ask(plan, "a", f"network:{target}", "connect").allow is allowed, target


POLICY = """
security_policy:
  agent_defaults:
    permissions:
      filesystem: {read: ['./public/**']}
      llm: {allowed_models: [gpt-4]}
"""


def test_defaults_fill_only_categories_that_are_not_mentioned() -> None:
    plan = plan_of("agent: a\npermissions: {llm: {}}\n", POLICY)
    granted = ask(plan, "a", "file:./public/x", "read")
    assert granted.allow
    assert granted.rule is not None
    assert granted.rule.id == "defaults/fs.read.allow.0"
    assert not ask(plan, "a", "llm:gpt-4", "request").allow


def test_a_category_that_a_base_mentions_gets_no_defaults() -> None:
    base = "agent: base\npermissions: {filesystem: {read: []}}\n"
    child = "agent: a\nextends: [base]\npermissions: {}\n"
    plan = plan_of(base, child, POLICY)
    assert not ask(plan, "a", "file:./public/x", "read").allow
    assert ask(plan, "a", "llm:gpt-4", "request").allow


def test_bindings_give_a_spec_to_more_agents() -> None:
    spec = "agent: worker\npermissions: {filesystem: {read: ['./a']}}\n"
    plan = plan_of(spec, "bindings: {worker: [w1, w2]}\n")
    for agent in ("worker", "w1", "w2"):
        assert ask(plan, agent, "file:./a", "read").allow
    assert ask(plan, "w3", "file:./a", "read").reason == "NO_PERMISSIONS"


def test_a_spec_without_a_name_is_called_by_its_file() -> None:
    text = b"permissions: {filesystem: {read: ['./a']}}\n"
    for file in ("dir/reviewer.yaml", "reviewer.wilk.yaml"):
        plan = compile_sources({file: text}, LIBRARY).plan
        assert dict(plan.agents) == {"reviewer": ("reviewer",)}


@pytest.mark.parametrize(
    "stem",
    ["a b", "-x", "*", "\u00e9", "a\nb", ".hidden", "a:b", "a" * 129, "a/.wilk", "_x", "<stdin>"],
    ids=range(11),
)
@pytest.mark.parametrize("agents", ["", "agents: [x]\n"])
def test_a_file_whose_name_is_no_name_gives_none(stem: str, agents: str) -> None:
    text = f"# why\npermissions: {{filesystem: {{read: ['./a']}}}}\n{agents}"
    (found,) = check({f"{stem}.yaml": text.encode()})
    assert (found.code, found.severity, found.span.line) == ("W105", "error", 2)
    assert "agent" in found.help


@pytest.mark.parametrize("stem", ["a b", "*", "\u00e9", "a" * 129])
def test_an_agent_is_named_in_a_file_of_any_name(stem: str) -> None:
    text = b"agent: x\npermissions: {filesystem: {read: ['./a']}}\n"
    assert dict(compile_sources({f"{stem}.yaml": text}, LIBRARY).plan.agents) == {"x": ("x",)}


@pytest.mark.parametrize("stem", ["a", "9", "A.b_c-d", "a" * 128])
def test_a_file_whose_name_is_a_name_gives_its_own(stem: str) -> None:
    text = b"permissions: {filesystem: {read: ['./a']}}\n"
    for file in (f"{stem}.yaml", f"{stem}.wilk.yaml"):
        assert dict(compile_sources({file: text}, LIBRARY).plan.agents) == {stem: (stem,)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bindings: {wroker: [a]}\n---\nagent: worker\npermissions: {}\n", "W141"),
        ("bindings: {worker: [a, a]}\n---\nagent: worker\npermissions: {}\n", "W140"),
        ("bindings: {worker: [worker]}\n---\nagent: worker\npermissions: {}\n", "W140"),
        ("agents: [a, a]\npermissions: {}\n", "W140"),
        ("agent: a\nextends: [a]\npermissions: {}\n", "W142"),
        ("agents: [a]\npermissions: {}\n---\nagents: [b]\npermissions: {}\n", "W143"),
    ],
)
def test_what_has_no_one_meaning_is_refused(text: str, code: str) -> None:
    assert code in {found.code for found in check({"specs.yaml": text.encode()})}


_FILES = "filesystem: {read: ['./**'], metadata: {blocked_paths: ['.env']}}"


@pytest.mark.parametrize(
    ("base", "own", "permissions", "refused"),
    [
        # `./.ENV` would be blocked for the base and open to its heir.
        ("insensitive", "sensitive", _FILES, True),
        # `./SRC/a` would be open to the heir and not to the base.
        ("sensitive", "insensitive", _FILES, True),
        ("insensitive", "insensitive", _FILES, False),
        ("sensitive", "sensitive", _FILES, False),
        ("insensitive", "sensitive", "shell: {working_directories: ['./app']}", True),
        ("insensitive", "sensitive", "llm: {allowed_models: [m]}", False),
    ],
)
def test_a_base_s_paths_are_read_in_the_case_they_were_written_for(
    base: str, own: str, permissions: str, refused: bool
) -> None:
    text = (
        f"agent: base\ncase: {base}\npermissions: {{{permissions}}}\n---\n"
        f"agent: middle\ncase: {base}\nextends: [base]\npermissions: {{}}\n---\n"
        f"agent: child\ncase: {own}\nextends: [middle]\npermissions: {{}}\n"
    )
    errors = [
        (one.code, one.span.line)
        for one in check({"specs.yaml": text.encode()})
        if one.severity == "error"
    ]
    assert errors == ([("W155", 12)] if refused else [])


def test_order_and_duplicates_of_rules_do_not_matter() -> None:
    rules = ["'./src/**'", "'./docs/*.md'", "'./src/**'"]
    questions = ["file:./src/a", "file:./docs/a.md", "file:./docs/a/b.md", "file:./x"]
    answers = {
        tuple(ask(plan, "a", question, "read").allow for question in questions)
        for plan in (
            plan_of(f"agent: a\npermissions: {{filesystem: {{read: [{', '.join(order)}]}}}}\n")
            for order in (rules, rules[::-1], rules[:2])
        )
    }
    assert len(answers) == 1


def test_specs_that_mean_the_same_share_a_profile() -> None:
    text = "permissions: {{filesystem: {{read: ['{}']}}}}\n"
    sources = {
        f"{name}.yaml": text.format(pattern).encode()
        for name, pattern in (("a", "./x"), ("b", "./x"), ("c", "./y"))
    }
    data = compile_sources(sources, LIBRARY).files["wilk/data.json"]
    assert data.count(b'"allowed_commands"') == 0
    assert data.count(b'"max_file_size":{"any":true}') == 2
