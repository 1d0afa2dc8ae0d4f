"""Whether a change may pass. Layer: cli.

What is not known is taken for the worse: a question without an answer is a widening of high
risk, a file of the new version that cannot be compared may hold anything, and an agent that
is new beside an old version with gaps may have been there before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference import RISKS
from wilkc.cli.review.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference import AgentGroup, Change, Comparison
    from wilkc.compiler import LeftOut

WIDENING: Final = "widening"
ANY: Final = "any"
_RISK: Final = "risk:"
GATES: Final = (WIDENING, ANY, *(f"{_RISK}{risk}" for risk in RISKS if risk != "none"))


def refusals(
    comparison: Comparison,
    fail_on: str,
    old_left_out: tuple[LeftOut, ...],
    new_left_out: tuple[LeftOut, ...],
) -> tuple[str, ...]:
    """Why the gate refuses, each reason in one line; empty lets the change pass.

    Args:
        comparison: of what was understood.
        fail_on: one of `GATES`; empty refuses nothing.
        old_left_out: files of the old version that could not be compared.
        new_left_out: the same of the new version.
    """
    if not fail_on:
        return ()
    found = list(_of_changes(comparison, fail_on))
    if new_left_out:
        found.append(f"{counted(len(new_left_out), 'file')} of the new version not compared")
    if any(one.opaque for one in old_left_out):
        found.append("nothing is known of what was left out of the old version")
    elif old_left_out and (added := _added(comparison.groups)):
        found.append(f"{counted(added, 'agent')} may have been in what was left out of the old one")
    return tuple(found)


def _of_changes(comparison: Comparison, fail_on: str) -> Iterator[str]:
    undecided = sum(len(one.agents) for one in comparison.groups if one.undecided)
    if undecided:
        yield f"inconclusive for {counted(undecided, 'agent')}"
    if fail_on == ANY:
        changed = sum(len(one.agents) for one in comparison.changed)
        if changed:
            yield f"{counted(changed, 'agent')} changed"
        if comparison.settings:
            yield f"{counted(len(comparison.settings), 'setting')} of the audit log changed"
        return
    level = fail_on.removeprefix(_RISK)
    lowest = RISKS.index(level) if level in RISKS else len(RISKS)
    looser = sum(_is_wide(one, lowest) for one in comparison.settings)
    if looser:
        yield f"{counted(looser, 'setting')} of the audit log looser"
    wider = sum(len(one.agents) for one in comparison.groups if _reaches(one, lowest))
    if wider:
        risky = "" if fail_on == WIDENING else f", at a risk of {level} or more"
        yield f"{counted(wider, 'agent')} wider{risky}"


def _reaches(group: AgentGroup, lowest: int) -> bool:
    return any(_is_wide(one, lowest) for one in group.changes)


def _is_wide(change: Change, lowest: int) -> bool:
    return change.widens and RISKS.index(change.risk) <= lowest


def _added(groups: tuple[AgentGroup, ...]) -> int:
    return sum(len(one.agents) for one in groups if one.fate == "added")
