"""A replay of recorded requests in words. Layer: cli. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.cli.review.words import example, visible
from wilkc.runtime.audit.replay import KINDS

if TYPE_CHECKING:
    from wilkc.runtime.audit.replay import Change, Replayed

_WORDS: Final = {
    "newly_allowed": "newly allowed",
    "newly_denied": "newly denied",
    "other_rule": "other rule",
    "other_conditions": "other conditions",
}
_LONGEST: Final = 2000


def replay_lines(found: Replayed) -> list[str]:
    """What a replay found, for a person."""
    lines = [f"replayed {found.compared:,} recorded decisions: {found.same:,} stay as they are"]
    for kind in KINDS:
        listed = [one for one in found.listed() if one.kind == kind]
        if listed:
            total = sum(one.count for one in listed)
            lines.append(f"{_WORDS[kind]}: {total:,}")
            lines += [f"  {_change(one)}" for one in listed]
    lines += [
        f"not replayable: {count:,}, {why}" for why, count in sorted(found.not_replayable.items())
    ]
    return [visible(line, _LONGEST) for line in lines]


def _change(change: Change) -> str:
    rules = f"{change.old or 'no rule'} → {change.new or 'no rule'}"
    shown = ", ".join(map(str, change.seqs))
    more = "" if change.count == len(change.seqs) else ", …"
    return (
        f"{change.agent}: {change.count:,} by {rules}, records {shown}{more}, for example "
        f"{change.example.type} {change.example.action} {example(change.example)}"
    )
