"""From two versions to a review: understanding, comparing, confirming, judging. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wilkc.analyze.difference import AgentGroup, compare
from wilkc.cli.review.confirming import confirm
from wilkc.cli.review.gate import refusals
from wilkc.cli.review.model import Review, Side
from wilkc.compiler import plan_what_compiles, untouched
from wilkc.core.errors import SpecError, UsageError, WilkError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from wilkc.analyze.difference import Comparison
    from wilkc.cli.versions import Version
    from wilkc.core.diagnostics import Diagnostic
    from wilkc.plan import Plan


@dataclass(frozen=True, slots=True)
class Understood:
    """A version, and what it means as far as that is known."""

    side: Side
    plan: Plan


def understand(version: Version, aside: Collection[str] = ()) -> Understood:
    """The plan of what compiles of a version.

    Args:
        version: what was read.
        aside: files that are not looked at.

    Raises:
        SpecError: the organisation's policy may be among the files with errors.
    """
    sources = {file: text for file, text in version.sources.items() if file not in aside}
    try:
        found = plan_what_compiles(sources)
    except SpecError as error:
        raise SpecError(_told(version, error.diagnostics)) from error
    return Understood(Side(version, (*version.unread, *found.left_out)), found.plan)


def review_versions(
    old: Version, new: Version, *, command: str, fail_on: str = "", budget: int | None = None
) -> Review:
    """Compare two versions, confirm the examples, and ask the gate.

    Specs that both versions have alike are not looked at, where nothing else touches them.

    Raises:
        UsageError: there is no agent to compare.
        SpecError: nothing of a version is understood, or nobody whose specs are in order is left.
        WilkError: an agent was not compared, or an example is not confirmed: a defect of Wilk.
        UnavailableError: OPA fails.
    """
    known, aside = _untouched(old, new)
    before, after = understand(old, known), understand(new, aside)
    lost = _lost(before, after)
    plans = (_without(before.plan, lost), after.plan)
    if not plans[0].agents and not plans[1].agents and not aside:
        raise _nobody(before.side, after.side)
    comparison = compare(*plans) if budget is None else compare(*plans, budget=budget)
    _require_everybody(comparison, *plans)
    comparison = _with_unchanged(comparison, aside)
    return Review(
        old=before.side,
        new=after.side,
        comparison=comparison,
        not_compared=lost,
        confirmed=confirm(comparison, *plans),
        command=command,
        fail_on=fail_on,
        refusals=refusals(comparison, fail_on, before.side.left_out, after.side.left_out),
    )


def _nobody(old: Side, new: Side) -> WilkError:
    """Why nobody is compared: errors in specs, if those are it."""
    problems = [
        told
        for side in (old, new)
        for told in _told(side.version, [one.problem for one in side.left_out if one.problem])
    ]
    if problems:
        return SpecError(problems)
    return UsageError(
        "nothing compared: there is no agent whose specs were read and are in order",
        help_text=_first_reason((old, new)),
    )


def _told(version: Version, problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The problems of a version, in files that are named with it."""
    return [
        replace(one, span=one.span._replace(file=f"{version.label}: {one.span.file}"))
        for one in problems
    ]


def only_agents(review: Review, agents: Collection[str]) -> Review:
    """The review of these agents alone.

    Raises:
        UsageError: neither version has one of them.
    """
    wanted = set(agents)
    groups = tuple(
        replace(group, agents=tuple(one for one in group.agents if one in wanted))
        for group in review.comparison.groups
        if wanted & set(group.agents)
    )
    unknown = sorted(wanted - {agent for group in groups for agent in group.agents})
    if unknown:
        raise UsageError(f"no agent `{unknown[0]}` was compared")
    comparison: Comparison = replace(review.comparison, groups=groups, compared=len(wanted))
    return replace(review, comparison=comparison)


def _untouched(old: Version, new: Version) -> tuple[dict[str, str], dict[str, str]]:
    """Files of either version that need not be read, each with its agent."""
    if old.unread or new.unread:
        return {}, {}
    # Two folders are compared by what stands below them, all else by whole names.
    folders = (old.folder, new.folder) if old.folder and new.folder else ("", "")
    sides = [
        {file.removeprefix(folder): text for file, text in version.sources.items()}
        for version, folder in zip((old, new), folders, strict=True)
    ]
    found = untouched(*sides)
    first, second = ({f"{folder}{file}": found[file] for file in found} for folder in folders)
    return first, second


def _lost(before: Understood, after: Understood) -> tuple[str, ...]:
    """Agents that the new version may lack only because files were left out of it.

    They are not called removed: nothing is known of what they may do.
    """
    if not after.side.left_out:
        return ()
    return tuple(sorted(before.plan.agents.keys() - after.plan.agents.keys()))


def _require_everybody(comparison: Comparison, old: Plan, new: Plan) -> None:
    """Whoever is not in a comparison would pass for unchanged."""
    compared = [agent for group in comparison.groups for agent in group.agents]
    if sorted(compared) != sorted({*old.agents, *new.agents}):
        raise WilkError("not every agent was compared once", help_text="this is a defect of Wilk")


def _with_unchanged(comparison: Comparison, aside: Mapping[str, str]) -> Comparison:
    groups = tuple(
        AgentGroup((agent,), "unchanged", (agent,), (agent,), (file,))
        for file, agent in sorted(aside.items())
    )
    compared = comparison.compared + len(groups)
    return replace(comparison, groups=(*comparison.groups, *groups), compared=compared)


def _without(plan: Plan, agents: Collection[str]) -> Plan:
    if not agents:
        return plan
    kept = {agent: names for agent, names in plan.agents.items() if agent not in set(agents)}
    return replace(plan, agents=kept)


def _first_reason(sides: tuple[Side, ...]) -> str:
    left_out = [one for side in sides for one in side.left_out]
    return f"left out: {left_out[0].file}, {left_out[0].why}" if left_out else ""
