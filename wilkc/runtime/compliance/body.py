"""The body of a report, as a value. Layer: runtime. Pure.

The same log, checkpoint, period and rules give the same bytes: nothing here knows the time,
the host or a path.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import canonical_json
from wilkc.runtime.compliance.controls import CONTROLS
from wilkc.runtime.compliance.gathering import facts
from wilkc.runtime.compliance.rules import BY_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.runtime.audit.note import Checkpoint
    from wilkc.runtime.compliance.controls import Control
    from wilkc.runtime.compliance.gathering import Gathered, Review
    from wilkc.runtime.compliance.rule import Violation

FORMAT: Final = "wilk.audit.report/v1"
OUT_OF_SCOPE: Final = "out_of_scope"
NOT_ASSESSABLE: Final = "not_assessable_here"
VIOLATED: Final = "violated"
NO_EVIDENCE: Final = "no_evidence"
EVIDENCED: Final = "evidenced"
STATES: Final = (EVIDENCED, VIOLATED, NO_EVIDENCE, NOT_ASSESSABLE, OUT_OF_SCOPE)
_DAY: Final = len("2026-11-29")
_WHOLE: Final = ".000000Z"
_MIDNIGHT: Final = f"T00:00:00{_WHOLE}"
MEANING: Final = "It says what the records evidence, and nothing beyond them."


def shown_period(period: Mapping[str, str]) -> str:
    """A period as people say it: its days, the last one included, or its times.

    Args:
        period: of a body; its end is the first moment that is not in it.
    """
    start, end = period["from"], period["to"]
    if not (start.endswith(_MIDNIGHT) and end.endswith(_MIDNIGHT)):
        return f"{start.replace(_WHOLE, 'Z')} to {end.replace(_WHOLE, 'Z')}"
    first = start[:_DAY]
    last = (date.fromisoformat(end[:_DAY]) - timedelta(days=1)).isoformat()
    return first if first == last else f"{first} to {last}"


def report_body(gathered: Gathered, checkpoint: Checkpoint) -> dict[str, Any]:
    """The report: the permission model's shape, and what lets a reader check it.

    Args:
        gathered: from one pass over the verified records.
        checkpoint: up to which the log was verified.
    """
    controls = [_control(gathered, control) for control in CONTROLS[gathered.standard]]
    states = {state: sum(one["state"] == state for one in controls) for state in STATES}
    violations = sorted(gathered.violations.values(), key=_order)
    return {
        "v": FORMAT,
        "standard": gathered.standard,
        "period": {"from": gathered.period.start, "to": gathered.period.end},
        "meaning": MEANING,
        "covered": gathered.covered or None,
        "checkpoint": {
            "origin": checkpoint.origin,
            "root": checkpoint.root.hex(),
            "size": checkpoint.size,
        },
        "summary": {
            "total_events": gathered.events,
            "violations": len(violations) + sum(gathered.more.values()),
            "compliance_score": score(states),
            "states": states,
            "risks": dict(gathered.risks),
            "risk_profile": gathered.profile or "recorded",
            "recorded_violations": gathered.recorded,
            **facts(gathered),
        },
        "controls": controls,
        "violations": [_violation(gathered, one) for one in violations],
        "violations_not_listed": dict(gathered.more),
        "recommendations": _recommendations(gathered, violations),
        "settings": [
            {"digest": digest, "seq": seq}
            for digest, seq in sorted(gathered.settings.items(), key=lambda one: one[1])
        ],
        "rules": [{"id": rule.id, "version": rule.version} for rule in BY_ID.values()],
    }


def encode_body(body: dict[str, Any]) -> bytes:
    """The canonical bytes of a body, which are what is signed."""
    return canonical_json(body)


def score(states: dict[str, int]) -> dict[str, int] | None:
    """Evidenced controls over those that could be; None where none could."""
    total = states[EVIDENCED] + states[VIOLATED] + states[NO_EVIDENCE]
    return {"num": states[EVIDENCED], "den": total} if total else None


def _control(gathered: Gathered, control: Control) -> dict[str, Any]:
    name = f"{gathered.standard}:{control.id}"
    rules = [rule.id for rule in BY_ID.values() if name in rule.controls]
    broken = [one for one in gathered.violations.values() if one.rule in rules]
    still = [one for one in broken if gathered.is_open(one)]
    more = sum(gathered.more.get(rule, 0) for rule in rules)
    declared = gathered.as_scope(control.id)
    evidence = [
        {"name": one.name, "needed": one.needed, **_cited(gathered, control, one.name)}
        for one in control.evidence
    ]
    missing = any(one["needed"] and not one["count"] for one in evidence)
    if declared is not None:
        state = OUT_OF_SCOPE
    elif not control.evidence:
        state = NOT_ASSESSABLE
    elif still or more:
        state = VIOLATED
    elif missing:
        state = NO_EVIDENCE
    else:
        state = EVIDENCED
    return {
        "id": control.id,
        "title": control.title,
        "state": state,
        "evidence": evidence,
        "rules": rules,
        "violations": [one.id for one in sorted(broken, key=_order)],
        "unseen": control.unseen,
        "declared": _declared(declared),
    }


def _cited(gathered: Gathered, control: Control, name: str) -> dict[str, Any]:
    found = gathered.evidence.get((control.id, name))
    return {"count": found.count if found else 0, "seqs": found.seqs if found else []}


def _declared(review: Review | None) -> dict[str, Any] | None:
    return None if review is None else {"by": review.by, "at": review.at, "seq": review.seq}


def _violation(gathered: Gathered, violation: Violation) -> dict[str, Any]:
    rule = BY_ID[violation.rule]
    return {
        "id": violation.id,
        "rule": violation.rule,
        "severity": violation.severity,
        "description": rule.title,
        "event_id": violation.ref,
        "seq": violation.seq,
        "at": violation.at,
        "controls": [
            control.partition(":")[2]
            for control in rule.controls
            if control.startswith(f"{gathered.standard}:")
        ],
        "resolved": _declared(gathered.reviews.get(violation.id)),
    }


def _recommendations(gathered: Gathered, violations: list[Violation]) -> list[dict[str, Any]]:
    """What to do, for each rule that is still broken."""
    still = {one.rule for one in violations if gathered.is_open(one)} | set(gathered.more)
    return [{"rule": rule.id, "text": rule.advice} for rule in BY_ID.values() if rule.id in still]


def _order(violation: Violation) -> tuple[int, int]:
    return violation.seq, int(violation.rule[1:])
