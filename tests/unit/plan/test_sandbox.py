"""The sandbox section and the file rules, lowered to a plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from wilkc.core.diagnostics import has_errors
from wilkc.core.sandbox_plan import MIB, WHOLE, Quantity, SandboxPlan
from wilkc.plan.build import build_plan
from wilkc.plan.sandbox import granted_permissions
from wilkc.spec import AgentSpec, read_specs

if TYPE_CHECKING:
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan.model import Permissions


def lower(text: str) -> tuple[SandboxPlan | None, tuple[Diagnostic, ...]]:
    read = read_specs({"agent.yaml": text.encode()})
    assert not has_errors(read.diagnostics), read.diagnostics
    plan, problems = build_plan(read.documents)
    return (None if plan is None else plan.specs["agent"].sandbox), problems


def accepted(text: str) -> SandboxPlan:
    plan, problems = lower(text)
    assert plan is not None, problems
    return plan


def codes(text: str) -> list[str]:
    return [problem.code for problem in lower(text)[1]]


FILES = """
permissions:
  filesystem:
    read: ['./src/**/*.ts', './docs/**', './package.json', './build/']
    write: ['./reports/**', './notes.md']
    execute: ['./scripts/build.sh']
    metadata: {allowed_extensions: ['.md'], blocked_paths: ['.env*', '**/.git/**']}
"""
NONE = "permissions: {}\n"


def test_nothing_at_all_is_strict_and_isolated() -> None:
    plan = accepted(NONE)
    assert plan == SandboxPlan()
    assert (plan.level, plan.context, plan.network, plan.seccomp) == (
        "strict", "isolated", "none", True,
    )  # fmt: skip


def test_a_plan_survives_json() -> None:
    plan = accepted(FILES)
    assert SandboxPlan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


def test_the_first_shape() -> None:
    plan = accepted("""
sandbox:
  isolation: {type: namespace, network: restricted, filesystem: restricted, process: isolated}
  resources:
    cpu:     {max: '100%',  warning_threshold: '80%',   enforcement: hard}
    memory:  {max: '512MB', warning_threshold: '400MB', enforcement: hard}
    disk:    {max: '1GB',   warning_threshold: '80%',   enforcement: soft}
    network: {max: '50MB',  warning_threshold: '80%',   enforcement: monitoring, max_connections: 5}
  security: {seccomp: true, apparmor: false, selinux: false, capabilities: []}
permissions:
  network: {allowed_hosts: [api.example.com]}
""")
    assert plan.network == "restricted"
    assert plan.limits.cpu == Quantity(100, 80, "percent", "hard")
    assert plan.limits.memory == Quantity(512 * MIB, 400 * MIB, "bytes", "hard")
    assert plan.limits.disk == Quantity(1024 * MIB, 1024 * MIB * 80 // 100, "bytes", "soft")
    assert plan.limits.network == Quantity(50 * MIB, 40 * MIB, "bytes", "monitoring")
    assert plan.limits.connections == 5


def test_the_second_shape() -> None:
    plan = accepted("""
sandbox:
  permissions: {allow: [net], deny: [fs, run]}
  resources:
    memory: {limit: 268435456, threshold: 209715200}
    cpu: {timeLimit: 5000, priority: 1}
    network: {maxConnections: 5, allowedHosts: ['api.openai.com']}
  isolation: {level: strict, context: isolated}
permissions:
  filesystem: {read: ['./src/**']}
  network: {allowed_hosts: [api.openai.com]}
