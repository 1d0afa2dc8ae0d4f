"""All rules over records in their order. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.clock import timestamp
from wilkc.runtime.compliance.known import MAX_KEPT, Known
from wilkc.runtime.compliance.rule import (
    DAY_SECONDS,
    SECOND_US,
    Check,
    Duty,
    Violation,
    details_of,
    moment_us,
    text_in,
    violation_id,
)
from wilkc.runtime.compliance.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.compliance.rule import Record

OWN: Final = frozenset({"compliance.violation", "report.issued"})
"""What rules and reports themselves put on record is judged by no rule."""
REVIEWED: Final = "review.recorded"
RESOLVED: Final = "resolved"
"""What a person says on record of a violation that is to count no longer."""
EXCUSED_US: Final = DAY_SECONDS * SECOND_US
"""After which an excused duty is looked at again."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that has begun: until when, and which record began it."""

    due_us: int
    seq: int
    ref: str


@dataclass(slots=True)
class Judge:
    """Where the judging of a log stands.

    Attributes:
        known: what the records so far said.
        owed: rule to key to a duty that has begun.
        missed: rule to key to a duty that ran out, and that nothing ended since.
    """

    known: Known = field(default_factory=Known)
    owed: dict[str, dict[str, Owed]] = field(default_factory=dict)
    missed: dict[str, dict[str, Owed]] = field(default_factory=dict)
    _by_type: dict[str, tuple[tuple[Check, ...], tuple[Duty, ...]]] = field(default_factory=dict)
    _next_us: int | None = None

    def take(self, record: Record) -> list[Violation]:
        """Judge the next record of the log; the violations it shows, in the order of rules."""
        kind = record["action"]["type"]
        found = list(self._overdue(record["ts"]))
        if kind in OWN:
            return found
        if kind == REVIEWED:
            self._take_review(record)
        checks, duties = self._rules_for(kind)
        for check in checks:
            if check.matches(record) and not check.holds(record, self.known):
                place = (record["id"], record["seq"], record["ts"])
                found.append(Violation(check.id, check.severity, *place))
        for duty in duties:
            found += self._follow(duty, record)
        self.known.learn(record)
        return found

    def lasting(self, ts: str) -> list[Violation]:
        """What was missed and, at a time, is neither ended nor excused, in the order of rules."""
        now = moment_us(ts) // SECOND_US
        return [
            _missed(rule, key, one)
            for rule in RULES
            if isinstance(rule, Duty)
            for key, one in self.missed.get(rule.id, {}).items()
            if not rule.excused(self.known, key, now)
        ]

    def as_json(self) -> dict[str, Any]:
        """The state as it is kept."""
        return {
            "known": self.known.as_json(),
            "missed": _as_json(self.missed),
            "owed": _as_json(self.owed),
        }

    @classmethod
    def from_json(cls, value: Any) -> Judge:
        """Take up a kept state.

        Raises:
            ValueError: it is malformed.
        """
        if not isinstance(value, dict) or set(value) != {"known", "missed", "owed"}:
            raise ValueError("the state of the rules is malformed")
        known = Known.from_json(value["known"])
        judge = cls(known, _from_json(value["owed"]), _from_json(value["missed"]))
        judge._set_next()  # its own member
        return judge

    def _rules_for(self, kind: str) -> tuple[tuple[Check, ...], tuple[Duty, ...]]:
        found = self._by_type.get(kind)
        if found is None:
            fitting = [rule for rule in RULES if rule.types is None or kind in rule.types]
            found = (
                tuple(rule for rule in fitting if isinstance(rule, Check)),
                tuple(rule for rule in fitting if isinstance(rule, Duty)),
            )
            if len(self._by_type) < MAX_KEPT:
                self._by_type[kind] = found
        return found

    def _follow(self, duty: Duty, record: Record) -> Iterator[Violation]:
        owed = self.owed.setdefault(duty.id, {})
        missed = self.missed.setdefault(duty.id, {})
        for key in duty.ends(record, self.known):
            owed.pop(key, None)
            missed.pop(key, None)
        for term in duty.begins(record, self.known):
            if term.key in owed or term.key in missed:
                continue
            if len(owed) >= MAX_KEPT:
                # What cannot be watched is not taken for done.
                now = Owed(moment_us(record["ts"]), record["seq"], record["id"])
                yield _missed(duty, term.key, now)
                continue
            due = moment_us(record["ts"]) + term.seconds * SECOND_US
            owed[term.key] = Owed(due, record["seq"], record["id"])
            self._next_us = due if self._next_us is None else min(self._next_us, due)

    def _overdue(self, ts: str) -> Iterator[Violation]:
        if self._next_us is None:
            return
        now = moment_us(ts)
        if now <= self._next_us:
            return
        for rule in RULES:
            if isinstance(rule, Duty):
                yield from self._run_out(rule, now)
        self._set_next()

    def _run_out(self, duty: Duty, now_us: int) -> Iterator[Violation]:
        owed = self.owed.get(duty.id, {})
        missed = self.missed.setdefault(duty.id, {})
        for key in [key for key, one in owed.items() if one.due_us < now_us]:
            one = owed.pop(key)
            if duty.excused(self.known, key, now_us // SECOND_US):
                owed[key] = replace(one, due_us=now_us + EXCUSED_US)
                continue
            if duty.lasts(key) and len(missed) < MAX_KEPT:
                missed[key] = one
            yield _missed(duty, key, one)

    def _take_review(self, record: Record) -> None:
        details = details_of(record)
        if text_in(details, "outcome") != RESOLVED:
            return
        resolved = text_in(details, "violation")
        for rule, missed in self.missed.items():
            for key, one in list(missed.items()):
                if violation_id(rule, one.ref, key) == resolved:
                    # It is not done for that: with the next record that begins it, it is owed anew.
                    del missed[key]

    def _set_next(self) -> None:
        due = (one.due_us for owed in self.owed.values() for one in owed.values())
        self._next_us = min(due, default=None)


def _missed(duty: Duty, key: str, owed: Owed) -> Violation:
    at = timestamp(owed.due_us)
    return Violation(duty.id, duty.severity, owed.ref, owed.seq, at, duty=key)


def _as_json(duties: dict[str, dict[str, Owed]]) -> list[Any]:
    return [
        [rule, [[key, [one.due_us, one.seq, one.ref]] for key, one in listed.items()]]
        for rule, listed in duties.items()
    ]


def _from_json(value: Any) -> dict[str, dict[str, Owed]]:
    return {
        str(rule): {str(key): Owed(int(due), int(seq), str(ref)) for key, (due, seq, ref) in listed}
        for rule, listed in value
    }
