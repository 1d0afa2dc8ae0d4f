"""What a rule over records is. Layer: runtime. Pure.

A check judges one record, with what the records before it said. A duty begins with a record
and must end in time; it is missed once a later record is younger than its term, and stays missed
until a record ends it. So no clock is asked, and the same records always give the same
violations.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.subset import encode_subset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wilkc.runtime.compliance.known import Known

    Record = Mapping[str, Any]

Severity = Literal["medium", "high", "critical"]
DAY_SECONDS: Final = 86_400
SECOND_US: Final = 1_000_000
_FORMAT: Final = "%Y-%m-%dT%H:%M:%S"
_SECONDS: Final = len("2026-11-29T10:00:00")
_VERSION: Final = 0x7
_VARIANT: Final = 0b10


@dataclass(frozen=True, slots=True)
class Check:
    """A rule on single records.

    Attributes:
        id: `R1` to `R15`.
        version: grows when the rule judges otherwise than before.
        severity: of a violation.
        controls: `STANDARD:control` that it bears on.
        title: what a violation is, one fixed sentence.
        advice: what to do about it.
        types: action types it looks at; None looks at all.
        matches: whether it judges a record of these types.
        holds: whether a record that it judges is as it must be.
    """

    id: str
    version: int
    severity: Severity
    controls: tuple[str, ...]
    title: str
    advice: str
    types: frozenset[str] | None
    matches: Callable[[Record], bool]
    holds: Callable[[Record, Known], bool]

    @property
    def standards(self) -> tuple[str, ...]:
        """The standards of its controls, sorted."""
        return standards_of(self.controls)


@dataclass(frozen=True, slots=True)
class Term:
    """A duty that a record begins: its key within the rule, and for how many seconds."""

    key: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A rule on what must follow in time.

    Attributes:
        id: see `Check`.
        version: see `Check`.
        severity: see `Check`.
        controls: see `Check`.
        title: see `Check`.
        advice: see `Check`.
        types: action types that begin or end a duty; None looks at all.
        ends: keys of the duties that a record ends.
        begins: the duties that a record begins; a key that is there already, or missed, goes on
            as it was unless `ends` ended it.
        excused: whether a duty that ran out is no violation for now, by what is known, its key,
            and the time in seconds since 1970.
        lasts: whether one that is missed, by its key, stays so until `ends` ends it, or a
            person says on record that it is resolved; else it is over at once.
    """

    id: str
    version: int
    severity: Severity
    controls: tuple[str, ...]
    title: str
    advice: str
    types: frozenset[str] | None
    ends: Callable[[Record, Known], Iterable[str]]
    begins: Callable[[Record, Known], Iterable[Term]]
    excused: Callable[[Known, str, int], bool] = lambda *_: False
    lasts: Callable[[str], bool] = lambda _: True

    @property
    def standards(self) -> tuple[str, ...]:
        """The standards of its controls, sorted."""
        return standards_of(self.controls)


Rule = Check | Duty


@dataclass(frozen=True, slots=True)
class Violation:
    """A record that is not as a rule wants it, or that nothing followed in time.

    Attributes:
        rule: the rule's id.
        severity: how grave.
        ref: id of the record it is about.
        seq: its number.
        at: when the rule was broken, as records write it.
        duty: key of the duty that was missed; empty for a check.
    """

    rule: str
    severity: Severity
    ref: str
    seq: int
    at: str
    duty: str = ""

    @property
    def id(self) -> str:
        """The id of its record: the same whenever the rule is asked again."""
        return violation_id(self.rule, self.ref, self.duty)


def violation_id(rule: str, ref: str, duty: str = "") -> str:
    """A UUIDv7 made of a rule and a record's id: its time, and a digest in place of chance.

    One record may begin several duties of one rule, which are told apart by their keys.
    """
    named = {"duty": duty, "ref": ref, "rule": rule}
    digest = hashlib.sha256(encode_subset(named)).digest()
    random = int.from_bytes(digest[:10])
    value = int(ref.replace("-", "")[:12], 16) << 80
    value |= _VERSION << 76 | (random >> 62 & 0xFFF) << 64
    value |= _VARIANT << 62 | random & (1 << 62) - 1
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def standards_of(controls: Iterable[str]) -> tuple[str, ...]:
    """The standards that controls belong to, sorted."""
    return tuple(sorted({control.partition(":")[0] for control in controls}))


def moment_us(ts: str) -> int:
    """A record's time in microseconds since 1970."""
    return _seconds(ts[:_SECONDS]) * SECOND_US + int(ts[_SECONDS + 1 : -1])


@lru_cache(maxsize=256)
def _seconds(text: str) -> int:
    # A leap second is the second before it, as everywhere else in Unix time.
    whole = text[:-2] + "59" if text.endswith("60") else text
    return int(datetime.strptime(whole, _FORMAT).replace(tzinfo=UTC).timestamp())


def details_of(record: Record) -> Mapping[str, Any]:
    """The clear details of a record."""
    details: Mapping[str, Any] = record["action"]["details"]
    return details


def text_in(details: Mapping[str, Any], name: str) -> str:
    """A text of the details; empty where there is none."""
    value = details.get(name)
    return value if isinstance(value, str) else ""


def number_in(details: Mapping[str, Any], name: str) -> int | None:
    """A whole number of the details, or None."""
    value = details.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_tagged(record: Record) -> bool:
    """Whether a record concerns personal or health data."""
    tags = record["security"]["compliance_tags"]
    return "gdpr" in tags or "hipaa" in tags
