"""`wilkc revoke`: a grant is taken back. Layer: cli."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from wilkc.cli.grants.applying import apply
from wilkc.cli.grants.lock import only_one
from wilkc.cli.grants.means import means_options
from wilkc.cli.grants.overlay import grants_in, with_revoked, without_ended
from wilkc.cli.grants.proposal import propose_less
from wilkc.cli.grants.recording import revoked
from wilkc.cli.grants.releases import sources_of
from wilkc.cli.main import show_refusal
from wilkc.core.errors import UnavailableError, UsageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.cli.grants.means import Means
    from wilkc.cli.grants.overlay import Held
    from wilkc.cli.grants.releases import InForce


@click.command()
@click.argument("grants", nargs=-1, metavar="[ID]...")
@click.option("--all", "agent", metavar="AGENT", help="Every grant that this agent has.")
@click.option(
    "--recompile",
    is_flag=True,
    help="Also where another Wilk compiled what is in force, and this one makes something else "
    "of it: all of that comes into force for every agent, unproved. It is shown and recorded.",
)
@means_options
def revoke(*, grants: tuple[str, ...], agent: str | None, recompile: bool, means: Means) -> None:
    """Take grants back, before their end.

    The revocation goes on record and is released as the next number to the sidecar. Nothing
    else changes with it, and nobody is asked.
    """
    if bool(grants) == (agent is not None):
        raise UsageError("name grants, or `--all AGENT`", help_text="see `wilkc grants`")
    with only_one(means.releases.folder):
        base = _base(means)
        now = datetime.now(UTC)
        wanted = _wanted(base, grants, agent)
        kept, _ = without_ended(base.sources, now)
        inside = [held for held in wanted if held.file in kept]
        with means.store() as store:
            less = with_revoked(kept, inside, now)
            proposal = propose_less(base, less, store, recompile=recompile)
        if proposal.recompiled:
            click.echo(f"warning: recompiled: {proposal.recompiled}, for every agent", err=True)
        sequence, revision = apply(
            means,
            proposal,
            lambda number, digest: [
                revoked(held.grant, means.by, number, digest, recompiled=proposal.recompiled)
                for held in wanted
            ],
        )
    names = ", ".join(held.grant.id for held in wanted)
    click.echo(f"revoked {names}  sequence {sequence}  revision {revision[:12]} is in force")


def _base(means: Means) -> InForce:
    """What is in force; where nobody serves, what would be at the next start."""
    try:
        return means.releases.in_force()
    except UnavailableError as error:
        show_refusal(error)
        return means.releases.newest()


def _carried(base: InForce) -> Iterator[Mapping[str, bytes]]:
    """The sources of newer releases; one without any is not made by `wilkc grant`."""
    for bundle in base.newer:
        with suppress(VerificationError):
            yield sources_of(bundle)


def _wanted(base: InForce, names: tuple[str, ...], agent: str | None) -> list[Held]:
    """The grants to take back, those of releases that did not come into force included."""
    found = {
        held.grant.id: held
        for sources in (*_carried(base), base.sources)
        for held in grants_in(sources)
    }
    open_ones = {name: held for name, held in found.items() if held.grant.revoked is None}
    if agent is not None:
        wanted = [held for held in open_ones.values() if held.grant.agent == agent]
        if not wanted:
            raise UsageError(f"the agent `{agent}` has no grant that could be revoked")
        return wanted
    for name in names:
        if name not in found:
            raise UsageError(f"there is no grant `{name}`", help_text="see `wilkc grants`")
        if name not in open_ones:
            raise UsageError(f"the grant `{name}` was revoked at {found[name].grant.revoked}")
    return [open_ones[name] for name in dict.fromkeys(names)]
