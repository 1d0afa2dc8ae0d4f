"""Settings objects: data protection, access control, defaults. Layer: spec.

The seeds' spellings are accepted as written, camelCase included; switches and words stand
for each other where the seeds use both.
"""

from __future__ import annotations

from pydantic import ConfigDict, Field

from wilkc.spec.models.audit import AuditSettings
from wilkc.spec.models.base import SOMETHING, Duration, Section, Setting, Words


class AtRest(Section):
    """Encryption of what is stored.

    Attributes:
        algorithm: the cipher, e.g. `AES-256-GCM`
        key_management: how keys are kept and changed, e.g. `secure-key-rotation`
        scope: what is encrypted, e.g. `[credentials, sensitive-data]`
    """

    algorithm: Words | None = None
    key_management: Words | None = Field(default=None, alias="keyManagement")
    scope: tuple[Words, ...] | None = None


class InTransit(Section):
    """Encryption of what is sent.

    Attributes:
        protocol: the protocol, e.g. `TLS 1.3`
        certification: whether certificates are wanted, e.g. `true`
        verification: how they are verified, e.g. `strict`
    """

    protocol: Words | None = None
    certification: Setting | None = None
    verification: Setting | None = None


class Encryption(Section):
    """At rest and in transit.

    Attributes:
        at_rest: encryption of what is stored, e.g. `{algorithm: AES-256-GCM}`
        in_transit: encryption of what is sent, e.g. `{protocol: TLS 1.3}`
    """

    at_rest: AtRest | None = Field(default=None, alias="atRest")
    in_transit: InTransit | None = Field(default=None, alias="inTransit")


class InputSanitization(Section):
    """What happens to what comes in.

    Attributes:
        validation: how input is validated, e.g. `Schema-based`
        sanitization: how input is cleaned, e.g. `Context-aware`
        encoding: how input is encoded, e.g. `Output-specific`
    """

    validation: Words | None = None
    sanitization: Words | None = None
    encoding: Words | None = None


class OutputSanitization(Section):
    """What happens to what goes out.

    Attributes:
        filtering: how output is filtered, e.g. `Content-based`
        encoding: how output is encoded, e.g. `Context-specific`
        validation: how output is validated, e.g. `Schema-based`
    """

    filtering: Words | None = None
    encoding: Words | None = None
    validation: Words | None = None


class Sanitization(Section):
    """Both directions.

    Attributes:
        input: what happens to what comes in, e.g. `{validation: Schema-based}`
        output: what happens to what goes out, e.g. `{filtering: Content-based}`
    """

    input: InputSanitization | None = None
    output: OutputSanitization | None = None


class DataProtection(Encryption):
    """The `data_protection` object; `encryption` may also hold the two encryption parts.

    Attributes:
        encryption: encryption of what is stored and sent, e.g. `{atRest: {algorithm: AES-256-GCM}}`
        sanitization: what happens to input and output, e.g. `{input: {validation: Schema-based}}`
    """

    encryption: Encryption | None = None
    sanitization: Sanitization | None = None


class ApiKeys(Section):
    """Authentication by key.

    Attributes:
        rotation: whether keys change by themselves, e.g. `Automated`
        strength: how strong keys are, e.g. `High entropy`
        storage: where keys are kept, e.g. `Secure vault`
    """

    rotation: Setting | None = None
    strength: Words | None = None
    storage: Words | None = None


class Tokens(Section):
    """Authentication by token.

    Attributes:
        type: the kind of token, e.g. `JWT`
        expiration: how long a token holds, e.g. `1h`
        refresh: how a token is renewed, e.g. `Secure refresh flow`
    """

    type: Words | None = None
    expiration: Duration | Words | None = None
    refresh: Setting | None = None


class AuthenticationMethods(Section):
    """The ways to prove who asks.

    Attributes:
        api_key: authentication by key, e.g. `{rotation: Automated}`
        tokens: authentication by token, e.g. `{type: JWT, expiration: 1h}`
    """

    api_key: ApiKeys | None = Field(default=None, alias="apiKey")
    tokens: Tokens | None = None


class AuthenticationValidation(Section):
    """How a proof is judged.

    Attributes:
        rules: what a proof is judged by, e.g. `Policy-based`
        caching: how long a judgement is kept, e.g. `Secure session cache`
        revocation: when a revocation takes effect, e.g. `Immediate effect`
    """

    rules: Words | None = None
    caching: Words | None = None
    revocation: Words | None = None


