"""`wilkc verify-host`: attack this machine's sandbox and say what held. Layer: cli."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from wilkc.cli import exits
from wilkc.cli.host_text import counts_of, verdicts_text
from wilkc.cli.options import format_option
from wilkc.cli.signals import end_in_order
from wilkc.runtime.host import verify_host as attack
from wilkc.runtime.host.verdicts import any_breached, any_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.runtime.host import Verdict


@click.command("verify-host")
@format_option(["text", "json"], "How the verdicts are shown.")
def verify_host(*, form: str) -> None:
    """Attack a sandbox on this machine, harmlessly, and say which protections held.

    Each attack has a control beside it: where that fails, nothing is said to hold. Nothing
    stays behind. Exits with 0 when all that applies held, 1 when an attack got through, and 7
    when no sandbox can be launched or an attack was inconclusive.
    """
    end_in_order()
    verdicts = attack()
    if form == "json":
        shown = {
            "verdicts": [one.as_json() for one in verdicts],
            "counts": counts_of(verdicts),
        }
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    else:
        click.echo(verdicts_text(verdicts))
    sys.exit(_code(verdicts))


def _code(verdicts: Sequence[Verdict]) -> int:
    if any_breached(verdicts):
        return exits.FAILED
    return exits.UNAVAILABLE if any_open(verdicts) else exits.OK
