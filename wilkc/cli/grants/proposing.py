"""From what is in force to what would be, checked before anybody is asked. Layer: cli.

A grant adds exactly itself: nothing but its own agent may change by it, and guardrails must
still be proved.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.building import build_sources
from wilkc.cli.diagnostics import as_text
from wilkc.cli.grants.overlay import grant_text, without_ended
from wilkc.cli.grants.proposal import Proposal, require_same
from wilkc.cli.review.reviewing import review_versions
from wilkc.cli.terminal import wants_colour
from wilkc.cli.versions import Version
from wilkc.core.errors import GateError, SpecError, UsageError, WilkError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from wilkc.cli.building import Built
    from wilkc.cli.grants.overlay import Held
    from wilkc.cli.grants.releases import InForce
    from wilkc.cli.review import Review
    from wilkc.compiler import Store
    from wilkc.spec import Grant

_GUARDRAIL: Final = "W151"


def propose_grant(
    base: InForce, grant: Grant, overlay: Path, now: datetime, store: Store | None
) -> Proposal:
    """What is in force with one more grant.

    Raises:
        UsageError: there is no such agent.
        SpecError: the grant does not compile with the rest.
        GateError: a guardrail does not hold with it, or it would allow nothing new.
        VerificationError: what is in force was not made from its sources by this Wilk.
    """
    old = build_sources(base.sources, form=base.form, store=store)
    require_same(base, old)
    _require_agent(grant.agent, old.compiled.plan.agents)
    kept, ended = without_ended(base.sources, now)
    file = str(overlay / f"{grant.id}.yaml")
    sources = {**kept, file: grant_text(grant)}
    built = _built(sources, base, store)
    review = _review(base, sources, grant)
    _require_only(review, grant, ended)
    return Proposal(base, built, ended, review)


def _require_agent(agent: str, agents: Mapping[str, tuple[str, ...]]) -> None:
    if agents.get(agent):
        return
    if agent in agents:
        raise UsageError(
            f"the agent `{agent}` has no spec that a grant could add to",
            help_text="a grant keeps to what a spec blocks, so there must be one",
        )
    near = difflib.get_close_matches(agent, list(agents), n=1)
    raise UsageError(
        f"there is no agent `{agent}` in force",
        help_text=f"did you mean `{near[0]}`?" if near else "see `wilkc grants`",
    )


def _built(sources: Mapping[str, bytes], base: InForce, store: Store | None) -> Built:
    try:
        return build_sources(sources, form=base.form, store=store)
    except SpecError as error:
        if any(one.code != _GUARDRAIL for one in error.diagnostics if one.severity == "error"):
            raise
        wrong = [one for one in error.diagnostics if one.code == _GUARDRAIL]
        click.echo(as_text(wrong, sources, colour=wants_colour()), err=True)
        raise GateError(
            "the grant is refused: a guardrail would not hold",
            help_text="narrow what is granted; guardrails hold for grants as for specs",
        ) from error


def _review(base: InForce, sources: Mapping[str, bytes], grant: Grant) -> Review:
    old = Version(f"in force (sequence {base.bundle.sequence})", base.sources)
    new = Version(f"with the grant {grant.id}", sources)
    return review_versions(old, new, command="wilkc grant --dry-run")


def _require_only(review: Review, grant: Grant, ended: tuple[Held, ...]) -> None:
    """Whoever else gets or loses something by it would do so without having been named."""
    concerned = {grant.agent, *(held.grant.agent for held in ended)}
    for group in review.comparison.changed:
        others = set(group.agents) - (concerned if not group.widens else {grant.agent})
        if others:
            raise WilkError(
                f"the grant for `{grant.agent}` would change what `{min(others)}` may do",
                help_text="this is a defect of Wilk; nothing was granted",
            )
    if not any(group.widens for group in review.comparison.changed):
        raise GateError(
            f"the grant would allow `{grant.agent}` nothing new",
            help_text="it is allowed already, or a block of its specs stands against it: ask "
            "`wilkc explain`",
        )