""")
    assert plan.limits.memory == Quantity(268435456, 209715200, "bytes", "hard")
    assert (plan.limits.wall_clock_ms, plan.limits.cpu_time_ms) == (5000, 5000)
    assert (plan.limits.priority, plan.limits.connections) == (1, 5)
    assert (plan.run, plan.network, plan.mounts) == (False, "restricted", ())


def test_strict_binds_each_file_of_leafy_and_limited_rules() -> None:
    plan = accepted(FILES)
    assert [(one.action, one.how, one.base, one.pattern, one.line) for one in plan.mounts] == [
        ("read", "each", "./src", "./src/**/*.ts", 4),
        ("read", "tree", "./docs", "./docs/**", 4),
        ("read", "file", "./package.json", "./package.json", 4),
        ("read", "tree", "./build", "./build/**", 4),
        ("execute", "file", "./scripts/build.sh", "./scripts/build.sh", 6),
        ("write", "each", "./reports", "./reports/**", 5),
        ("write", "file", "./notes.md", "./notes.md", 5),
    ]
    # What may be run or written can be read; nothing that a rule does not name is writable.
    assert [(one.action, one.witness) for one in plan.gaps] == [
        ("read", "./scripts/build.sh"), ("read", "./reports/a.md"), ("read", "./notes.md"),
    ]  # fmt: skip
    assert "./**/.git/**" in plan.hidden
    assert "~/**/.env*/**" in plan.hidden


def test_moderate_mounts_wider_and_writes_the_gap_down() -> None:
    plan = accepted("sandbox: {isolation: {level: moderate}}" + FILES)
    mounts = {(one.action, one.base): one for one in plan.mounts}
    assert (mounts["read", "./src"].how, mounts["read", "./src"].postcheck) == ("tree", False)
    assert (mounts["write", "./reports"].how, mounts["write", "./reports"].postcheck) == (
        "tree", True,
    )  # fmt: skip
    assert mounts["write", "./reports"].sample == "./reports/a.md"
    gaps = [(gap.action, gap.base, gap.witness) for gap in plan.gaps]
    assert ("read", "./src", "./src/a") in gaps
    assert ("write", "./reports", "./reports/a") in gaps
    assert ("delete", "./reports", "./reports/a") in gaps


def test_write_gap_narrow_is_stricter_and_accepted() -> None:
    plan = accepted("sandbox: {write_gap: narrow, isolation: {level: moderate}}" + FILES)
    assert {one.how for one in plan.mounts if one.base == "./reports"} == {"each"}


def test_write_gap_refuse() -> None:
    assert codes("sandbox: {write_gap: refuse}" + FILES) == ["W180"]
    exact = "sandbox: {write_gap: refuse}\npermissions: {filesystem: {write: ['./out/**']}}\n"
    assert codes(exact) == []


def test_a_blocked_write_tree_is_judged_afterwards() -> None:
    plain = "permissions: {filesystem: {write: ['./out/**']}}\n"
    assert [one.postcheck for one in accepted(plain).mounts] == [False]
    blocked = (
        "permissions: {filesystem: {write: ['./out/**'], metadata: {blocked_paths: ['.env']}}}\n"
    )
    assert [one.postcheck for one in accepted(blocked).mounts] == [True]


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        ("{deny: [fs]}", set()),
        ("{deny: [read]}", {"write"}),
        ("{deny: [write]}", {"read", "execute"}),
        ("{allow: [read]}", {"read", "execute"}),
        ("{allow: [fs], deny: [write]}", {"read", "execute"}),
        ("{allow: [net]}", set()),
        ("{allow: []}", set()),
        ("{deny: [run]}", {"read", "write", "execute"}),
    ],
)
def test_words_let_rule_sections_count(words: str, actions: set[str]) -> None:
    plan = accepted(f"sandbox: {{permissions: {words}}}{FILES}")
    assert {one.action for one in plan.mounts} == actions


def test_words_hold_for_decisions_too() -> None:
    granted = _granted("sandbox: {permissions: {deny: [write, net]}}" + FILES)
    assert "write" not in granted.file.allow
    assert {"read", "execute"} <= set(granted.file.allow)
    assert granted.network.allow == ()


def _granted(text: str) -> Permissions:
    read = read_specs({"agent.yaml": text.encode()})
    plan, _ = build_plan(read.documents)
    model = read.documents[0].model
    assert plan is not None
    assert isinstance(model, AgentSpec)
    return granted_permissions(model.sandbox, plan.specs["agent"].permissions)


@pytest.mark.parametrize(
    ("allowed", "also", "left"),
    [
        ("[a.example]", "[a.example]", ["a.example"]),
        ("['*.example']", "[a.example]", ["a.example"]),
        ("[a.example]", "['*.example']", ["a.example"]),
        ("['*']", "['*.example']", ["example"]),
        ("['*.b.example']", "['*.example']", ["b.example"]),
        ("[a.example]", "[b.example]", []),
        ("[10.0.0.1]", "['*']", []),
        ("[a.example]", "[]", []),
    ],
)
def test_allowed_hosts_must_be_allowed_by_both(allowed: str, also: str, left: list[str]) -> None:
    granted = _granted(
        f"sandbox: {{resources: {{network: {{allowedHosts: {also}}}}}}}\n"
        f"permissions: {{network: {{allowed_hosts: {allowed}}}}}\n"
    )
    assert [one.text for rule in granted.network.allow for one in rule.patterns] == left


REFUSED = [
    ("W170", "resources: {memory: {max: 512MB, limit: 268435456}}"),
    ("W170", "resources: {memory: {max: 512MB, warning_threshold: '50%', threshold: 1024}}"),
    ("W171", "isolation: {level: strict, filesystem: full}"),
    ("W171", "isolation: {network: bridge}"),
    ("W171", "isolation: {level: moderate, process: shared}"),
    ("W171", "isolation: {context: shared}"),
    ("W171", "unix_sockets: true"),
    ("W171", "write_gap: postcheck"),
    ("W172", "permissions: {deny: [network]}"),
    ("W173", "isolation: {type: process}"),
    ("W175", "security: {capabilities: [CAP_SYS_ADMIN]}"),
    ("W176", "resources: {cpu: {max: 512MB}}"),
    ("W176", "resources: {cpu: {max: '0%'}}"),
    ("W176", "resources: {memory: {max: '80%'}}"),
    ("W176", "resources: {memory: {max: 10MB, warning_threshold: 20MB}}"),
    ("W176", "resources: {memory: {max: 10MB, threshold: 20971520}}"),
    ("W176", "resources: {disk: {max: 5}}"),
    ("W176", "resources: {disk: {max: 10MB, warning_threshold: 1MB/s}}"),
    ("W176", "resources: {cpu: {timeLimit: 0}}"),
    ("W176", "tmp: 0"),
    ("W177", "isolation: {level: minimal}\n  security: {seccomp: false}"),
    ("W178", "degraded: [cgroup]"),
    ("W178", "isolation: {level: moderate}\n  degraded: [seccomp]"),
    ("W179", "permissions: {deny: [crypto]}"),
    ("W181", "runtime_paths: ['./tools']"),
    ("W181", "runtime_paths: ['/opt/*']"),
    ("W189", "isolation: {level: minimal, filesystem: full}\n  allow_root: true"),
    ("W189", "isolation: {level: minimal, process: shared}\n  allow_root: true"),
]


@pytest.mark.parametrize(("code", "section"), REFUSED)
def test_what_is_refused(code: str, section: str) -> None:
    assert codes(f"sandbox:\n  {section}\n{NONE}") == [code]


ACCEPTED = [
    "resources: {memory: {max: 256MB, limit: 268435456}}",
    "isolation: {level: minimal, filesystem: full, process: shared, context: shared}",
    "isolation: {level: moderate, context: shared}\n  unix_sockets: true\n  degraded: [cgroup]",
    "isolation: {filesystem: readonly}",
    "permissions: {deny: [net, run], allow: [crypto, net]}",
    "isolation: {type: process, network: none, filesystem: full, level: minimal}",
    "isolation: {type: container, network: none}",
    "resources: {cpu: {max: '1.5'}, disk: {max: 20MB/s}, network: {max: 1MB/s}}",
    "isolation: {level: minimal}\n  security: {seccomp: false}\n  degraded: [seccomp]",
    "runtime_paths: ['/opt/tool', '/srv/x/']",
    "protected: [Makefile, './ci/**']",
    "isolation: {level: minimal, filesystem: restricted, process: isolated}\n  allow_root: true",
    "isolation: {level: minimal, filesystem: full}\n  allow_root: false",
]


@pytest.mark.parametrize("section", ACCEPTED)
def test_what_is_accepted(section: str) -> None:
    assert codes(f"sandbox:\n  {section}\n{NONE}") == []


WHOLE_VIEW = "sandbox: {isolation: {level: minimal, filesystem: full}}\n"
NO_NAMESPACES = WHOLE_VIEW.replace("full", "full, type: process")


@pytest.mark.parametrize(
    ("section", "read", "gaps"),
    [
        ("sandbox: {isolation: {level: minimal}}\n", "[]", []),
        (WHOLE_VIEW, "[]", ["read ./a", "read ~/a", "read /a"]),
        (WHOLE_VIEW, "['./**']", ["read ~/a", "read /a"]),
        (
            NO_NAMESPACES, "['./**', '~/**', '/**']",
            [f"{action} {root}/a" for action in ("write", "delete") for root in (".", "~", "")],
        ),
    ],
)  # fmt: skip
def test_what_a_wider_view_opens_is_in_the_plan(section: str, read: str, gaps: list[str]) -> None:
    plan = accepted(section + f"permissions: {{filesystem: {{read: {read}}}}}\n")
    assert [f"{gap.action} {gap.witness}" for gap in plan.gaps] == gaps
    assert all(gap.rule == WHOLE and gap.line >= 1 and not gap.postcheck for gap in plan.gaps)


@pytest.mark.parametrize(("data", "screened"), [("{}", False), ("{pii_detection: true}", True)])
def test_the_data_section_says_what_is_screened(data: str, *, screened: bool) -> None:
    assert accepted(f"permissions: {{data: {data}}}\n").screen_personal is screened


def test_readonly_beside_write_rules() -> None:
    assert codes("sandbox: {isolation: {filesystem: readonly}}" + FILES) == ["W174"]


def test_a_container_has_no_network() -> None:
    text = (
        "sandbox: {isolation: {type: container}}\n"
        "permissions: {network: {allowed_hosts: [a.example]}}\n"
    )
    assert codes(text) == ["W184"]


def test_a_variable_needs_a_name() -> None:
    text = "permissions: {shell: {environment_variables: {set: {'A=B': c}}}}\n"
    assert codes(text) == ["W186"]


def test_rules_that_mount_nothing_are_reported() -> None:
    text = (
        "permissions: {filesystem: {read: ['/**/*.conf', './.env'], "
        "metadata: {blocked_paths: ['.env']}}}\n"
    )
    plan, problems = lower(text)
    assert [problem.code for problem in problems] == ["W182", "W183"]
    assert plan is not None
    assert plan.mounts == ()


def test_an_organisation_sets_the_floor() -> None:
    policy = (
        "---\nsecurity_policy:\n  version: '1.0'\n  global_settings:\n"
        "    sandbox: {default_isolation: namespace, violation_response: deny}\n"
    )
    weak = (
        "sandbox: {isolation: {type: process, network: none, filesystem: full, level: minimal}}\n"
    )
    assert codes(weak + NONE + policy) == ["W185"]
    assert accepted(NONE + policy).violation == "deny"


@pytest.mark.parametrize(
    ("shell", "section", "wall", "memory"),
    [
        ("{}", "{}", 60_000, 256),
        ("{max_execution_time: 300}", "{}", 300_000, 256),
        ("{max_execution_time: 30}", "{wall_clock_s: 90}", 30_000, 256),
        ("{max_execution_time: 300}", "{wall_clock_s: 90}", 90_000, 256),
        ("{}", "{resources: {cpu: {timeLimit: 1500}}}", 1500, 256),
        ("{max_memory_usage: 64MB}", "{}", 60_000, 64),
        ("{max_memory_usage: 512MB}", "{}", 60_000, 256),
        ("{max_memory_usage: 512MB}", "{resources: {memory: {max: 1GB}}}", 60_000, 512),
    ],
)
def test_the_smaller_limit_wins(shell: str, section: str, wall: int, memory: int) -> None:
    plan = accepted(f"sandbox: {section}\npermissions: {{shell: {shell}}}\n")
    assert (plan.limits.wall_clock_ms, plan.limits.memory.max) == (wall, memory * MIB)


def test_a_ceiling_of_the_shell_rules_is_hard() -> None:
    plan = accepted(
        "sandbox: {resources: {memory: {max: 64MB, enforcement: monitoring}}}\n"
        "permissions: {shell: {max_memory_usage: 512MB}}\n"
    )
    assert plan.limits.memory.max == 512 * MIB
    assert plan.limits.memory.enforcement == "hard"


def test_the_environment_needs_its_word() -> None:
    shell = (
        "permissions: {shell: {environment_variables: {allow: ['A*'], block: [AB], set: {X: z}}}}\n"
    )
    plan = accepted(shell)
    assert (plan.environment.allow, plan.environment.block) == (("A*",), ("AB",))
    assert [(one.name, one.value) for one in plan.environment.set] == [("X", "z")]
    assert accepted("sandbox: {permissions: {deny: [env]}}\n" + shell).environment.allow == ()


@pytest.mark.parametrize("value", ["1e3", ".nan", "-1", "'1e3'", "'-5MB'", "1.5MB", "''", "true"])
def test_odd_numbers_are_errors(value: str) -> None:
    read = read_specs(
        {"a.yaml": f"sandbox: {{resources: {{memory: {{max: {value}}}}}}}\n{NONE}".encode()}
    )
    problems = [*read.diagnostics]
    if not problems:
        problems += build_plan(read.documents)[1]
    assert has_errors(problems)
