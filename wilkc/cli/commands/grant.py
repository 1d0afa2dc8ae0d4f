"""`wilkc grant`: access for a while. Layer: cli."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from wilkc.cli.grants.applying import apply, drifted, require_untouched
from wilkc.cli.grants.lock import only_one
from wilkc.cli.grants.means import means_options
from wilkc.cli.grants.overlay import MAX_REASON
from wilkc.cli.grants.proposing import propose_grant
from wilkc.cli.grants.recording import granted
from wilkc.cli.proving import prove, with_proof
from wilkc.cli.review import text
from wilkc.cli.terminal import wants_colour
from wilkc.core.errors import GateError, UsageError
from wilkc.core.units import parse_duration
from wilkc.language.guardrails import parse_granted
from wilkc.spec import MAX_GRANT, Grant, instant_text

if TYPE_CHECKING:
    from wilkc.cli.grants.means import Means
    from wilkc.cli.grants.proposal import Proposal


@click.command()
@click.argument("agent")
@click.argument("entry", metavar="'TYPE:PATTERN ACTION'")
@click.option("--ttl", required=True, metavar="TIME", help="How long, such as 30m; at most 24h.")
@click.option("--reason", required=True, metavar="TEXT", help="What for, in one line.")
@means_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
def grant(  # noqa: PLR0913 - one parameter per option
    *,
    agent: str,
    entry: str,
    ttl: str,
    reason: str,
    means: Means,
    yes: bool,
    dry_run: bool,
) -> None:
    """Allow AGENT something for a while, beside what its specs allow.

    What they block stays blocked, and guardrails are proved again. The change is shown, goes
    on record, and is released as the next number to the sidecar. Whoever grants needs the
    releaser's key. It ends by itself; see `wilkc grants` and `wilkc revoke`.
    """
    parse_granted(entry)
    lasts = _duration(ttl)
    wanted = _grant(agent, entry, _reason(reason), means.by, lasts)
    if yes or dry_run:
        with only_one(means.releases.folder):
            proposal = _proposed(means, wanted)
            if not dry_run:
                _apply(means, wanted, proposal)
        return
    _require_terminal()
    proposal = _proposed(means, wanted)
    if not click.confirm("grant this?", default=False):
        raise GateError("nothing was granted")
    with only_one(means.releases.folder):
        if means.releases.in_force().bundle != proposal.base.bundle:
            raise GateError(
                "what is in force has changed in the meantime",
                help_text="run the command again, and look at the change again",
            )
        _apply(means, wanted, proposal)


def _grant(agent: str, entry: str, reason: str, by: str, lasts: timedelta) -> Grant:
    now = datetime.now(UTC)
    name = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    try:
        return Grant(
            id=name,
            agent=agent,
            allow=entry,
            reason=reason,
            by=by,
            since=instant_text(now),
            until=instant_text(now + lasts),
        )
    except ValueError as error:
        raise UsageError(f"`{agent}` is not the name of an agent") from error


def _duration(ttl: str) -> timedelta:
    try:
        lasts = timedelta(seconds=parse_duration(int(ttl) if ttl.isdecimal() else ttl))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`--ttl {ttl}`: {error}", help_text="write it like `30m`") from error
    if not timedelta(0) < lasts <= MAX_GRANT:
        raise UsageError(
            f"`--ttl {ttl}` is not between a second and 24 hours",
            help_text="what is needed for longer belongs into a spec",
        )
    return lasts


def _reason(text: str) -> str:
    found = text.strip()
    if not found or len(found) > MAX_REASON or not found.isprintable():
        raise UsageError(
            "`--reason` must say, in one line, what the grant is for",
            help_text=f"write 1 to {MAX_REASON} characters, such as an incident's number",
        )
    return found


def _proposed(means: Means, wanted: Grant) -> Proposal:
    """What would be in force, shown."""
    base = means.releases.in_force()
    if base.newer:
        raise GateError(
            f"sequence {base.newer[-1].sequence} lies in `{means.releases.place}` and is not in "
            "force",
            help_text="see `wilkc status`: remove that release, or mend what keeps it out",
        )
    require_untouched(means.overlay, base.sources)
    with means.store() as store:
        now = datetime.now(UTC)
        proposal = propose_grant(base, wanted, means.overlay, now, store)
    if proposal.review is not None:
        click.echo(text(proposal.review, colour=wants_colour()))
    click.echo(f"\ngrant {wanted.id}  until {wanted.until}  {wanted.reason}")
    for held in proposal.ended:
        click.echo(f"ended {held.grant.id}  at {held.grant.until}, leaves with this release")
    for file in drifted(base.sources, means.overlay):
        click.echo(
            f"note: `{file}` is no longer what is in force; the grant is added to what is",
            err=True,
        )
    return proposal


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "nobody can be asked: this is no terminal",
            help_text="say `--yes` to grant without a question, or `--dry-run` to look",
        )


def _apply(means: Means, wanted: Grant, proposal: Proposal) -> None:
    proof = prove(proposal.built.compiled, None)
    click.echo(str(proof))
    proved = replace(proposal, built=with_proof(proposal.built, proof))
    sequence, revision = apply(
        means, proved, lambda number, digest: [granted(wanted, number, digest)]
    )
    click.echo(f"granted {wanted.id}  sequence {sequence}  revision {revision[:12]} is in force")
