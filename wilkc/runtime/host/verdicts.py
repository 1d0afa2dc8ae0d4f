"""How attacks ended, as values. Layer: runtime. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

State = Literal["held", "breached", "inconclusive", "not applicable"]

CONTROL_WORKED: Final = "ok"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one attack showed of one protection.

    Attributes:
        name: stable name of the attack.
        group: kind of protection.
        state: `held`: the attack was made and failed, and its control worked; `breached`: it
            reached what it was after; `inconclusive`: its control failed, or it was not really
            made; `not applicable`: this machine has no such thing.
        protects: what would be lost, in a few words.
        evidence: how the attack ended: the kernel's error, or what was seen.
    """

    name: str
    group: str
    state: State
    protects: str
    evidence: str

    def as_json(self) -> dict[str, str]:
        """One entry of the output."""
        return {
            "name": self.name, "group": self.group, "state": self.state,
            "protects": self.protects, "evidence": self.evidence,
        }  # fmt: skip


def judge(name: str, group: str, protects: str, told: Mapping[str, Any] | None) -> Verdict:
    """The verdict on what the program inside told of one attack.

    Nothing that it told, or anything but the words agreed on, is never `held`: the program
    runs where the attacks run.

    Args:
        name: the attack's.
        group: its group.
        protects: what it is about.
        told: `control`, `ended` and `evidence`; None if nothing was told.
    """
    if told is None:
        return Verdict(name, group, "inconclusive", protects, "nothing was told of it")
    evidence = str(told.get("evidence", ""))
    if told.get("ended") == "breached":
        return Verdict(name, group, "breached", protects, evidence)
    if told.get("control") != CONTROL_WORKED:
        failed = f"the control failed: {told.get('control') or 'it did not end'}"
        return Verdict(name, group, "inconclusive", protects, failed)
    if told.get("ended") == "held":
        return Verdict(name, group, "held", protects, evidence)
    return Verdict(name, group, "inconclusive", protects, evidence)


def any_breached(verdicts: Iterable[Verdict]) -> bool:
    """Whether some protection did not hold."""
    return any(one.state == "breached" for one in verdicts)


def any_open(verdicts: Iterable[Verdict]) -> bool:
    """Whether it is not known of some protection that it holds."""
    return any(one.state == "inconclusive" for one in verdicts)