class Authentication(Section):
    """Who asks.

    Attributes:
        methods: the ways to prove who asks, e.g. `{tokens: {type: JWT}}`
        validation: how a proof is judged, e.g. `{rules: Policy-based}`
    """

    methods: AuthenticationMethods | None = None
    validation: AuthenticationValidation | None = None


class AuthorizationPolicies(Section):
    """How policies are written, enforced and recorded.

    Attributes:
        definition: how policies are written, e.g. `Declarative`
        enforcement: when they are enforced, e.g. `Runtime`
        audit: how they are recorded, e.g. `Comprehensive logging`
    """

    definition: Words | None = None
    enforcement: Words | None = None
    audit: Words | None = None


class AuthorizationContext(Section):
    """How circumstances are evaluated.

    Attributes:
        evaluation: when circumstances are looked at, e.g. `Real-time`
        caching: how long they are kept, e.g. `Secure cache`
        validation: when they are validated again, e.g. `Continuous`
    """

    evaluation: Words | None = None
    caching: Words | None = None
    validation: Words | None = None


class Authorization(Section):
    """What one may do.

    Attributes:
        model: the model of access control, e.g. `RBAC with ABAC`
        policies: how policies are written, enforced and recorded, e.g. `{enforcement: Runtime}`
        context: how circumstances are evaluated, e.g. `{evaluation: Real-time}`
    """

    model: Words | None = None
    policies: AuthorizationPolicies | None = None
    context: AuthorizationContext | None = None


class AccessControl(Section):
    """The `access_control` object.

    Attributes:
        authentication: who asks, e.g. `{methods: {tokens: {type: JWT}}}`
        authorization: what one may do, e.g. `{model: RBAC with ABAC}`
    """

    authentication: Authentication | None = None
    authorization: Authorization | None = None


class DefaultPermissions(Section):
    """Words for what nobody may do unless told otherwise.

    Attributes:
        network: what holds for the network, e.g. `[deny-all]`
        file_system: what holds for files, e.g. `[deny-all]`
        execution: what holds for code, e.g. `[sandbox-only]`
    """

    network: tuple[Words, ...] | None = None
    file_system: tuple[Words, ...] | None = Field(default=None, alias="fileSystem")
    execution: tuple[Words, ...] | None = None


class DefaultEncryption(Section):
    """Words for how things are encrypted.

    Attributes:
        strength: how strong ciphers are, e.g. `high`
        algorithms: which ciphers are used, e.g. `[approved-list]`
        key_management: how keys are managed, e.g. `automatic`
    """

    strength: Words | None = None
    algorithms: tuple[Words, ...] | None = None
    key_management: Words | None = Field(default=None, alias="keyManagement")


class DefaultAuthentication(Section):
    """Words for how people and agents prove who they are.

    Attributes:
        strength: how strong a proof must be, e.g. `high`
        session: how sessions are kept, e.g. `secure-defaults`
        rotation: whether secrets change by themselves, e.g. `enabled`
    """

    strength: Words | None = None
    session: Words | None = None
    rotation: Setting | None = None


class DefaultMonitoring(Section):
    """Words for how much is watched.

    Attributes:
        level: how much is watched, e.g. `comprehensive`
        alerts: whether people are told, e.g. `enabled`
        audit: whether it is recorded, e.g. `enabled`
    """

    level: Words | None = None
    alerts: Setting | None = None
    audit: Setting | None = None


class SecurityDefaults(Section):
    """The `security_defaults` object.

    Attributes:
        permissions: what nobody may do unless told otherwise, e.g. `{network: [deny-all]}`
        encryption: how things are encrypted, e.g. `{strength: high}`
        authentication: how people and agents prove who they are, e.g. `{strength: high}`
        monitoring: how much is watched, e.g. `{level: comprehensive}`
    """

    permissions: DefaultPermissions | None = None
    encryption: DefaultEncryption | None = None
    authentication: DefaultAuthentication | None = None
    monitoring: DefaultMonitoring | None = None


class Settings(Section):
    """A document of settings objects alone.

    Attributes:
        audit: what is recorded, e.g. `{enabled: true}`
        data_protection: how data is protected, e.g. `{inTransit: {protocol: TLS 1.3}}`
        access_control: who may ask, and how that is judged, e.g. `{authorization: {model: RBAC}}`
        security_defaults: what holds unless told otherwise,
            e.g. `{monitoring: {level: comprehensive}}`
    """

    model_config = ConfigDict(json_schema_extra=SOMETHING)

    audit: AuditSettings | None = None
    data_protection: DataProtection | None = None
    access_control: AccessControl | None = None
    security_defaults: SecurityDefaults | None = None
