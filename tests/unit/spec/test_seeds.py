"""What the seeds write is accepted: their YAML byte for byte, their objects spelt in YAML."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from wilkc.spec import (
    AgentSpec,
    Kind,
    PermissionModel,
    SecurityPolicy,
    Settings,
    read_specs,
)

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"
FIRST_SANDBOX = """
permissions: {}
sandbox:
  isolation: {type: namespace, network: restricted, filesystem: restricted, process: isolated}
  resources:
    cpu: {max: '100%', warning_threshold: '80%', enforcement: hard}
    memory: {max: '512MB', warning_threshold: '400MB', enforcement: hard}
    disk: {max: '1GB', warning_threshold: '80%', enforcement: soft}
    network: {max: '50MB', warning_threshold: '80%', enforcement: monitoring, max_connections: 5}
  security: {seccomp: true, apparmor: false, selinux: false, capabilities: []}
"""
SECOND_SANDBOX = """
permissions: {}
sandbox:
  permissions: {allow: [crypto, net], deny: [fs, run]}
  resources:
    memory: {limit: 268435456, threshold: 209715200}
    cpu: {timeLimit: 5000, priority: 1}
    network: {maxConnections: 5, allowedHosts: ['api.openai.com']}
  isolation: {level: strict, context: isolated}
"""
MODEL = """
core:
  network: {level: Critical, scope: [api, llm, external], validation: Explicit allow-list,
            default: Deny-all}
  fileSystem: {level: Critical, scope: [read, write, temp], validation: Path-based,
               default: No access}
  env: {level: Sensitive, scope: [read, write], validation: Variable-specific,
        default: Read-only allowed vars}
runtime:
  execution: {level: Critical, scope: [functions, tools, plugins], validation: Signature-based,
              default: Sandbox-only}
  resources: {level: High, scope: [memory, cpu, connections], validation: Quota-based,
              default: Conservative limits}
"""
AUDIT = """
audit:
  logging:
    events:
      security: {level: Critical, retention: 1 year, encryption: Required}
      access: {level: High, retention: 6 months, detail: Full context}
      operation: {level: Standard, retention: 3 months, sampling: Configurable}
    storage: {type: Append-only, encryption: At-rest, backup: Regular}
  monitoring:
    realtime: {alerts: Immediate, thresholds: Configurable, response: Automated}
    analysis: {pattern: ML-based, reporting: Scheduled, retention: Configurable}
"""
AUDIT_SWITCHES = """
audit:
  logging:
    events:
      security: {level: Critical, retention: 1 year, encryption: true}
      access: {level: High, retention: 6 months, detail: Full context}
    storage: {type: Append-only, encryption: true, backup: true}
"""
DEFAULTS = """
security_defaults:
  permissions: {network: [deny-all], fileSystem: [deny-all], execution: [sandbox-only]}
  encryption: {strength: high, algorithms: [approved-list], keyManagement: automatic}
  authentication: {strength: high, session: secure-defaults, rotation: enabled}
  monitoring: {level: comprehensive, alerts: enabled, audit: enabled}
"""
PROTECTION = """
data_protection:
  atRest: {algorithm: AES-256-GCM, keyManagement: secure-key-rotation,
           scope: [credentials, sensitive-data]}
  inTransit: {protocol: TLS 1.3, certification: true, verification: strict}
  sanitization:
    input: {validation: Schema-based, sanitization: Context-aware, encoding: Output-specific}
    output: {filtering: Content-based, encoding: Context-specific, validation: Schema-based}
"""
ACCESS = """
access_control:
  authentication:
    methods:
      apiKey: {rotation: Automated, strength: High entropy, storage: Secure vault}
      tokens: {type: JWT, expiration: Configurable, refresh: Secure refresh flow}
    validation: {rules: Policy-based, caching: Secure session cache, revocation: Immediate effect}
  authorization:
    model: RBAC with ABAC
    policies: {definition: Declarative, enforcement: Runtime, audit: Comprehensive logging}
    context: {evaluation: Real-time, caching: Secure cache, validation: Continuous}
