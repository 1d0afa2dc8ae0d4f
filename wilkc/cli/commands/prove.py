"""`wilkc prove`: guardrails over all agents. Layer: cli."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from wilkc.analyze.prove import Wanted, wanted_guardrails
from wilkc.cli import exits
from wilkc.cli.options import budget_option, format_option, key_options
from wilkc.cli.review.proof_text import proof_json, proof_text
from wilkc.cli.review.proofs import confirm_granted, failed, nevers_of, no_new_access
from wilkc.cli.review.proofs import prove as prove_wanted
from wilkc.cli.review.reviewing import understand
from wilkc.cli.sources import STDIN, read_sources
from wilkc.cli.terminal import Progress, wants_colour
from wilkc.cli.versions import DEFAULT_PATH, GIT, Trust, default_paths, open_version
from wilkc.compiler import check, plan_what_compiles
from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import SpecError, UsageError

if TYPE_CHECKING:
    from wilkc.compiler import LeftOut


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--never",
    "nevers",
    multiple=True,
    metavar="GUARDRAIL",
    help="Prove this as well, for example 'file:**/.ssh/** read'; may be repeated.",
)
@click.option(
    "--no-new-access",
    "base",
    metavar="BASE",
    help="Prove that no agent is granted what BASE, a version as for `wilkc diff`, does not "
    "grant it.",
)
@budget_option
@key_options(
    "Public key that a bundle as BASE must be signed by; several while keys change.",
    "Scope that the bundle's signature must bind.",
)
@format_option(["text", "json"], "How the verdicts are shown.", "WILK_PROVE_FORMAT")
def prove(  # noqa: PLR0913 - one parameter per option
    *,
    paths: tuple[str, ...],
    nevers: tuple[str, ...],
    base: str | None,
    budget: int | None,
    keys: tuple[str, ...],
    key_id: str | None,
    scope: str | None,
    form: str,
) -> None:
    """Prove the guardrails of the policies under PATH over all agents and all requests.

    `-` is standard input.

    A guardrail that does not hold is shown with a shortest request against it. Exits with 6
    unless every guardrail is proved; what cannot be decided is not proved.
    """
    # What is proved beside a revision lies in its repository.
    own = default_paths() if base is not None and base.startswith(GIT) else ()
    sources = read_sources(paths or own, stdin=True)
    # Whether guardrails hold is what this command is asked, and answers at length.
    problems = tuple(found for found in check(sources) if found.code != "W151")
    if has_errors(problems):
        raise SpecError(problems)
    found = plan_what_compiles(sources)
    stated = wanted_guardrails(found.documents)
    wanted = Wanted((*stated.nevers, *nevers_of(nevers)), stated.within)
    if not wanted.nevers and wanted.within is None and base is None:
        raise UsageError(
            "nothing to prove: the policies state no guardrail",
            help_text="state `guardrails` in the security policy, or name `--never` or "
            "`--no-new-access`",
        )
    if not found.plan.agents:
        raise UsageError("nothing to prove: there is no agent")
    left_out: tuple[LeftOut, ...] = ()
    with Progress("proving"):
        verdicts = prove_wanted(found.plan, wanted, budget)
        if base is not None:
            version = understand(open_version(base, _paths(paths), Trust(keys, key_id, scope)))
            verdicts += no_new_access(version, found.plan, budget)
            left_out = version.side.left_out
        confirmed = confirm_granted(found.plan, verdicts)
    if form == "json":
        click.echo(proof_json(verdicts, confirmed, left_out))
    else:
        click.echo(proof_text(verdicts, confirmed, left_out, colour=wants_colour()))
    sys.exit(exits.REFUSED if any(failed(verdicts)) else exits.OK)


def _paths(paths: tuple[str, ...]) -> tuple[str, ...]:
    """What a revision without a path stands for."""
    if not paths:
        return default_paths()
    return paths if len(paths) == 1 and paths[0] != STDIN else (DEFAULT_PATH,)
