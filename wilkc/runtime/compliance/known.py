"""What the records so far said, as far as rules need it. Layer: runtime. Pure.

It is bounded: what does not fit counts as not done, never as done.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wilkc.runtime.audit.own import SETTINGS_RESOURCE
from wilkc.runtime.compliance.rule import (
    DAY_SECONDS,
    SECOND_US,
    details_of,
    moment_us,
    number_in,
    text_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.compliance.rule import Record

K = TypeVar("K", str, int)
MAX_KEPT: Final = 10_000
"""Entries of each kind."""
RETENTION_DAYS: Final = 2555
ROTATION_DAYS: Final = 90
KEK: Final = "kek"
UNUSED_DAYS: Final = 90
"""Within which a permission that stands is to be used."""
SEVERAL: Final = "several agents"
"""Whom an alert is about that stands for more than one."""
GRAVE: Final = frozenset({"high", "critical"})
MONTH: Final = len("2026-11")
"""Of a record's time."""


@dataclass(slots=True)
class Known:
    """Facts of earlier records.

    Attributes:
        conditions: intent to the ids of the conditions its outcome must report as fulfilled.
        sequence: the highest sequence number of an active bundle.
        revision: the revision of the bundle that became active last; empty before any.
        alerts: alert to the agent and the numbers of records that it names.
        grants: agent to granted resources, but of grants that end by themselves.
        holds: legal holds in force.
        retention_days: how long records are kept, as last declared.
        content_days: class of records to how long what is sealed in them can be opened, as last
            declared; without an entry, as long as the record is kept.
        rotation_days: how long a key-encryption key is used, as last declared.
        kek_since: when the newest one came into use, in seconds since 1970; 0 before any.
        settings: digest of the settings that were declared last; empty before any were.
        segments: month to the numbers of the headers of its segments, but of those that were
            pruned.
        grave: number of a record of high or critical risk to the id of who acted.
    """

    conditions: dict[str, list[str]] = field(default_factory=dict)
    sequence: int = -1
    revision: str = ""
    alerts: dict[str, list[Any]] = field(default_factory=dict)
    grants: dict[str, list[str]] = field(default_factory=dict)
    holds: list[str] = field(default_factory=list)
    retention_days: int = RETENTION_DAYS
    content_days: dict[str, int] = field(default_factory=dict)
    rotation_days: int = ROTATION_DAYS
    kek_since: int = 0
    settings: str = ""
    segments: dict[str, list[int]] = field(default_factory=dict)
    grave: dict[int, str] = field(default_factory=dict)

    def learn(self, record: Record) -> None:
        """Take up what a record says, once every rule has judged it."""
        if record["security"]["risk_level"] in GRAVE:
            _keep(self.grave, record["seq"], record["actor"]["id"])
        if record["phase"] == "intent":
            self._learn_intent(record)
        elif record["phase"] == "outcome":
            self.conditions.pop(record["ref"], None)
        else:
            learn = _LEARN.get(record["action"]["type"])
            if learn is not None:
                learn(self, record, details_of(record))

    def told_by(self, alert: str) -> list[int]:
        """Numbers of the grave records that an alert stands for."""
        agent, *seqs = self.alerts.get(alert, [""])
        if agent == SEVERAL or not seqs:
            return seqs
        # An alert that stands for many names the newest of them only.
        first, last = min(seqs), max(seqs)
        return [seq for seq, who in self.grave.items() if first <= seq <= last and who == agent]

    def segments_without(self, details: Mapping[str, Any]) -> dict[str, list[int]]:
        """The segments by month, without those that a pruning took.

        Args:
            details: of the pruning's record.
        """
        first, last = number_in(details, "first"), number_in(details, "last")
        if first is None or last is None:
            return self.segments
        return {
            month: [seq for seq in headers if not first <= seq <= last]
            for month, headers in self.segments.items()
        }

    def as_json(self) -> dict[str, Any]:
        """The facts as they are kept."""
        return {**asdict(self), "grave": [list(one) for one in self.grave.items()]}

    @classmethod
    def from_json(cls, value: Any) -> Known:
        """Take up kept facts.

        Raises:
            ValueError: they are malformed.
        """
        kinds = {one.name: type(getattr(cls(), one.name)) for one in fields(cls)}
        kinds["grave"] = list
        if not isinstance(value, dict) or set(value) != set(kinds):
            raise ValueError("the facts that rules rest on are malformed")
        if not all(isinstance(value[name], kind) for name, kind in kinds.items()):
            raise ValueError("the facts that rules rest on are malformed")
        return cls(**{**value, "grave": {int(seq): str(who) for seq, who in value["grave"]}})

    def _learn_intent(self, record: Record) -> None:
        decision = record["decision"]
        enforced = details_of(record).get("enforced", True) is not False
        if decision["allow"] and decision["conditions"] and enforced:
            _keep(self.conditions, record["id"], decision["conditions"])

    def _learn_policy(self, _: Record, details: Mapping[str, Any]) -> None:
        self.sequence = max(self.sequence, number_in(details, "sequence") or 0)
        self.revision = text_in(details, "revision")

    def _learn_rejection(self, record: Record, details: Mapping[str, Any]) -> None:
        """What was about to become active did not, and what was active before still is."""
        stays = number_in(details, "stays_sequence")
        own = record["actor"]["type"] == "system" and record["ref"] is not None
        if own and details.get("withdrawn") is True and stays is not None:
            self.sequence, self.revision = stays, text_in(details, "stays")

    def _learn_alert(self, _: Record, details: Mapping[str, Any]) -> None:
        listed = details.get("seqs")
        seqs = [seq for seq in listed if isinstance(seq, int)] if isinstance(listed, list) else []
        name = text_in(details, "alert")
        # What it named first is no longer among the newest when it is raised again as a total.
        first = self.alerts.get(name, [""])[1:2]
        told = [text_in(details, "agent"), *sorted({*first, *seqs})]
        _keep(self.alerts, name, told)

    def _learn_grant(self, record: Record, details: Mapping[str, Any]) -> None:
        agent, resource = record["actor"]["id"], record["action"]["resource"]
        granted = self.grants.get(agent, [])
        if is_passing(details) or resource in granted:
            return
        if len(granted) < MAX_KEPT:
            _keep(self.grants, agent, [*granted, resource])

    def _learn_revocation(self, record: Record, details: Mapping[str, Any]) -> None:
        agent, resource = record["actor"]["id"], record["action"]["resource"]
        if agent in self.grants and not is_passing(details):
            # What another rule of the policy allows from now on is no use of this grant.
            self.grants[agent] = [one for one in self.grants[agent] if one != resource]

    def _learn_hold(self, _: Record, details: Mapping[str, Any]) -> None:
        self.holds = [*self.holds, text_in(details, "id")][:MAX_KEPT]

    def _learn_release(self, _: Record, details: Mapping[str, Any]) -> None:
        self.holds = [hold for hold in self.holds if hold != text_in(details, "id")]

    def _learn_header(self, record: Record, details: Mapping[str, Any]) -> None:
        self._learn_kek(record, details)
        month = record["ts"][:MONTH]
        # The newest is pruned last, so it is the one to keep where there is no room for all.
        before = self.segments.get(month, [])[: MAX_KEPT - 1]
        _keep(self.segments, month, [*before, record["seq"]])

    def _learn_pruning(self, _: Record, details: Mapping[str, Any]) -> None:
        left = self.segments_without(details)
        self.segments = {month: headers for month, headers in left.items() if headers}

    def _learn_kek(self, record: Record, details: Mapping[str, Any]) -> None:
        rotated = record["action"]["type"] == "key.rotated" and details.get("use", KEK) == KEK
        if rotated or not self.kek_since:  # the first key is as old as the log
            self.kek_since = moment_us(record["ts"]) // SECOND_US

    def _learn_settings(self, record: Record, details: Mapping[str, Any]) -> None:
        if record["action"]["resource"] == SETTINGS_RESOURCE:
            self.retention_days = number_in(details, "retention_days") or self.retention_days
            listed = details.get("content_days")
            classes = listed if isinstance(listed, dict) else {}
            days = {str(name): number_in(classes, name) for name in classes}
            self.content_days = {name: one for name, one in days.items() if one is not None}
            self.rotation_days = number_in(details, "key_rotation_days") or self.rotation_days
            self.settings = text_in(details, "settings")