"""
ACCEPTED = [
    (FIRST_SANDBOX, Kind.AGENT_SPEC, AgentSpec),
    (SECOND_SANDBOX, Kind.AGENT_SPEC, AgentSpec),
    (MODEL, Kind.PERMISSION_MODEL, PermissionModel),
    ("permissions:\n" + MODEL.replace("\n", "\n  "), Kind.PERMISSION_MODEL, PermissionModel),
    (AUDIT, Kind.SETTINGS, Settings),
    (AUDIT_SWITCHES, Kind.SETTINGS, Settings),
    (DEFAULTS, Kind.SETTINGS, Settings),
    (PROTECTION, Kind.SETTINGS, Settings),
    (ACCESS, Kind.SETTINGS, Settings),
]


@pytest.mark.parametrize(("text", "kind", "model"), ACCEPTED)
def test_objects_are_accepted(text: str, kind: Kind, model: type) -> None:
    read = read_specs({"seed.yaml": text.encode()})
    assert read.diagnostics == ()
    assert [document.kind for document in read.documents] == [kind]
    assert isinstance(read.documents[0].model, model)


@pytest.mark.parametrize("text", [row[0] for row in ACCEPTED if row[1] is Kind.SETTINGS])
def test_settings_stand_inside_a_policy_too(text: str) -> None:
    inside = "security_policy:\n  version: '1.0'" + text.replace("\n", "\n  ")
    assert read_specs({"seed.yaml": inside.encode()}).diagnostics == ()


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (FIRST_SANDBOX, "type: namespace", "type: namespaces"),
        (SECOND_SANDBOX, "timeLimit", "timelimit"),
        (SECOND_SANDBOX, "priority: 1", "priority: 11"),
        (MODEL, "level: Critical", "level: Urgent"),
        (MODEL, "default: Deny-all", "default: Allow-all"),
        (AUDIT, "1 year", "1 aeon"),
        (DEFAULTS, "keyManagement", "key_managment"),
        (PROTECTION, "certification: true", "certification: [yes]"),
        (ACCESS, "apiKey", "apikey"),
    ],
)
def test_a_slip_in_them_is_found(text: str, old: str, new: str) -> None:
    assert old in text
    assert read_specs({"seed.yaml": text.replace(old, new).encode()}).diagnostics


def test_the_seeds_yaml_means_what_it_says() -> None:
    read = read_specs({path.name: path.read_bytes() for path in EXAMPLES.glob("*.yaml")})
    assert read.diagnostics == ()
    models = {document.file: document.model for document in read.documents}
    reviewer = models["reviewer.yaml"]
    assert isinstance(reviewer, AgentSpec)
    files = reviewer.permissions.filesystem
    assert files is not None
    assert files.metadata is not None
    assert files.metadata.max_file_size == 10 * 2**20
    assert files.delete is None
    policy = models["security-policy.yaml"]
    assert isinstance(policy, SecurityPolicy)
    assert policy.agent_defaults is not None
    defaults = policy.agent_defaults.permissions.filesystem
    assert defaults is not None
    assert defaults.write == ()
    assert policy.alerting is not None
    assert policy.alerting.resource_violations is not None
    assert policy.alerting.resource_violations.threshold == 80


def test_places_are_those_of_the_text() -> None:
    read = read_specs({"reviewer.yaml": (EXAMPLES / "reviewer.yaml").read_bytes()})
    document = read.documents[0]
    assert str(document.where(("permissions", "filesystem", "read", 1))) == "reviewer.yaml:6:9"
    assert str(document.where(("permissions", "nothing", "here"))) == "reviewer.yaml:3:3"


@pytest.mark.parametrize("round_", range(4))
def test_a_damaged_text_never_ends_in_a_traceback(round_: int) -> None:
    seed = 20261124 + round_
    print(f"seed {seed}")
    chance = random.Random(seed)
    original = (EXAMPLES / "reviewer.yaml").read_bytes()
    for _ in range(60):
        text = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 4)] = bytes(
                chance.choice(b"\0\t\n '\"[]{}:-*&!|>%@`#,?a9\xff\xc3")
                for _ in range(chance.randint(0, 3))
            )
        for found in read_specs({"damaged.yaml": bytes(text)}).diagnostics:
            assert found.message
