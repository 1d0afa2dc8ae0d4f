"""Going once over the records for a report. Layer: runtime. Pure.

Memory does not grow with the log: of each kind of evidence the first and the last records are
cited, and violations beyond a bound are counted, as open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.risk import level_of
from wilkc.runtime.audit.tally import dropped
from wilkc.runtime.compliance.controls import CONTROLS
from wilkc.runtime.compliance.judging import RESOLVED, REVIEWED, Judge
from wilkc.runtime.compliance.rule import Duty, details_of, number_in, text_in
from wilkc.runtime.compliance.rules import BY_ID

if TYPE_CHECKING:
    from wilkc.core.audit_settings import RiskProfile
    from wilkc.runtime.compliance.controls import Evidence, Standard
    from wilkc.runtime.compliance.rule import Record, Violation

CITED: Final = 5
"""Records that are cited from each end of a kind of evidence."""
MAX_LISTED: Final = 1000
"""Violations of one rule that are listed; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a time, up to but not including another; both as records write times."""

    start: str
    end: str

    def holds(self, ts: str) -> bool:
        """Whether a time is in it."""
        return self.start <= ts < self.end


@dataclass(slots=True)
class Found:
    """The records that one kind of evidence consists of."""

    count: int = 0
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)

    def add(self, seq: int) -> None:
        """Count a record."""
        self.count += 1
        if len(self.first) < CITED:
            self.first.append(seq)
        else:
            self.last.append(seq)
            del self.last[:-CITED]

    @property
    def seqs(self) -> list[int]:
        """The cited records, in order."""
        return [*self.first, *self.last]


@dataclass(frozen=True, slots=True)
class Review:
    """What a person said on record, of a violation or a control."""

    seq: int
    at: str
    by: str
    outcome: str


@dataclass(slots=True)
class Gathered:
    """What one pass over the records found.

    Attributes:
        standard: of the report.
        period: of the report.
        size: events before which the log is read.
        profile: whose levels of risk are counted; None counts those on record.
        events: records in the period.
        risks: level to records in the period.
        evidence: control and name of the evidence to its records.
        violations: listed violations in the period, by id; such as were before it and lasted
            into it are of it, too.
        more: rule to violations in the period that are not listed.
        reviews: violation to the review that resolved it.
        scope: control to the review that declared it out of scope.
        counts: lost, sampled, pruned and erased.
        settings: digests of settings and the headers that name them.
        recorded: violations of the period that the log itself names.
        covered: time of the last record that was taken, or empty.
    """

    standard: Standard
    period: Period
    size: int
    profile: RiskProfile | None = None
    events: int = 0
    risks: dict[str, int] = field(default_factory=dict)
    evidence: dict[tuple[str, str], Found] = field(default_factory=dict)
    violations: dict[str, Violation] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)
    scope: dict[str, Review] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    settings: dict[str, int] = field(default_factory=dict)
    recorded: int = 0
    covered: str = ""
    _missing: list[tuple[int, int]] = field(default_factory=list)
    _next: int = 0
    _begun: bool = False
    _judge: Judge = field(default_factory=Judge)
    _listed: dict[str, int] = field(default_factory=dict)
    _asked: dict[tuple[str, bool], tuple[tuple[tuple[str, str], Evidence], ...]] = field(
        default_factory=dict
    )

    def take(self, record: Record) -> None:
        """Take the next record of the log, from its first on."""
        self._miss_until(record["seq"], record["ts"])
        if record["seq"] >= self.size:
            return
        self.covered = record["ts"]
        if not self._begun and record["ts"] >= self.period.start:
            self._begun = True
            for violation in self._judge.lasting(record["ts"]):
                self._add(violation)
        for violation in self._judge.take(record):
            self._add(violation)
        kind = record["action"]["type"]
        if kind == "system.header":
            self._take_header(record)
        elif kind == REVIEWED:
            self._take_review(record)
        if self.period.holds(record["ts"]):
            self._take_in_period(record, kind)

    def missing(self) -> list[tuple[int, int]]:
        """First and last of records that are gone and may be of the period, after the last."""
        self._miss_until(self.size, self.period.end)
        return self._missing

    def _miss_until(self, seq: int, ts: str) -> None:
        # What went before a record that is older than the period was older, too.
        if self._next < min(seq, self.size) and ts > self.period.start:
            self._missing.append((self._next, min(seq, self.size) - 1))
        self._next = max(self._next, seq + 1)

    def _take_in_period(self, record: Record, kind: str) -> None:
        self.events += 1
        level = level_of(record, self.profile)
        self.risks[level] = self.risks.get(level, 0) + 1
        for key, evidence in self._evidence_for(kind, intent=record["phase"] == "intent"):
            if evidence.fits(record):
                found = self.evidence.get(key)
                if found is None:
                    found = self.evidence[key] = Found()
                found.add(record["seq"])
        if record["phase"] == "system":
            self._count(record, kind)

    def _evidence_for(
        self, kind: str, *, intent: bool
    ) -> tuple[tuple[tuple[str, str], Evidence], ...]:
        found = self._asked.get((kind, intent))
        if found is None:
            found = tuple(
                ((control.id, evidence.name), evidence)
                for control in CONTROLS[self.standard]
                for evidence in control.evidence
                if (intent if not evidence.types else _is_of(kind, evidence.types))
            )
            self._asked[kind, intent] = found
        return found

    def _add(self, violation: Violation) -> None:
        standards = BY_ID[violation.rule].standards
        if self.standard not in standards or not self._is_of_period(violation):
            return
        listed = self._listed.get(violation.rule, 0)
        if listed < MAX_LISTED:
            self._listed[violation.rule] = listed + 1
            self.violations[violation.id] = violation
        else:
            self.more[violation.rule] = self.more.get(violation.rule, 0) + 1

    def _is_of_period(self, violation: Violation) -> bool:
        """Whether it happened in the period, or was open when that began."""
        if self.period.holds(violation.at):
            return True
        # A miss shows by the next record. Where that is of the period, it lasted until then.
        return self._begun and violation.at < self.period.start and _lasts(violation)

    def _take_header(self, record: Record) -> None:
        digest = text_in(details_of(record), "settings")
        if record["ts"] < self.period.end:
            if record["ts"] < self.period.start:
                self.settings.clear()  # only those that hold when the period begins
            self.settings.setdefault(digest, record["seq"])

    def _take_review(self, record: Record) -> None:
        details = details_of(record)
        outcome = text_in(details, "outcome")
        review = Review(record["seq"], record["ts"], record["actor"]["id"], outcome)
        violation, control = text_in(details, "violation"), text_in(details, "control")
        if violation and outcome == RESOLVED:
            self.reviews[violation] = review
        if control:
            self.scope[control] = review

    def _count(self, record: Record, kind: str) -> None:
        details = details_of(record)
        if kind == "system.lost":
            self._add_to("lost", number_in(details, "count") or 0)
        elif kind == "system.sampled":
            self._add_to("sampled", dropped(details))
        elif kind == "system.pruned":
            first, last = number_in(details, "first"), number_in(details, "last")
            if first is not None and last is not None and details.get("again") is not True:
                self._add_to("pruned", last - first + 1)
        elif kind == "key.destroyed" and details.get("state") == "complete":
            self._add_to("erased", 1)
        elif kind == "compliance.violation":
            self.recorded += 1

    def _add_to(self, name: str, number: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + number

    def is_open(self, violation: Violation) -> bool:
        """Whether nobody said on record that a violation is resolved."""
        return violation.id not in self.reviews

    def as_scope(self, control: str) -> Review | None:
        """The review that declared a control out of scope, unless a later one took it back."""
        review = self.scope.get(f"{self.standard}:{control}")
        return review if review is not None and review.outcome == "out_of_scope" else None


def _lasts(violation: Violation) -> bool:
    rule = BY_ID[violation.rule]
    return isinstance(rule, Duty) and rule.lasts(violation.duty)


def _is_of(kind: str, types: tuple[str, ...]) -> bool:
    return any(kind.startswith(one) if one.endswith(".") else kind == one for one in types)


def facts(gathered: Gathered) -> dict[str, Any]:
    """The counts of a report that are no judgement."""
    names = ("erased", "lost", "pruned", "sampled")
    return {name: gathered.counts.get(name, 0) for name in names}
