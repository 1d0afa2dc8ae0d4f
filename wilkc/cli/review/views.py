"""A review in the order and the words in which people read it. Layer: cli.

Text, Markdown and HTML show the same; each escapes in its own way. All texts here went
through `visible`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from wilkc.analyze.difference import RISKS
from wilkc.cli.review.model import agents_in, split
from wilkc.cli.review.replay_text import replay_lines
from wilkc.cli.review.words import KINDS, MAX_NAMES, counted, example, listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference import AgentGroup, Change, Undecided
    from wilkc.cli.review.links import Links
    from wilkc.cli.review.model import Review
    from wilkc.core.contract import RuleRef

Sign = Literal["+", "-", "~", "?"]
_SIGNS: Final[dict[str, Sign]] = {"newly_allowed": "+", "newly_denied": "-"}


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A line of a spec that a clause rests on.

    Attributes:
        word: `added`, `removed`, `before`, `now` or `rule`.
        text: the entry as written.
        at: file and line.
        column: from 1, in code points.
        link: address of the line, or empty.
    """

    word: str
    text: str
    at: str
    column: int
    link: str


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One change.

    Attributes:
        sign: `+` allows more, `-` less, `~` is of degree, `?` is not known.
        widens: whether it lets an agent do more, or may.
        what: type and action.
        kind: in words.
        example: a request that shows it, or empty.
        detail: old and new value, or empty.
        places: the lines it rests on.
        risk: of what it allows.
        why: the reason for the risk, or for not knowing.
    """

    sign: Sign
    widens: bool
    what: str
    kind: str
    example: str
    detail: str
    places: tuple[PlaceView, ...]
    risk: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """Agents that change alike.

    Attributes:
        agents: all their ids.
        names: the same, shortened.
        files: their spec files, shortened.
        status: `wider`, `narrower`, `wider and narrower`, `new`, `removed`, `moved`.
        widens: whether they may do more, or that is not known.
        wider: how many clauses allow more.
        narrower: how many take something away.
        risk: the highest.
        asked: type and action of the example, or empty.
        example: of the first clause that has one.
        clauses: by risk.
        notes: what else is to be said, in sentences.
    """

    agents: tuple[str, ...]
    names: str
    files: str
    status: str
    widens: bool
    wider: int
    narrower: int
    risk: str
    asked: str
    example: str
    clauses: tuple[ClauseView, ...]
    notes: tuple[str, ...]


def changed_groups(review: Review, links: Links, *, apart_up_to: int = 0) -> tuple[GroupView, ...]:
    """The groups in which something changed, riskiest first.

    Args:
        review: what is shown.
        links: makes addresses of lines.
        apart_up_to: up to so many changed agents each stands by itself.
    """
    changed = review.comparison.changed
    apart = agents_in(changed) <= apart_up_to
    return tuple(
        _group(one, agents, links)
        for one in changed
        for agents in (tuple((agent,) for agent in one.agents) if apart else (one.agents,))
    )


def verdict(review: Review) -> str:
    """One sentence for somebody who sees nothing else."""
    wider, narrower = agents_in(review.wider), agents_in(review.narrower)
    unsure = agents_in(tuple(one for one in review.wider if one.undecided))
    parts = []
    if wider:
        risk = max_risk(review)
        may = "may do" if unsure else "can do"
        parts.append(f"{counted(wider, 'agent')} {may} more than before (highest risk: {risk})")
    if narrower:
        parts.append(f"{counted(narrower, 'agent')} can do less")
    if not parts:
        parts.append(
            "no agent can do more or less than before"
            if not review.comparison.changed
            else "agents come, go or move, and none that stays can do more or less"
        )
    return "; ".join(parts)


def max_risk(review: Review) -> str:
    """The highest risk of all groups."""
    found = (one.risk for one in review.comparison.groups)
    return min(found, key=RISKS.index, default="none")


def summary(review: Review) -> str:
    """How many agents were compared and what came of it."""
    wider, narrower = review.wider, review.narrower
    clauses = sum(len(one.agents) * len(split(one.changes)[0]) for one in wider)
    parts = [f"{counted(review.comparison.compared, 'agent')} compared"]
    parts.append(
        f"{agents_in(wider):,} wider ({counted(clauses, 'clause')})" if wider else "none wider"
    )
    parts.append(f"{agents_in(narrower):,} narrower" if narrower else "none narrower")
    undecided = agents_in(tuple(one for one in wider if one.undecided))
    if undecided:
        parts.append(f"{undecided:,} not decided")
    return f"{', '.join(parts)}; {review.confirmed}"


def unchanged(review: Review) -> str:
    """Who did not change, in one line; empty if everybody did."""
    changed = {id(one) for one in review.comparison.changed}
    groups = tuple(one for one in review.comparison.groups if id(one) not in changed)
    if not groups:
        return ""
    agents = sorted(agent for one in groups for agent in one.agents)
    reworded = sum(one.reworded for one in groups)
    moved = agents_in(tuple(one for one in groups if one.moved))
    asides = [f"{counted(reworded, 'line')} reworded"] if reworded else []
    asides += [f"{counted(moved, 'agent')} with specs of other names"] if moved else []
    aside = f" ({', '.join(asides)})" if asides else ""
    return f"{listed(agents)}  unchanged in meaning{aside}"


def remarks(review: Review) -> tuple[str, ...]:
    """What was not compared, and what the reader must know of how it was."""
    found = [_setting(one) for one in review.comparison.settings]
    for name, side in (("old", review.old), ("new", review.new)):
        found += [
            f"not compared: {visible(one.file)} of the {name} version: {visible(one.why, 300)}"
            for one in side.left_out
        ]
        if side.version.compiler:
            found.append(
                f"the {name} version was made by Wilk {visible(side.version.compiler)}, and its "
                "sources were compiled again by this version"
            )
    if review.not_compared:
        found.append(
            f"not compared: {listed(review.not_compared, 20)}, which may be in what was left out"
        )
    if review.replay is not None:
        found += replay_lines(review.replay)
    return tuple(found)


def _setting(change: Change) -> str:
    """What changed of the audit log, in one line."""
    place = change.new or change.old
    where = f", {visible(place.file)}:{place.line}" if place else ""
    risk = f", risk {change.risk}" if change.widens else ""
    name = visible(change.action)
    return f"audit log {change.kind}: {name} {visible(change.detail, 300)}{risk}{where}"


def _group(group: AgentGroup, agents: tuple[str, ...], links: Links) -> GroupView:
    wider, narrower = split(group.changes)
    clauses = (
        *(_undecided(one, links) for one in group.undecided),
        *(_clause(one, links) for one in group.changes),
    )
    shown = next((one for one in clauses if one.example and one.widens == group.widens), None)
    return GroupView(
        agents=agents,
        names=listed(agents),
        files=listed([visible(file) for file in group.files], 2),
        status=_status(group),
        widens=group.widens,
        wider=len(wider) + len(group.undecided),
        narrower=len(narrower),
        risk=group.risk,
        asked=shown.what if shown else "",
        example=shown.example if shown else "",
        clauses=clauses,
        notes=tuple(_notes(group)),
    )


def _status(group: AgentGroup) -> str:
    words = {"added": "new", "removed": "removed"}
    found = [words[group.fate]] if group.fate in words else []
    if group.widens and group.narrows:
        found.append("wider and narrower")
    elif group.widens or group.narrows:
        found.append("wider" if group.widens else "narrower")
    return ", ".join(found) or ("moved" if group.moved else "unchanged in meaning")


def _notes(group: AgentGroup) -> Iterator[str]:
    if group.fate == "added":
        yield "not in the old version: everything it is granted is new"
    if group.fate == "removed":
        yield "not in the new version: it is granted nothing any more"
    if group.moved:
        old, new = listed(group.old_specs, MAX_NAMES), listed(group.new_specs, MAX_NAMES)
        yield f"other specs than before: {old} → {new}"
    if group.reworded:
        yield f"{counted(group.reworded, 'line')} reworded without a change of meaning"


def _clause(change: Change, links: Links) -> ClauseView:
    sign = _SIGNS.get(change.kind, "~")
    action, detail = visible(change.action), visible(change.detail).replace(" -> ", " → ")
    return ClauseView(
        sign=sign,
        widens=change.widens,
        what=change.type if sign == "~" else f"{change.type} {action}",
        kind=KINDS[change.kind],
        example=example(change.witness) if change.witness else "",
        detail=f"{action} {detail}".rstrip() if sign == "~" else detail,
        places=tuple(_places(change, links)),
        risk=change.risk,
        why=visible(change.why, 300),
    )


def _places(change: Change, links: Links) -> Iterator[PlaceView]:
    both = change.old is not None and change.new is not None
    if change.old is not None:
        yield _place("before" if both else "removed", change.old, links.old(change.old))
    if change.new is not None:
        yield _place("now" if both else "added", change.new, links.new(change.new))


def _place(word: str, rule: RuleRef, link: str) -> PlaceView:
    at = f"{visible(rule.file)}:{rule.line}"
    return PlaceView(word, visible(rule.text), at, rule.column, link)


def _undecided(one: Undecided, links: Links) -> ClauseView:
    return ClauseView(
        sign="?",
        widens=True,
        what=f"{one.type} {visible(one.action)}",
        kind="not decided, taken for wider",
        example="",
        detail="",
        places=(_place("rule", one.rule, links.new(one.rule)),),
        risk="high",
        why=visible(one.why, 300),
    )
