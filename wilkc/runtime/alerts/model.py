"""Findings of rules and the alerts made of them. Layer: runtime. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal

from wilkc.core.subset import encode_subset

Severity = Literal["medium", "high", "critical"]
SEVERITIES: Final[tuple[Severity, ...]] = ("medium", "high", "critical")
MAX_SEQS: Final = 20
MAX_TEXT: Final = 160
WINDOW_US: Final = 300_000_000
"""Equal findings of one window become one alert."""


@dataclass(frozen=True, slots=True)
class Number:
    """One of the numbers, or names, that something was found by."""

    name: str
    value: int | str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about something that happened.

    Attributes:
        rule: `A1` to `A15`.
        severity: how urgent.
        title: a fixed sentence.
        agent: whom it is about.
        resource_type: what it is about.
        ref: id of the record, or the fact.
        seqs: numbers of the records that it rests on, the newest last.
        at_us: when.
        numbers: what it was found by.
    """

    rule: str
    severity: Severity
    title: str
    agent: str
    resource_type: str
    ref: str
    seqs: tuple[int, ...]
    at_us: int
    numbers: tuple[Number, ...] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """What people are told.

    Attributes:
        id: the same for every replay and every attempt.
        rule: `A1` to `A15`.
        severity: how urgent.
        title: a fixed sentence.
        agent: whom it is about, without characters that a terminal or mail acts on.
        resource_type: what it is about.
        ref: id of the record that raised it, or the fact.
        seqs: numbers of records, at most 20.
        first_us: when the first was.
        last_us: when the last was.
        count: how many findings it stands for.
        numbers: of the first finding.
    """

    id: str
    rule: str
    severity: Severity
    title: str
    agent: str
    resource_type: str
    ref: str
    seqs: tuple[int, ...]
    first_us: int
    last_us: int
    count: int
    numbers: tuple[Number, ...] = ()

    def numbers_json(self) -> dict[str, int | str]:
        """The numbers by name."""
        return {one.name: one.value for one in self.numbers}


def alert_id(rule: str, ref: str, window: int) -> str:
    """SHA-256 over rule, reference and window: a replay makes the same one."""
    named: dict[str, Any] = {"ref": ref, "rule": rule, "window": window}
    return hashlib.sha256(encode_subset(named)).hexdigest()


def alert_of(finding: Finding) -> Alert:
    """The alert that a finding raises."""
    return Alert(
        id=alert_id(finding.rule, finding.ref, finding.at_us // WINDOW_US),
        rule=finding.rule,
        severity=finding.severity,
        title=finding.title,
        agent=plain(finding.agent),
        resource_type=plain(finding.resource_type),
        ref=finding.ref,
        seqs=finding.seqs[-MAX_SEQS:],
        first_us=finding.at_us,
        last_us=finding.at_us,
        count=1,
        numbers=tuple(
            Number(one.name, one.value if isinstance(one.value, int) else plain(one.value))
            for one in finding.numbers
        ),
    )


def plain(text: str) -> str:
    """A text of bounded length without anything that a terminal, header or page acts on."""
    shown = "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in text[:MAX_TEXT])
    return shown if len(text) <= MAX_TEXT else shown[:-1] + "…"