def is_passing(details: Mapping[str, Any]) -> bool:
    """Whether a grant, or its revocation, is of one that ends before it can be called unused."""
    return 0 < (number_in(details, "duration_us") or 0) < UNUSED_DAYS * DAY_SECONDS * SECOND_US


def _keep(table: dict[K, Any], key: K, value: Any) -> None:
    """Keep an entry; the oldest goes when there is no room."""
    if key not in table and len(table) >= MAX_KEPT:
        del table[next(iter(table))]
    table[key] = value


_LEARN: Final = {
    "policy.activated": Known._learn_policy,  # noqa: SLF001  # the class's own table
    "policy.rejected": Known._learn_rejection,  # noqa: SLF001
    "alert.raised": Known._learn_alert,  # noqa: SLF001
    "permission.grant": Known._learn_grant,  # noqa: SLF001
    "permission.revoke": Known._learn_revocation,  # noqa: SLF001
    "hold.placed": Known._learn_hold,  # noqa: SLF001
    "hold.released": Known._learn_release,  # noqa: SLF001
    "config.modify": Known._learn_settings,  # noqa: SLF001
    "key.rotated": Known._learn_kek,  # noqa: SLF001
    "system.header": Known._learn_header,  # noqa: SLF001
    "system.pruned": Known._learn_pruning,  # noqa: SLF001
}
