"""Typing of documents, W100-W139. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code

_SPEC: Final = "agent: fixer\npermissions: {filesystem: {read: [./src/**]}}\n---\n"
_GRANT: Final = """grant:
  id: hotfix-1
  agent: fixer
  allow: '{}'
  reason: incident 4711
  by: alice
  since: '2026-11-28T11:30:00Z'
  until: '{}'
"""

CODES: Final[tuple[Code, ...]] = (
    Code(
        "W100",
        "a value that readers of YAML understand differently",
        "`no` is a word to some readers and false to others, `1e3` and `012` are several "
        "numbers. What is doubtful is refused.",
        "owner: no\npermissions: {}\n",
        "owner: 'no'\npermissions: {}\n",
    ),
    Code(
        "W101",
        "a value of the wrong kind",
        "Nothing is converted: a number is not a text, and a single entry is not a list.",
        "permissions:\n  filesystem:\n    read: ./src/**\n",
        "permissions:\n  filesystem:\n    read: [./src/**]\n",
    ),
    Code(
        "W102",
        "a key is missing",
        "Without it the section has no meaning.",
        "permissions:\n  network:\n    allowed_hosts: [{ports: [443]}]\n",
        "permissions:\n  network:\n    allowed_hosts: [{host: a.example, ports: [443]}]\n",
    ),
    Code(
        "W103",
        "a word outside the list",
        "Only the words listed have a meaning here.",
        "case: insensitiv\npermissions: {}\n",
        "case: insensitive\npermissions: {}\n",
    ),
    Code(
        "W104",
        "a quantity, port or text outside its range",
        "Sizes, durations and counts have a unit and a range; anything else is refused, never "
        "guessed.",
        "permissions:\n  filesystem:\n    metadata: {max_file_size: 10 megs}\n",
        "permissions:\n  filesystem:\n    metadata: {max_file_size: 10MB}\n",
    ),
    Code(
        "W105",
        "not a name",
        "Names appear in logs, paths and policies, so they hold only letters, digits, `.`, `_` "
        "and `-`. A spec without `agent` is called by its file, whose name must then be one.",
        "agent: my agent\npermissions: {}\n",
        "agent: my-agent\npermissions: {}\n",
    ),
    Code(
        "W106",
        "two keys of which one is meant",
        "Both together would contradict each other.",
        "agent: a\nagents: [b]\npermissions: {}\n",
        "agents: [a, b]\npermissions: {}\n",
    ),
    Code(
        "W107",
        "a default that does not deny",
        "No rule means no access; the model's `default` can only say so in other words.",
        "core:\n  network: {level: Critical, scope: [api], validation: Path-based, "
        "default: Allow-all}\n",
        "core:\n  network: {level: Critical, scope: [api], validation: Path-based, "
        "default: Deny-all}\n",
    ),
    Code(
        "W108",
        "an unknown key",
        "A misspelt key would silently lose what it holds, a block above all.",
        "permissions:\n  filesystem:\n    metadata: {blocked_path: ['.env*']}\n",
        "permissions:\n  filesystem:\n    metadata: {blocked_paths: ['.env*']}\n",
    ),
    Code(
        "W109",
        "a key without a value",
        "An empty list grants nobody, an absent key means the default; a key with nothing after "
        "it says neither.",
        "permissions:\n  filesystem:\n    read:\n",
        "permissions:\n  filesystem:\n    read: []\n",
    ),
    Code(
        "W110",
        "a line of a fleet, or a row of a table, is not as it should be",
        "A fleet is JSON Lines, one agent each; a matrix of tests may be CSV with a header. A line "
        "that is passed over would leave an agent with fewer blocks, or a policy with fewer tests, "
        "than its author meant.",
        '{"agent": "ci-7", "specs": "builder"}\n',
        '{"agent": "ci-7", "spec": "builder"}\n',
    ),
    Code(
        "W111",
        "a schema of arguments is outside the subset of JSON Schema",
        "A keyword that is passed over would let through what its author meant to refuse. "
        "Regular expressions are left out because languages read them differently; `x-glob` "
        "takes a pattern instead.",
        "permissions:\n  tools:\n    allowed: [search]\n"
        "    arguments: {search: {properties: {path: {pattern: '^src/'}}}}\n",
        "permissions:\n  tools:\n    allowed: [search]\n"
        "    arguments: {search: {properties: {path: {x-glob: 'src/*'}}}}\n",
    ),
    Code(
        "W112",
        "a guardrail is not of the form TYPE:PATTERN ACTION",
        "A guardrail that names no set of requests would guard nothing.",
        "security_policy: {guardrails: {never: ['**/.ssh/** read']}}\n",
        "security_policy: {guardrails: {never: ['file:**/.ssh/** read']}}\n",
    ),
    Code(
        "W113",
        "an attribute or a test that `when` does not understand",
        "A test that nobody makes would let an entry count where its author meant it not to.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./hotfix/**, when: {contxt.time: {max: '2026-11-28T12:00:00Z'}}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./hotfix/**, when: {context.time: {max: '2026-11-28T12:00:00Z'}}}\n",
    ),
    Code(
        "W114",
        "a time that is not of the one spelling",
        "Offsets, fractions and leap seconds are ways to misread when a permission ends, so a "
        "spec names an instant in one way: RFC 3339 in UTC, with whole seconds.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./hotfix/**, when: {context.time: {max: '2026-11-28T13:00+01:00'}}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - {path: ./hotfix/**, when: {context.time: {max: '2026-11-28T12:00:00Z'}}}\n",
    ),
    Code(
        "W115",
        "a test that can never hold, or that always does",
        "An allow that never holds grants nothing, and a block that never holds blocks nothing; "
        "neither is what its author meant.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - path: ./hotfix/**\n"
        "        when:\n"
        "          context.time: {min: '2026-11-28T12:00:00Z', max: '2026-11-28T09:00:00Z'}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - path: ./hotfix/**\n"
        "        when:\n"
        "          context.time: {min: '2026-11-28T09:00:00Z', max: '2026-11-28T12:00:00Z'}\n",
    ),
    Code(
        "W116",
        "a time zone that is not known",
        "By the clocks of which place a window opens decides when it does, and a name that only "
        "some hosts know would be another one there. Zones are those of the IANA database.",
        "permissions:\n  filesystem:\n    write:\n"
        "      - path: ./hotfix/**\n"
        "        when: {context.time: {between: ['09:00', '17:00'], tz: Europe/Belin}}\n",
        "permissions:\n  filesystem:\n    write:\n"
        "      - path: ./hotfix/**\n"
        "        when: {context.time: {between: ['09:00', '17:00'], tz: Europe/Berlin}}\n",
    ),
    Code(
        "W130",
        "a grant is not of the form TYPE:PATTERN ACTION",
        "A grant adds one entry to an allow list; what is not given by such entries cannot be "
        "granted for a while.",
        _SPEC + _GRANT.format("./fix/** write", "2026-11-28T12:00:00Z"),
        _SPEC + _GRANT.format("file:./fix/** write", "2026-11-28T12:00:00Z"),
    ),
    Code(
        "W131",
        "a grant without an end, or with one too far away",
        "A grant is for what cannot wait for a release. What is needed for longer than a day "
        "belongs into a spec.",
        _SPEC + _GRANT.format("file:./fix/** write", "2026-12-28T12:00:00Z"),
        _SPEC + _GRANT.format("file:./fix/** write", "2026-11-28T12:00:00Z"),
    ),
)
