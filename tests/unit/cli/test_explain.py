"""`wilkc explain`: what it says, what it suggests, how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wilkc.compiler import understand
from wilkc.core.sandbox_plan import SandboxPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.cli.conftest import Ran

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"

ROLES = """\
agent: dev
permissions:
  filesystem:
    read: ['./src/**']
    metadata: {max_file_size: 1KB, blocked_paths: ['*.pem', '**/secret/**']}
  shell:
    allowed_commands: ['git diff *', 'npm test']
    allowed_interpreters: [node]
  llm: {allowed_models: [gpt-4]}
---
agent: ops
permissions:
  filesystem: {read: ['./logs/**']}
---
bindings: {roles: {both: [dev, ops]}}
"""


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "p.yaml").write_text(ROLES)
    (tmp_path / "fleet.jsonl").write_text('{"agent": "ann", "roles": ["both"]}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_denial_shows_the_nearest_entry_and_a_suggestion(
    wilkc: Callable[..., Ran],
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(EXAMPLES)
    ran = wilkc("explain", "reviewer", "file:./docs/api/readme.txt", "read", ".")
    assert ran.code == 4
    golden("explain/denied.txt", ran.out)


def test_a_grant_shows_the_line_that_decided(
    wilkc: Callable[..., Ran],
    golden: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(EXAMPLES)
    ran = wilkc("explain", "reviewer", "file:./src/app.ts", "read", "--policies", ".")
    assert ran.code == 0
    golden("explain/allowed.txt", ran.out)


def test_every_matching_block_is_named_and_no_allow_suggested(
    wilkc: Callable[..., Ran], specs: Path
) -> None:
    ran = wilkc("explain", "dev", "file:./src/secret/k.pem", "read", specs)
    assert ran.code == 4
    assert "blocked by `*.pem`" in ran.out
    assert "also     blocked by '**/secret/**'" in ran.out
    assert "without  these blocks it would be allowed: allowed by `./src/**`" in ran.out
    assert "the edit is to the block" in ran.out
    assert "a suggestion" not in ran.out


def test_a_limit_decides_by_itself(wilkc: Callable[..., Ran], specs: Path) -> None:
    size = ("--properties", '{"size": 2000}')
    ran = wilkc("explain", "dev", "file:./src/a.ts", "read", specs, *size)
    assert ran.code == 4
    assert "the edit is to `fs.max_file_size`" in ran.out
    assert wilkc("explain", "dev", "file:./src/a.ts", "read", specs).code == 0


def test_of_several_specs_the_one_that_answered_is_named(
    wilkc: Callable[..., Ran], specs: Path
) -> None:
    ran = wilkc("explain", "ann", "file:./logs/x", "read", specs)
    assert ran.code == 0
    assert "spec     ops   (the agent also has dev)" in ran.out
    ran = wilkc("explain", "ann", "file:./log/x", "read", specs)
    assert ran.code == 4
    assert "nearest  './logs/**'" in ran.out
    assert "p.yaml:13" in ran.out
    assert "note: it holds for `ops` as well" in ran.out


@pytest.mark.parametrize(
    ("resource", "action", "entries"),
    [
        ("file:./docs/a*b", "read", [r"'./docs/a\*b'"]),
        ("llm:gpt-5", "request", ["'gpt-5'"]),
        ("tool:web[1]", "call", [r"'web\[1\]'"]),
        ("shell:git push -q && npm test", "execute", ["'git push -q'"]),
        ("shell:nohup npm run 'a b'", "execute", ["'nohup npm run ''a b'''", "'npm run ''a b'''"]),
        ("shell:node ./x.js", "execute", ["'node ./x.js'", "'./x.js'"]),
        (
            "network:https://a.example:8443",
            "connect",
            ["{host: 'a.example', ports: [8443], protocols: ['https']}"],
        ),
        ("system:x", "registry.install", ["'x'"]),
        ("agent:w", "use", ["'w'"]),
    ],
)
def test_a_suggestion_written_into_the_file_grants_it(
    wilkc: Callable[..., Ran], specs: Path, resource: str, action: str, entries: list[str]
) -> None:
    ran = wilkc("explain", "dev", resource, action, specs, "-f", "json")
    assert ran.code == 4
    found = json.loads(ran.out)["suggestion"]
    assert [edit["yaml"] for edit in found["edits"]] == entries
    lines = ["agent: dev2", "permissions:"]
    tree: dict[str, dict[str, list[str]]] = {}
    for edit in found["edits"]:
        _, category, *keys = edit["path"]
        tree.setdefault(category, {}).setdefault(".".join(keys), []).append(edit["yaml"])
    for category, lists in tree.items():
        lines.append(f"  {category}:")
        for name, texts in lists.items():
            outer, _, inner = name.partition(".")
            listed = f"[{', '.join(texts)}]"
            lines.append(f"    {outer}: " + (f"{{{inner}: {listed}}}" if inner else listed))
    (specs / "q.yaml").write_text("\n".join([*lines, "extends: [dev]", ""]))
    assert wilkc("explain", "dev2", resource, action, specs).code == 0


@pytest.mark.parametrize(
    ("resource", "action", "why"),
    [
        ("shell:sh -c id", "execute", "cannot be judged"),
        ("shell:node", "execute", "read code from its input"),
        ("file:./a/../b", "read", "never granted"),
        ("file:./a", "chmod", "no such action"),
        ("robot:x", "move", "no category"),
        ("network:https://169.254.169.254", "connect", "no entry opens"),
        ("shell:a $(b)", "execute", "cannot be read"),
        ("file:./a\u202eb", "read", "no line of YAML"),
        ("system:now", "admin", "everything or nothing"),
        ("data:x", "store", "must name a classification"),
    ],
)
def test_where_no_entry_helps_it_says_why(
    wilkc: Callable[..., Ran], specs: Path, resource: str, action: str, why: str
) -> None:
    ran = wilkc("explain", "dev", resource, action, specs)
    assert ran.code == 4
    assert "no entry helps: " in ran.out
    assert why in ran.out


def test_an_option_that_runs_something_is_pointed_out(
    wilkc: Callable[..., Ran], specs: Path
) -> None:
    ran = wilkc("explain", "dev", "shell:git diff --output=x", "execute", specs)
    assert ran.code == 4
    assert "guarded_option" in ran.out
    assert "nearest  'git diff *'" in ran.out
    assert "0 edits away" in ran.out
    assert "which no wildcard would allow" in ran.out
    assert wilkc("explain", "dev", "shell:git diff x", "execute", specs).code == 0


def test_a_directory_is_suggested_beside_what_held_before(
    wilkc: Callable[..., Ran], specs: Path
) -> None:
    elsewhere = ("--context", '{"cwd": "/srv"}')
    ran = wilkc("explain", "dev", "shell:npm test", "execute", specs, *elsewhere)
    assert ran.code == 4
    assert "- './**'" in ran.out
    assert "- '/srv'" in ran.out


def test_defaults_are_edited_where_the_category_comes_from_them(
    wilkc: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "a.yaml").write_text("agents: [a, b]\npermissions: {}\n")
    (tmp_path / "p.yaml").write_text(
        "security_policy:\n  agent_defaults:\n    permissions:\n      llm: {allowed_models: [m]}\n"
    )
    ran = wilkc("explain", "a", "llm:n", "request", tmp_path)
    assert "security_policy.agent_defaults.permissions.llm.allowed_models" in ran.out
    assert "it holds for `b` as well" in ran.out


def test_json_has_the_documented_members(wilkc: Callable[..., Ran], specs: Path) -> None:
    found = json.loads(wilkc("explain", "dev", "file:./sr/a", "read", specs, "-f", "json").out)
    assert list(found) == [
        "request",
        "decision",
        "context",
        "spec",
        "specs",
        "blocks",
        "without_blocks",
        "conditions_of_entry",
        "nearest",
        "suggestion",
        "no_suggestion",
    ]
    assert (found["decision"], found["spec"], found["nearest"]["edits"]) == (False, "dev", 1)
    assert found["suggestion"]["verified"] is True


def test_opa_is_asked_too(wilkc: Callable[..., Ran], specs: Path, opa: Path) -> None:
    del opa
    for resource, code in (("file:./src/a", 0), ("file:./a", 4)):
        ran = wilkc("explain", "dev", resource, "read", specs, "--engine", "opa")
        assert ran.code == code
        assert "opa      gives the same answer" in ran.out


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_sandbox_plan_is_shown(wilkc: Callable[..., Ran], form: str) -> None:
    ran = wilkc("explain", "--sandbox", "builder", EXAMPLES, "-f", form)
    assert ran.code == 0
    if form == "json":
        held = understand({"b.yaml": (EXAMPLES / "builder.yaml").read_bytes()})
        plan = SandboxPlan.from_json(json.loads(ran.out)["sandboxes"]["builder"])
        assert plan.network == held.plan.specs["builder"].sandbox.network
        assert len(plan.mounts) == len(held.plan.specs["builder"].sandbox.mounts)
    else:
        for text in ("network      none", "write ./reports", "hidden       ", "gaps", "memory "):
            assert text in ran.out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["dev"], 2),
        (["dev", "file:./a"], 2),
        (["dev", "file:./a", "read", "absent"], 2),
        (["dev", "file:./a", "read", "p.yaml", "--context", "[]"], 2),
        (["dev", "file:./a", "read", "p.yaml", "--properties", "{"], 2),
        (["--sandbox", "nobody", "p.yaml"], 2),
        (["nobody", "file:./a", "read", "p.yaml"], 4),
        (["dev", "file:./a", "read", "bad.yaml"], 3),
        (["--sandbox", "dev", "bad.yaml"], 3),
        (["dev", "file:" + "a" * 100_000, "read", "p.yaml"], 4),
        (["dev", "\udcff:\x1b[31m", "\0", "p.yaml"], 4),
    ],
)
def test_exit_codes(
    wilkc: Callable[..., Ran], specs: Path, arguments: list[str], code: int
) -> None:
    (specs / "bad.yaml").write_text("permissions: {filesystem: {reed: []}}\n")
    ran = wilkc("explain", *arguments)
    assert ran.code == code
    assert "\x1b" not in ran.out + ran.err


CONDITIONAL = """\
agent: dev
permissions:
  filesystem:
    write:
      - path: ./prod/**
        when:
          context.environment: {not: [frozen]}
          context.ip: {cidr: [10.0.0.0/8]}
          subject.roles: [release]
---
bindings: {roles: {release: []}}
"""


@pytest.mark.parametrize("agent", ["dev", "ann"])
def test_a_condition_that_is_not_met_is_told_test_by_test(
    wilkc: Callable[..., Ran], specs: Path, agent: str
) -> None:
    (specs / "p.yaml").write_text(CONDITIONAL)
    (specs / "fleet.jsonl").write_text('{"agent": "ann", "spec": "dev", "roles": ["release"]}\n')
    asked = ("explain", agent, "file:./prod/a", "write", specs, "--context", '{"ip": "11.0.0.0"}')
    ran = wilkc(*asked)
    assert ran.code == 4
    role = "holds   " if agent == "ann" else "missing "
    for line in (
        "missing  context.environment not frozen", "fails    context.ip in 10.0.0.0/8",
        f"{role} subject.roles release",
    ):  # fmt: skip
        assert line in ran.out
    assert "no entry helps: an entry names it already" in ran.out
    found = json.loads(wilkc(*asked, "-f", "json").out)
    assert [one["holds"] for one in found["conditions_of_entry"]] == [
        None, False, True if agent == "ann" else None,
    ]  # fmt: skip
    met = '{"ip": "10.0.0.1", "environment": "live"}'
    ran = wilkc(*asked[:-1], met, "--engine", "opa")
    assert ran.code == (0 if agent == "ann" else 4)
    assert "opa      gives the same answer" in ran.out
