"""All rules over records in their order. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.audit.clock import timestamp
from wilkc.runtime.compliance.known import MAX_KEPT, Known
from wilkc.runtime.compliance.rule import DAY_SECONDS, SECOND_US, Check, Duty, Violation, moment_us
from wilkc.runtime.compliance.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.runtime.compliance.rule import Record, Rule

OWN: Final = frozenset({"compliance.violation", "report.issued"})
"""What rules and reports themselves put on record is judged by no rule."""
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
    """

    known: Known = field(default_factory=Known)
    owed: dict[str, dict[str, Owed]] = field(default_factory=dict)
    _by_type: dict[str, tuple[tuple[Check, ...], tuple[Duty, ...]]] = field(default_factory=dict)
    _next_us: int | None = None

    def take(self, record: Record) -> list[Violation]:
        """Judge the next record of the log; the violations it shows, in the order of rules."""
        kind = record["action"]["type"]
        found = list(self._overdue(record["ts"]))
        if kind in OWN:
            return found
        checks, duties = self._rules_for(kind)
        for check in checks:
            if check.matches(record) and not check.holds(record, self.known):
                place = (record["id"], record["seq"], record["ts"])
                found.append(Violation(check.id, check.severity, *place))
        for duty in duties:
            found += self._follow(duty, record)
        self.known.learn(record)
        return found

    def as_json(self) -> dict[str, Any]:
        """The state as it is kept."""
        return {
            "known": self.known.as_json(),
            "owed": [
                [rule, [[key, [one.due_us, one.seq, one.ref]] for key, one in owed.items()]]
                for rule, owed in self.owed.items()
            ],
        }

    @classmethod
    def from_json(cls, value: Any) -> Judge:
        """Take up a kept state.

        Raises:
            ValueError: it is malformed.
        """
        if not isinstance(value, dict) or set(value) != {"known", "owed"}:
            raise ValueError("the state of the rules is malformed")
        known = Known.from_json(value["known"])
        owed = {
            str(rule): {
                str(key): Owed(int(due), int(seq), str(ref)) for key, (due, seq, ref) in listed
            }
            for rule, listed in value["owed"]
        }
        judge = cls(known, owed)
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
        for key in duty.ends(record, self.known):
            owed.pop(key, None)
        for term in duty.begins(record, self.known):
            if term.key in owed:
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
            owed = self.owed.get(rule.id, {}) if isinstance(rule, Duty) else {}
            for key in [key for key, one in owed.items() if one.due_us < now]:
                one = owed.pop(key)
                if isinstance(rule, Duty) and rule.excused(self.known, key, now // SECOND_US):
                    owed[key] = replace(one, due_us=now + EXCUSED_US)
                else:
                    yield _missed(rule, key, one)
        self._set_next()

    def _set_next(self) -> None:
        due = (one.due_us for owed in self.owed.values() for one in owed.values())
        self._next_us = min(due, default=None)


def _missed(rule: Rule, key: str, owed: Owed) -> Violation:
    at = timestamp(owed.due_us)
    return Violation(rule.id, rule.severity, owed.ref, owed.seq, at, duty=key)
