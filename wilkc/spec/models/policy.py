"""Organisation policy, bindings and the core/runtime model. Layer: spec. LANGUAGE.md 1, 10."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema

from wilkc.spec.models.audit import AuditSettings
from wilkc.spec.models.base import (
    NAME_SCHEMA,
    SOMETHING,
    Count,
    GuardrailText,
    Name,
    Percentage,
    Section,
    Words,
    refusal,
)
from wilkc.spec.models.permissions import Permissions
from wilkc.spec.models.settings import (
    AccessControl,
    DataProtection,
    SecurityDefaults,
)

DENYING = frozenset(
    {
        "Deny-all", "deny-all", "No access", "no-access", "Read-only allowed vars",
        "Sandbox-only", "sandbox-only", "Conservative limits",
    }
)  # fmt: skip
"""The seeds' words for a default that grants nothing by itself."""


class EncryptionSettings(Section):
    """How stored data is encrypted, and how often keys change.

    Attributes:
        enabled: whether stored data is encrypted, e.g. `true`
        algorithm: the cipher, e.g. `AES-256-GCM`
        key_rotation_days: after how many days keys change, e.g. `90`
        kek_overlap_days: how many days a replaced key still opens what it wrapped, e.g. `30`
    """

    enabled: bool | None = None
    algorithm: Literal["AES-256-GCM"] | None = None
    key_rotation_days: int | None = Field(default=None, ge=1)
    kek_overlap_days: int | None = Field(default=None, ge=1)


class SandboxSettings(Section):
    """What holds for every sandbox of the organisation.

    Attributes:
        default_isolation: how commands are confined unless a spec says otherwise, e.g. `namespace`
        resource_monitoring: whether use of resources is sampled, e.g. `true`
        violation_response: what happens to a command that breaks out of its limits,
            e.g. `terminate`
    """

    default_isolation: Literal["namespace", "container", "process"] | None = None
    resource_monitoring: bool | None = None
    violation_response: Literal["terminate", "deny"] | None = None


class GlobalSettings(Section):
    """Settings over all agents.

    Attributes:
        encryption: how stored data is encrypted, e.g. `{enabled: true}`
        audit: what is recorded, and for how long, e.g. `{enabled: true, retention_days: 2555}`
        sandbox: what holds for every sandbox, e.g. `{default_isolation: namespace}`
    """

    encryption: EncryptionSettings | None = None
    audit: AuditSettings | None = None
    sandbox: SandboxSettings | None = None


class AgentDefaults(Section):
    """Whole categories for specs that do not mention them.

    Attributes:
        permissions: categories for specs that do not mention them,
            e.g. `{shell: {allowed_commands: []}}`
    """

    permissions: Permissions


class Compliance(Section):
    """Which standards reports are made for.

    Attributes:
        standards: standards that reports are made for, e.g. `[SOC2, GDPR]`
        data_classification: whether data must be labelled, e.g. `true`
        pii_detection: whether personal data must be looked for, e.g. `true`
        audit_trails: whether a trail of all actions is kept, e.g. `true`
    """

    standards: tuple[Literal["SOC2", "GDPR", "HIPAA"], ...] | None = None
    data_classification: bool | None = None
    pii_detection: bool | None = None
    audit_trails: bool | None = None


class SecurityViolationAlerts(Section):
    """Alerts about violations, and where they go.

    Attributes:
        enabled: whether violations are reported, e.g. `true`
        channels: where reports go, e.g. `[email, webhook]`
    """

    enabled: bool | None = None
    channels: tuple[Literal["email", "webhook"], ...] | None = None


class ResourceViolationAlerts(Section):
    """Alerts about use above a share of a limit.

    Attributes:
        enabled: whether heavy use is reported, e.g. `true`
        threshold: share of a limit from which use is reported, e.g. `80%`
    """

    enabled: bool | None = None
    threshold: Percentage | None = None


class FailedAuthenticationAlerts(Section):
    """Alerts about repeated failures to prove who asks.

    Attributes:
        enabled: whether failed authentications are reported, e.g. `true`
        threshold: number of failures from which they are reported, e.g. `3`
    """

    enabled: bool | None = None
    threshold: Count | None = None


class Alerting(Section):
    """What is told to people, and when.

    Attributes:
        security_violations: reports of violations, e.g. `{enabled: true, channels: [email]}`
        resource_violations: reports of heavy use, e.g. `{enabled: true, threshold: 80%}`
        failed_authentications: reports of failed authentications,
            e.g. `{enabled: true, threshold: 3}`
    """

    security_violations: SecurityViolationAlerts | None = None
    resource_violations: ResourceViolationAlerts | None = None
    failed_authentications: FailedAuthenticationAlerts | None = None


class Guardrails(Section):
    """What no agent may ever be allowed, and the spec that bounds all others.

    Attributes:
        never: what no agent may ever be allowed, e.g. `['file:**/.ssh/** read']`
        within: name of the spec that bounds all others, e.g. `base`
    """

    never: tuple[GuardrailText, ...] | None = None
    within: Name | None = None


