"""Recorded decisions against what a candidate policy would say. Layer: runtime. Pure.

A decision depends on nothing but its input, which an intent keeps under seal. What cannot be
asked again is counted by why, and never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Decision, Json, Request

Kind = Literal["newly_allowed", "newly_denied", "other_rule", "other_conditions"]
KINDS: Final[tuple[Kind, ...]] = (
    "newly_allowed", "newly_denied", "other_rule", "other_conditions",
)  # fmt: skip
MAX_SEQS: Final = 20
RATE_LIMITED: Final = "RATE_LIMIT_EXCEEDED"
_NOT_BY_POLICY: Final = frozenset({"audit_unavailable", "condition_not_fulfillable"})
"""Denials that took the place of what the policy said."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What of a decision is compared: the policy's part.

    Attributes:
        allow: whether the policy grants, whatever a counter said.
        rule: id of the entry that decided, or None.
        conditions: ids of the conditions, sorted.
        counted: whether a counter denied it, so that only `allow` can be compared.
    """

    allow: bool
    rule: str | None
    conditions: tuple[str, ...]
    counted: bool = False


@dataclass(slots=True)
class Change:
    """Recorded decisions that change alike.

    Attributes:
        kind: how they change.
        agent: who asked.
        old: rule that decided.
        new: rule that would decide.
        count: how many.
        seqs: the first of them.
        example: the request with the shortest input.
        size: bytes of that input.
    """

    kind: Kind
    agent: str
    old: str | None
    new: str | None
    example: Request
    size: int
    count: int = 0
    seqs: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Replayed:
    """What a replay found.

    Attributes:
        compared: decisions that were asked again.
        same: those that stay as they are.
        not_replayable: why not, to how many.
        changes: what changes, by kind, agent and rules.
    """

    compared: int = 0
    same: int = 0
    not_replayable: dict[str, int] = field(default_factory=dict)
    changes: dict[tuple[str, str, str, str], Change] = field(default_factory=dict)

    def leave_out(self, why: str) -> None:
        """Count a decision that cannot be asked again."""
        self.not_replayable[why] = self.not_replayable.get(why, 0) + 1

    def compare(self, record: Mapping[str, Any], request: Request, size: int, new: Answer) -> None:
        """Compare a recorded decision with the candidate's answer."""
        self.compared += 1
        old = recorded_answer(record)
        kind = _kind(old, new)
        if kind is None:
            self.same += 1
            return
        key = (kind, request.agent, old.rule or "", new.rule or "")
        change = self.changes.get(key)
        if change is None:
            change = Change(kind, request.agent, old.rule, new.rule, request, size)
            self.changes[key] = change
        change.count += 1
        if len(change.seqs) < MAX_SEQS:
            change.seqs.append(record["seq"])
        if size < change.size:
            change.example, change.size = request, size

    def listed(self) -> list[Change]:
        """The changes, newly allowed first."""
        return [self.changes[key] for key in sorted(self.changes, key=_order)]

    def as_json(self) -> dict[str, Json]:
        """The replay for machines."""
        return {
            "compared": self.compared,
            "same": self.same,
            "not_replayable": dict(sorted(self.not_replayable.items())),
            "changes": [
                {
                    "kind": one.kind,
                    "agent": one.agent,
                    "old_rule": one.old,
                    "new_rule": one.new,
                    "count": one.count,
                    "seqs": list(one.seqs),
                    "example": one.example.as_input(),
                }
                for one in self.listed()
            ],
        }


def why_not(record: Mapping[str, Any]) -> str | None:
    """Why a recorded decision cannot be asked again, or None if its input is there."""
    decision = record["decision"]
    if decision["revision"] is None or decision["detail"] in _NOT_BY_POLICY:
        return "not decided by a policy"
    return None if "input" in record["sealed"] else "input not recorded"


def recorded_answer(record: Mapping[str, Any]) -> Answer:
    """The policy's part of a recorded decision."""
    decision = record["decision"]
    if decision["reason"] == RATE_LIMITED:
        # The policy granted it; a counter, which is not the policy, was exhausted.
        return Answer(allow=True, rule=None, conditions=(), counted=True)
    return Answer(decision["allow"], decision["rule"], tuple(sorted(decision["conditions"])))


def answer_of(decision: Decision) -> Answer:
    """The policy's part of a fresh decision."""
    if decision.reason == RATE_LIMITED:
        return Answer(allow=True, rule=None, conditions=(), counted=True)
    conditions = tuple(sorted(condition.id for condition in decision.conditions))
    return Answer(decision.allow, decision.rule.id if decision.rule else None, conditions)


def _kind(old: Answer, new: Answer) -> Kind | None:
    if old.allow != new.allow:
        return "newly_allowed" if new.allow else "newly_denied"
    if old.counted or new.counted:
        return None
    if old.rule != new.rule:
        return "other_rule"
    return "other_conditions" if old.conditions != new.conditions else None


def _order(key: tuple[str, str, str, str]) -> tuple[int, tuple[str, ...]]:
    return [*KINDS].index(key[0]), key[1:]  # type: ignore[arg-type]  # made of a kind
