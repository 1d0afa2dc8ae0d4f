"""The parts of a report in words. Layer: cli. Pure.

Every text of the body goes through `visible`: names in it come from whoever acted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.cli.review.words import visible
from wilkc.runtime.compliance import shown_period

if TYPE_CHECKING:
    from collections.abc import Mapping

    Body = Mapping[str, Any]

STATES: Final = {
    "evidenced": "evidenced",
    "violated": "violated",
    "no_evidence": "no evidence",
    "not_assessable_here": "not assessable here",
    "out_of_scope": "out of scope",
}
_COUNTS: Final = {
    "total_events": "records in the period",
    "violations": "violations",
    "recorded_violations": "violations that the log names itself",
    "lost": "records lost",
    "sampled": "records left out by sampling",
    "pruned": "records pruned",
    "erased": "persons erased",
}
_DAY: Final = len("2026-11-29")
_SHORT: Final = 12


@dataclass(frozen=True, slots=True)
class ControlView:
    """One control: its state, what is cited, what is broken, what cannot be seen."""

    id: str
    title: str
    state: str
    word: str
    evidence: tuple[str, ...]
    violations: int
    unseen: str
    declared: str


@dataclass(frozen=True, slots=True)
class ViolationView:
    """One violation."""

    rule: str
    severity: str
    text: str
    record: int
    at: str
    controls: str
    resolved: str


def title(body: Body) -> str:
    """What the report is about."""
    return f"{body['standard']}: what the records of {shown_period(body['period'])} say"


def score(body: Body) -> str:
    """The score with all five counts."""
    summary = body["summary"]
    found = summary["compliance_score"]
    states = ", ".join(f"{summary['states'][state]} {word}" for state, word in STATES.items())
    return f"{found['num']} of {found['den']} ({states})" if found else f"none ({states})"


def bound_to(body: Body) -> str:
    """The checkpoint that the report is bound to."""
    checkpoint = body["checkpoint"]
    root = checkpoint["root"][:_SHORT]
    return f"{visible(checkpoint['origin'])}, {checkpoint['size']:,} records, root {root}…"


def covers(body: Body) -> str:
    """Up to where the records reach that the report rests on."""
    last = body["covered"]
    if last is None:
        return "no record"
    rest = ", and not the rest of the period" if last < body["period"]["to"] else ""
    return f"records until {last}{rest}"


def counts(body: Body) -> list[tuple[str, int]]:
    """Counts with what they are of."""
    summary = body["summary"]
    risks = summary["risks"]
    levels = [(f"records of {level} risk", risks[level]) for level in _levels(risks)]
    return [(word, summary[name]) for name, word in _COUNTS.items()] + levels


def controls(body: Body) -> list[ControlView]:
    """Every control, in the order of its standard."""
    return [
        ControlView(
            id=one["id"],
            title=one["title"],
            state=one["state"],
            word=STATES[one["state"]],
            evidence=tuple(_evidence(cited) for cited in one["evidence"]),
            violations=len(one["violations"]),
            unseen=one["unseen"],
            declared=_by(one["declared"]),
        )
        for one in body["controls"]
    ]


def violations(body: Body) -> list[ViolationView]:
    """Every listed violation."""
    return [
        ViolationView(
            rule=one["rule"],
            severity=one["severity"],
            text=one["description"],
            record=one["seq"],
            at=one["at"],
            controls=", ".join(one["controls"]),
            resolved=_by(one["resolved"]),
        )
        for one in body["violations"]
    ]


def not_listed(body: Body) -> str:
    """What was counted and is not listed."""
    more = body["violations_not_listed"]
    told = ", ".join(f"{number:,} of {rule}" for rule, number in sorted(more.items()))
    return f"not listed: {told}" if told else ""


def recommendations(body: Body) -> list[str]:
    """What to do, by rule."""
    return [f"{one['rule']}: {one['text']}" for one in body["recommendations"]]


def _evidence(cited: Mapping[str, Any]) -> str:
    if not cited["count"]:
        needed = "" if cited["needed"] else ", not needed"
        return f"{cited['name']}: none{needed}"
    records = ", ".join(map(str, cited["seqs"]))
    some = "" if len(cited["seqs"]) == cited["count"] else ", the first and the last of them"
    return f"{cited['name']}: {cited['count']:,}, records {records}{some}"


def _by(declared: Mapping[str, Any] | None) -> str:
    if declared is None:
        return ""
    return f"by {visible(declared['by'])} on {declared['at'][:_DAY]}, record {declared['seq']}"


def _levels(risks: Mapping[str, int]) -> list[str]:
    return [level for level in ("critical", "high", "medium", "low") if level in risks]