class SecurityPolicy(Section):
    """The `security_policy` object.

    Attributes:
        version: the policy's own version, e.g. `'1.0'`
        global_settings: settings over all agents, e.g. `{audit: {enabled: true}}`
        agent_defaults: categories for specs without them, e.g. `{permissions: {llm: {}}}`
        compliance: standards that reports are made for, e.g. `{standards: [SOC2]}`
        alerting: what is told to people, e.g. `{security_violations: {enabled: true}}`
        guardrails: what no agent may be allowed, e.g. `{never: ['file:**/.ssh/** read']}`
        audit: what is recorded, e.g. `{enabled: true}`
        data_protection: how data is protected, e.g. `{inTransit: {protocol: TLS 1.3}}`
        access_control: who may ask, and how that is judged, e.g. `{authorization: {model: RBAC}}`
        security_defaults: what holds unless told otherwise,
            e.g. `{monitoring: {level: comprehensive}}`
    """

    version: Words | None = None
    global_settings: GlobalSettings | None = None
    agent_defaults: AgentDefaults | None = None
    compliance: Compliance | None = None
    alerting: Alerting | None = None
    guardrails: Guardrails | None = None
    audit: AuditSettings | None = None
    data_protection: DataProtection | None = None
    access_control: AccessControl | None = None
    security_defaults: SecurityDefaults | None = None


class PolicyDocument(Section):
    """A document whose kind is `security_policy`.

    Attributes:
        security_policy: the rules of the organisation, e.g. `{version: '1.0'}`
    """

    security_policy: SecurityPolicy


def _split_roles(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    specs = {name: agents for name, agents in value.items() if name != "roles"}
    return {"specs": specs, "roles": value.get("roles", {})}


class Bindings(Section):
    """Spec name to agent ids, and role to spec names."""

    specs: dict[Name, tuple[Name, ...]]
    roles: dict[Name, tuple[Name, ...]]


_NAMED_LISTS: dict[str, Any] = {
    "type": "object",
    "propertyNames": NAME_SCHEMA,
    "additionalProperties": {"type": "array", "items": NAME_SCHEMA},
}


class BindingsDocument(Section):
    """A document whose kind is `bindings`.

    Attributes:
        bindings: specs with further agents, and roles,
            e.g. `{reader: [ci-1], roles: {dev: [reader]}}`
    """

    bindings: Annotated[
        Bindings,
        BeforeValidator(_split_roles),
        WithJsonSchema({"properties": {"roles": _NAMED_LISTS}, **_NAMED_LISTS}),
    ]


def _denying(text: str) -> str:
    if text not in DENYING:
        raise refusal(
            "W107",
            f"the default `{text}` is not one that denies",
            f"write one of {', '.join(sorted(DENYING))}",
        )
    return text


class ModelCategory(Section):
    """One category of the core/runtime permission model.

    Attributes:
        level: risk level of the category, e.g. `Critical`
        scope: kinds that may be granted, e.g. `[read]`
        validation: how requests are validated, e.g. `Path-based`
        default: what holds without a grant; must deny, e.g. `Deny-all`
    """

    level: Literal["Critical", "High", "Sensitive", "Standard"]
    scope: tuple[str, ...]
    validation: Literal[
        "Explicit allow-list", "Path-based", "Variable-specific", "Signature-based", "Quota-based"
    ]
    default: Annotated[
        str,
        AfterValidator(_denying),
        WithJsonSchema({"type": "string", "enum": sorted(DENYING)}),
    ]


class NetworkCategory(ModelCategory):
    """Kinds: hosts of services, models, and any other host.

    Attributes:
        scope: kinds that may be granted, e.g. `[api, llm]`
    """

    scope: tuple[Literal["api", "llm", "external"], ...]


class FileCategory(ModelCategory):
    """Kinds: the actions on files; `temp` is scratch space, which the sandbox gives.

    Attributes:
        scope: kinds that may be granted, e.g. `[read, write]`
    """

    scope: tuple[Literal["read", "write", "execute", "delete", "watch", "temp"], ...]


class VariableCategory(ModelCategory):
    """Kinds: what may be done to environment variables.

    Attributes:
        scope: kinds that may be granted, e.g. `[read]`
    """

    scope: tuple[Literal["read", "write"], ...]


class ExecutionCategory(ModelCategory):
    """Kinds: commands, and tools of either sort.

    Attributes:
        scope: kinds that may be granted, e.g. `[functions, tools]`
    """

    scope: tuple[Literal["functions", "tools", "plugins"], ...]


class ResourceCategory(ModelCategory):
    """Kinds: what is counted.

    Attributes:
        scope: kinds that may be granted, e.g. `[memory, cpu]`
    """

    scope: tuple[Literal["memory", "cpu", "connections"], ...]


class CoreModel(Section):
    """Categories that every agent touches.

    Attributes:
        network: hosts of services, models and others,
            e.g. `{level: High, validation: Path-based, default: Deny-all, scope: [api]}`
        file_system: files,
            e.g. `{level: High, validation: Path-based, default: Deny-all, scope: [read]}`
        env: environment variables,
            e.g. `{level: High, validation: Path-based, default: Deny-all, scope: [read]}`
    """

    network: NetworkCategory | None = None
    file_system: FileCategory | None = Field(default=None, alias="fileSystem")
    env: VariableCategory | None = None


class RuntimeModel(Section):
    """Categories of code that runs.

    Attributes:
        execution: commands and tools,
            e.g. `{level: High, validation: Path-based, default: Deny-all, scope: [tools]}`
        resources: what is counted,
            e.g. `{level: High, validation: Path-based, default: Deny-all, scope: [cpu]}`
    """

    execution: ExecutionCategory | None = None
    resources: ResourceCategory | None = None


class PermissionModel(Section):
    """A document of `core` and `runtime`.

    Attributes:
        core: categories that every agent touches, e.g. `{}`
        runtime: categories of code that runs, e.g. `{}`
    """

    model_config = ConfigDict(json_schema_extra=SOMETHING)

    core: CoreModel | None = None
    runtime: RuntimeModel | None = None


class WrappedPermissionModel(Section):
    """The same, written under `permissions`.

    Attributes:
        permissions: the model, e.g. `{core: {}}`
    """

    permissions: PermissionModel
