"""The `audit` settings object. Layer: spec.

Switches and words stand for each other where the seeds use both.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from wilkc.spec.models.base import Count, Duration, Section, Setting, Size, Words

ClearName = Annotated[str, Field(pattern=r"^[a-z0-9_.:-]{1,64}$")]
"""A member of details, as records can hold it."""


class AuditEventClass(Section):
    """What is kept of one class of events, and for how long.

    Attributes:
        level: how much these events weigh, e.g. `Critical`
        retention: how long they are kept, e.g. `1 year`
        encryption: whether they are encrypted, e.g. `Required`
        detail: how much is recorded, e.g. `Full context`
        sampling: whether all of them are recorded, e.g. `Configurable`
    """

    level: Words | None = None
    retention: Duration | None = None
    encryption: Setting | None = None
    detail: Words | None = None
    sampling: Setting | None = None


class AuditEvents(Section):
    """The three classes of events.

    Attributes:
        security: refusals and violations, e.g. `{level: Critical}`
        access: what was used, e.g. `{level: High}`
        operation: what was done, e.g. `{level: Standard}`
    """

    security: AuditEventClass | None = None
    access: AuditEventClass | None = None
    operation: AuditEventClass | None = None


class AuditStorage(Section):
    """How the log is stored.

    Attributes:
        type: how the log is written, e.g. `Append-only`
        encryption: whether the log is encrypted, e.g. `At-rest`
        backup: whether the log is copied, e.g. `Regular`
    """

    type: Words | None = None
    encryption: Setting | None = None
    backup: Setting | None = None


class AuditLogging(Section):
    """Events and their storage.

    Attributes:
        events: what is kept of each class of events, e.g. `{security: {retention: 1 year}}`
        storage: how the log is stored, e.g. `{type: Append-only}`
    """

    events: AuditEvents | None = None
    storage: AuditStorage | None = None


class Realtime(Section):
    """Monitoring as it happens.

    Attributes:
        alerts: whether people are told at once, e.g. `Immediate`
        thresholds: from what on, e.g. `Configurable`
        response: what happens then, e.g. `Automated`
    """

    alerts: Setting | None = None
    thresholds: Setting | None = None
    response: Setting | None = None


class Analysis(Section):
    """Monitoring afterwards.

    Attributes:
        pattern: how patterns are found, e.g. `ML-based`
        reporting: when reports are made, e.g. `Scheduled`
        retention: how long results are kept, e.g. `90d`
    """

    pattern: Words | None = None
    reporting: Words | None = None
    retention: Duration | Words | None = None


class Monitoring(Section):
    """Real-time alerts and later analysis.

    Attributes:
        realtime: monitoring as it happens, e.g. `{alerts: Immediate}`
        analysis: monitoring afterwards, e.g. `{reporting: Scheduled}`
    """

    realtime: Realtime | None = None
    analysis: Analysis | None = None


class KeptClass(Section):
    """How long the sealed content of one class of records can be opened.

    Attributes:
        retention: how long, in whole days, e.g. `1 year`
    """

    retention: Duration | None = None


class SampledClass(KeptClass):
    """The same for the class whose successes may be left out.

    Attributes:
        sample_permille: of 1,000 successes so many are kept, e.g. `1000`
    """

    sample_permille: int | None = Field(default=None, ge=0, le=1000)


class KeptClasses(Section):
    """The three classes of records.

    Attributes:
        security: refusals, violations and changes, e.g. `{retention: 1 year}`
        access: what was allowed, and what became of it, e.g. `{retention: 6 months}`
        operation: plain successes, e.g. `{retention: 3 months, sample_permille: 100}`
    """

    security: KeptClass | None = None
    access: KeptClass | None = None
    operation: SampledClass | None = None


PRESET: Final = "seed"
SEED_RETENTION: Final = {"security": "1 year", "access": "6 months", "operation": "3 months"}
"""What the preset stands for, as the authors of the permission model write it."""


def _classes(value: Any) -> Any:
    if value != PRESET:
        return value
    return {name: {"retention": text} for name, text in SEED_RETENTION.items()}


Classes = Annotated[
    KeptClasses,
    BeforeValidator(_classes),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "enum": [PRESET]}, KeptClasses.model_json_schema()]}
    ),
]


class AuditSettings(Section):
    """The `audit` object.

    Attributes:
        enabled: whether there is a log, e.g. `true`
        retention_days: days that records are kept, e.g. `2555`
        encryption: whether records are encrypted, e.g. `true`
        real_time_monitoring: whether records are looked at as they come, e.g. `true`
        logging: events and their storage, e.g. `{storage: {type: Append-only}}`
        storage: how the log is stored, e.g. `{encryption: At-rest}`
        monitoring: real-time alerts and later analysis, e.g. `{realtime: {alerts: Immediate}}`
        classes: how long content can be opened, by class, or `seed` for 1 year, 6 and 3 months,
            e.g. `seed`
        mode: whether each record is signed or only the checkpoints, e.g. `event`
        clear_details: members of details that stay readable without a key, beside what Wilk
            itself reads of them, e.g. `[bytes, exit_code]`
        seal_resources: whether resources are sealed, leaving only their type, e.g. `true`
        record_input: whether the decision's input is kept, sealed, e.g. `true`
        risk_profile: which rule gives a record its level of risk, e.g. `graded`
        segment_bytes: size at which a file of the log ends, e.g. `64MiB`
        segment_seconds: age at which a file of the log ends, e.g. `24h`
        checkpoint_events: records after which a checkpoint is due, e.g. `256`
        checkpoint_seconds: time after which a checkpoint is due, e.g. `1s`
        wait_ms: milliseconds that an action waits for its record, e.g. `250`
        reserve_bytes: size of the file that is given up when the disk fills, e.g. `64MiB`
        min_free_bytes: free space under which no action is allowed, e.g. `256MiB`
    """

    enabled: bool | None = None
    retention_days: int | None = Field(default=None, ge=1)
    encryption: Setting | None = None
    real_time_monitoring: bool | None = None
    logging: AuditLogging | None = None
    storage: AuditStorage | None = None
    monitoring: Monitoring | None = None
    classes: Classes | None = None
    mode: Literal["event", "checkpoint"] | None = None
    clear_details: tuple[ClearName, ...] | None = None
    seal_resources: bool | None = None
    record_input: bool | None = None
    risk_profile: Literal["graded", "seed"] | None = None
    segment_bytes: Size | None = None
    segment_seconds: Duration | None = None
    checkpoint_events: Count | None = None
    checkpoint_seconds: Duration | None = None
    wait_ms: Count | None = None
    reserve_bytes: Size | None = None
    min_free_bytes: Size | None = None
