"""The `audit` settings object. Layer: spec.

Switches and words stand for each other where the seeds use both.
"""

from __future__ import annotations

from pydantic import Field

from wilkc.spec.models.base import Duration, Section, Setting, Words


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
    """

    enabled: bool | None = None
    retention_days: int | None = Field(default=None, ge=1)
    encryption: Setting | None = None
    real_time_monitoring: bool | None = None
    logging: AuditLogging | None = None
    storage: AuditStorage | None = None
    monitoring: Monitoring | None = None
