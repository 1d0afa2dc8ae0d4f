"""What documents mean together, W140-W169. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

_ENTRY: Final = (
    "      - {{path: a, when: {{context.time: {{max: '2026-11-28T12:{:02}:{:02}Z'}}}}}}\n"
)
_TOO_MANY: Final = 65
"""Conditions, one more than a spec may have."""
_SPEC: Final = "agent: fixer\npermissions: {filesystem: {read: [./src/**]}}\n---\n"
_GRANT: Final = """grant:
  id: {1}
  agent: {0}
  allow: file:./fix/** write
  reason: incident 4711
  by: alice
  since: '2026-11-28T11:30:00Z'
  until: '2026-11-28T12:00:00Z'
"""

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W140",
        "an agent has two specs",
        "Which of the two holds would depend on the order of files. An agent is defined once, "
        "in whatever file or binding.",
        "agent: reviewer\npermissions: {}\n---\nagent: reviewer\npermissions: {}\n",
        "agent: reviewer\npermissions: {}\n---\nagent: builder\npermissions: {}\n",
    ),
    Code(
        "W141",
        "`extends` or a binding names a spec that is not there",
        "A spec that cannot be found grants nothing and blocks nothing; silently leaving it out "
        "would lose its blocks.",
        "agent: reviewer\nextends: [bse]\npermissions: {}\n---\nagent: base\npermissions: {}\n",
        "agent: reviewer\nextends: [base]\npermissions: {}\n---\nagent: base\npermissions: {}\n",
    ),
    Code(
        "W142",
        "specs extend each other in a circle",
        "A circle has no first spec, so no meaning.",
        "agent: a\nextends: [b]\npermissions: {}\n---\nagent: b\nextends: [a]\npermissions: {}\n",
        "agent: a\nextends: [b]\npermissions: {}\n---\nagent: b\npermissions: {}\n",
    ),
    Code(
        "W143",
        "two specs have one name",
        "`extends` and bindings call specs by name; a spec's name is its `agent`, or the stem of "
        "its file.",
        "agents: [a]\npermissions: {}\n---\nagents: [b]\npermissions: {}\n",
        "agent: a\npermissions: {}\n---\nagent: b\npermissions: {}\n",
    ),
    Code(
        "W144",
        "there are two security policies",
        "An organisation has one set of defaults and floors; two could contradict each other.",
        "security_policy: {version: '1.0'}\n---\nsecurity_policy: {version: '1.0'}\n",
        "security_policy: {version: '1.0'}\n",
    ),
    Code(
        "W145",
        "an allowed host can never be reached",
        "No port is given and none of the protocols has a default port, so the entry matches "
        "nothing.",
        "permissions:\n  network:\n    allowed_hosts: [db.example]\n    protocols: [tcp]\n",
        "permissions:\n  network:\n    allowed_hosts: [db.example]\n    protocols: [tcp]\n"
        "    allowed_ports: [5432]\n",
    ),
    Code(
        "W146",
        "a test of the policy fails",
        "The specs do not mean what their author wrote down as a test, under `tests:` or in a "
        "matrix.",
        "permissions:\n  filesystem: {read: [./src/**]}\ntests:\n  - allow: file:./docs/a read\n",
        "permissions:\n  filesystem: {read: [./src/**]}\ntests:\n  - deny: file:./docs/a read\n",
    ),
    Code(
        "W147",
        "a fleet or a condition names a role that is not there",
        "An agent whose role cannot be found would silently lose that role's blocks; and an entry "
        "under the condition of such a role never grants or blocks anything.",
        '{"agent": "ci-7", "roles": ["dve"]}\n',
        '{"agent": "ci-7", "roles": ["dev"]}\n',
    ),
    Code(
        "W148",
        "a role is defined twice",
        "Which of the two holds would depend on the order of files.",
        "bindings: {roles: {dev: [a]}}\n---\nbindings: {roles: {dev: [b]}}\n",
        "bindings: {roles: {dev: [a, b]}}\n",
    ),
    Code(
        "W149",
        "a list grants what the permission model does not admit",
        "The core/runtime model bounds every spec; a kind of access that its scope leaves out "
        "may not be granted anywhere.",
        "core:\n  fileSystem: {level: High, scope: [read], validation: Path-based, "
        "default: No access}\n---\npermissions: {filesystem: {write: [./out/**]}}\n",
        "core:\n  fileSystem: {level: High, scope: [read, write], validation: Path-based, "
        "default: No access}\n---\npermissions: {filesystem: {write: [./out/**]}}\n",
    ),
    Code(
        "W150",
        "tools may be called without the signature that the permission model demands",
        "With `validation: Signature-based`, a plugin that nobody signed must not be called.",
        "runtime:\n  execution: {level: High, scope: [tools], validation: Signature-based, "
        "default: Deny-all}\n---\npermissions: {tools: {allowed: [search]}}\n",
        "runtime:\n  execution: {level: High, scope: [tools], validation: Signature-based, "
        "default: Deny-all}\n---\n"
        "permissions: {tools: {allowed: [search], signed: [release-key]}}\n",
    ),
    Code(
        "W151",
        "a guardrail does not hold for some agent",
        "Guardrails are proved over all agents and all requests; one that is broken, or that "
        "cannot be decided, would promise what is not so.",
        "permissions: {filesystem: {read: ['~/**']}}\n"
        "---\n"
        "security_policy: {guardrails: {never: ['file:**/.ssh/** read']}}\n",
        "permissions: {filesystem: {read: ['~/docs/*.md']}}\n"
        "---\n"
        "security_policy: {guardrails: {never: ['file:**/.ssh/** read']}}\n",
    ),
    Code(
        "W152",
        "a spec has too many different conditions",
        "A spec is compiled once for each way in which its conditions can hold together, so that "
        "deciding stays fast; more of them than this would make bundles large.",
        "permissions:\n  filesystem:\n    write:\n"
        + "".join(_ENTRY.format(*divmod(second, 60)) for second in range(_TOO_MANY)),
        "permissions:\n  filesystem:\n    write:\n" + _ENTRY.format(0, 0),
    ),
    Code(
        "W153",
        "settings of the audit log contradict each other",
        "Of two settings the stricter one holds. Where neither is stricter, taking one of them "
        "would leave out what the other asks for.",
        "audit: {risk_profile: seed}\n---\naudit: {risk_profile: graded}\n",
        "audit: {risk_profile: seed}\n",
    ),
    Code(
        "W154",
        "the audit log cannot do what a setting says",
        "Nothing runs unrecorded, and content is always sealed; a number out of its range "
        "would be kept by no writer.",
        "audit: {enabled: false}\n",
        "audit: {enabled: true}\n",
    ),
    Code(
        "W155",
        "a spec and a base of it differ in `case`",
        "The paths of both are read together. Where the base ignores case and the spec does not, "
        "what the base blocks could be reached in other letters; the other way round, what it "
        "allows would grow.",
        "agent: base\ncase: insensitive\n"
        "permissions: {filesystem: {metadata: {blocked_paths: [./.env]}}}\n"
        "---\nagent: child\nextends: [base]\npermissions: {}\n",
        "agent: base\ncase: insensitive\n"
        "permissions: {filesystem: {metadata: {blocked_paths: [./.env]}}}\n"
        "---\nagent: child\nextends: [base]\ncase: insensitive\npermissions: {}\n",
    ),
    Code(
        "W160",
        "a grant for an agent without specs",
        "A grant adds to what an agent's specs say, and keeps to what they block. Where there is "
        "no spec, there is nothing that it would keep to.",
        _SPEC + _GRANT.format("fixr", "hotfix-1"),
        _SPEC + _GRANT.format("fixer", "hotfix-1"),
    ),
    Code(
        "W161",
        "two grants have one id",
        "Which of them is revoked, and which is on record, would not be clear.",
        _SPEC + _GRANT.format("fixer", "a") + "---\n" + _GRANT.format("fixer", "a"),
        _SPEC + _GRANT.format("fixer", "a") + "---\n" + _GRANT.format("fixer", "b"),
    ),
)
