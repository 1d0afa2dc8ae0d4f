"""What two versions of the policies differ in. Layer: analyze. LANGUAGE.md section 11.

A comparison is about what agents may do, not about texts: a spec that was renamed, moved,
split or reworded without a change of meaning appears in no change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from wilkc.core.contract import Json, Request, RuleRef

Kind = Literal["newly_allowed", "newly_denied", "looser", "tighter"]
"""The first two are about requests that only one version grants, with a request to show it;
the others about limits, conditions and the sandbox of what both grant."""
Risk = Literal["high", "medium", "low", "none"]
RISKS: Final[tuple[Risk, ...]] = ("high", "medium", "low", "none")
WIDENING: Final[frozenset[Kind]] = frozenset({"newly_allowed", "looser"})
Fate = Literal["changed", "added", "removed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Change:
    """One clause of a difference.

    Attributes:
        kind: what became of it.
        type: resource type, or `sandbox` for how commands are confined.
        action: the action, or the name of the limit, condition or sandbox setting.
        witness: a shortest request that only one version grants; None for `looser` and
            `tighter` where no single request shows it.
        old: the entry of the old version that it rests on, if there is one.
        new: the entry of the new version, likewise. At least one of both is there.
        risk: how much attention it deserves; `none` for what only takes access away.
        why: the reason for the risk, in a few plain words; empty where the risk is `none`.
        detail: old and new value, for example `8192 -> 4096`, or empty.
    """

    kind: Kind
    type: str
    action: str
    witness: Request | None
    old: RuleRef | None
    new: RuleRef | None
    risk: Risk = "none"
    why: str = ""
    detail: str = ""

    @property
    def widens(self) -> bool:
        """Whether it lets an agent do more than before."""
        return self.kind in WIDENING


@dataclass(frozen=True, slots=True)
class Undecided:
    """A question that was not answered within its budget; a gate takes it for a widening.

    Attributes:
        type: resource type.
        action: the action.
        rule: the entry that was asked about.
        why: what was not known, in a few plain words.
    """

    type: str
    action: str
    rule: RuleRef
    why: str


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """Agents that change alike: the same specs in meaning before, and the same after.

    Attributes:
        agents: their ids, sorted; at least one.
        fate: `added` and `removed` agents are in one version only.
        old_specs: the names of their specs in the old version, sorted.
        new_specs: the same in the new version; other names alone are no change.
        files: the spec files concerned, as the new version names them where it has them.
        changes: sorted by risk, then widening first, then type and action.
        undecided: questions without an answer.
        reworded: lines that differ although nothing changed in meaning.
    """

    agents: tuple[str, ...]
    fate: Fate
    old_specs: tuple[str, ...]
    new_specs: tuple[str, ...]
    files: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    reworded: int = 0

    @property
    def widens(self) -> bool:
        """Whether some change lets these agents do more, or that is not known."""
        return bool(self.undecided) or any(change.widens for change in self.changes)

    @property
    def narrows(self) -> bool:
        """Whether some change lets these agents do less."""
        return any(not change.widens for change in self.changes)

    @property
    def moved(self) -> bool:
        """Whether these agents have other specs than before, by name."""
        return self.fate in {"changed", "unchanged"} and self.old_specs != self.new_specs

    @property
    def risk(self) -> Risk:
        """The highest risk of all changes; what is undecided counts as high."""
        if self.undecided:
            return "high"
        return min((change.risk for change in self.changes), key=RISKS.index, default="none")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of the policies, compared for every agent of either.

    Attributes:
        compared: how many agents were compared.
        groups: all agents, each in one group; those with changes first, by risk.
        left_out: file to the reason why a version of it could not be compared.
        settings: what changed of the audit log, which holds for all agents.
    """

    compared: int
    groups: tuple[AgentGroup, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    settings: tuple[Change, ...] = ()

    @property
    def changed(self) -> tuple[AgentGroup, ...]:
        """The groups in which something changed, or may have."""
        return tuple(
            one for one in self.groups if one.changes or one.undecided or one.fate != "unchanged"
        )


def change_json(change: Change) -> dict[str, Json]:
    """A change in the stable JSON form of `wilkc diff -f json`."""
    return {
        "kind": change.kind,
        "type": change.type,
        "action": change.action,
        "witness": change.witness.as_input() if change.witness else None,
        "old": _place(change.old),
        "new": _place(change.new),
        "risk": change.risk,
        "why": change.why,
        "detail": change.detail,
    }


def _place(ref: RuleRef | None) -> dict[str, Json] | None:
    if ref is None:
        return None
    return {"file": ref.file, "line": ref.line, "column": ref.column, "text": ref.text}
