"""What verifying a log found. Layer: runtime. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from wilkc.runtime.audit.walk import Finding, Verdict

SEVERITY: Final[tuple[Verdict, ...]] = (
    "TAMPERED", "TRUNCATED", "KEY_PROBLEM", "INCOMPLETE", "UNSEALED_TAIL",
)  # fmt: skip
"""Verdicts against a log, the worst first."""
Signatures = Literal["all", "sample", "none"]


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. Only `OK` and `OK_UNANCHORED` speak for the log.

    Attributes:
        verdict: the worst of the findings, else `OK` or, without a checkpoint from outside,
            `OK_UNANCHORED`.
        reasons: all findings as `VERDICT: reason`, in the order they were made.
        origin: name of the log as its records say.
        file: file of the first record that fails, or None.
        offset: byte offset of that record in the file, or None.
        last_good: number of the last event that verifies, or None.
        size: events that verify.
        root: hexadecimal root of their tree.
        covered: events covered by the last checkpoint.
        tail: events after it.
        torn_bytes: bytes after the last whole line.
        pruned: ranges of events that were pruned, as `first-last`.
        reanchors: events at which the root key certified a new beginning.
        anchored: whether a checkpoint from outside was compared.
        signatures: which event signatures were checked.
        key: verifier key of the last segment, or None.
        segments: files read to their end without a fault.
        checkpoints: checkpoints inside them.
        first: time of the first event, or None.
        last: time of the last event, or None.
        recoveries: repaired crashes and write errors.
        lost: records the writer counted as not written.
        sampled: records the writer counted as left out.
        clock_backwards: how often the monotonic clock went back within a boot.
        clock_steps: how often the wall clock stepped by more than a second.
        witnesses: names of the policy's witnesses whose cosignature counts.
        cosigned: when the newest quorum of them had cosigned, in seconds since 1970, or None.
        known: events that are known from elsewhere. Whether the log ever had more is not known
            to anybody who verifies it.
        opened: data keys of which one sealed member was opened, or None if not assessed.
        erased: data keys that are gone, as the log says, or None if not assessed.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    origin: str
    file: str | None
    offset: int | None
    last_good: int | None
    size: int
    root: str
    covered: int
    tail: int
    torn_bytes: int
    pruned: tuple[str, ...]
    reanchors: tuple[int, ...]
    anchored: bool
    signatures: Signatures
    key: str | None
    segments: int
    checkpoints: int
    first: str | None
    last: str | None
    recoveries: int
    lost: int
    sampled: int
    clock_backwards: int
    clock_steps: int
    witnesses: tuple[str, ...]
    cosigned: int | None
    known: int
    opened: int | None
    erased: int | None

    @property
    def ok(self) -> bool:
        """Whether everything that was assessed holds."""
        return self.verdict in {"OK", "OK_UNANCHORED"}


@dataclass(frozen=True, slots=True)
class VerifiedEvent:
    """An event as an observer of a verification sees it, in the order of the log.

    Attributes:
        record: its value.
        stored: its exact bytes, of which the leaf is the hash.
        signature: of the event, or None in mode `checkpoint`.
        file: name of its segment.
        offset: of its line in that file.
    """

    record: dict[str, Any]
    stored: bytes
    signature: bytes | None
    file: str
    offset: int

    @property
    def seq(self) -> int:
        """Its number in the log."""
        return int(self.record["seq"])


Observer = Callable[[VerifiedEvent], None]
"""Called with each event as soon as the event itself verifies."""


def worst(findings: list[Finding], good: Verdict) -> Verdict:
    """The verdict over all findings."""
    found = {finding.verdict for finding in findings}
    return next((verdict for verdict in SEVERITY if verdict in found), good)
