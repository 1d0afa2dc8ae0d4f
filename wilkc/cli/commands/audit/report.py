"""`wilkc audit report`: what the records evidence for a standard. Layer: cli."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.audit_text import verification_text
from wilkc.cli.commands.audit.options import key_options, read_text
from wilkc.cli.exits import AUDIT_VERDICTS
from wilkc.cli.files import write_atomically
from wilkc.cli.keeping import open_keeper
from wilkc.cli.reports.proofs import write_proofs
from wilkc.runtime.audit.keeping import report_key
from wilkc.runtime.compliance import (
    STANDARDS,
    UnverifiedLogError,
    Wanted,
    encode_body,
    issued_event,
    make_report,
    ocsf_findings,
    oscal,
    read_period,
    sign_report,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.audit_settings import RiskProfile
    from wilkc.runtime.compliance import Standard

FORMATS: Final = ("json", "md", "html", "ocsf", "oscal")


@click.command()
@click.argument("standard", type=click.Choice(STANDARDS))
@click.argument("directory", metavar="DIR")
@click.option("--root", required=True, metavar="VKEY", help="The key that `init` printed.")
@click.option("--checkpoint", required=True, metavar="FILE", help="A checkpoint kept elsewhere.")
@click.option("--from", "start", required=True, metavar="DAY", help="First day, or a time.")
@click.option("--to", "end", required=True, metavar="DAY", help="Last day, or a time it ends at.")
@click.option("-f", "--format", "form", type=click.Choice(FORMATS), default="json",
              show_default=True, help="For machines, people, browsers, OCSF, OSCAL.")  # fmt: skip
@click.option("-o", "--output", metavar="FILE", default="-", help="Write there; `-` is stdout.")
@click.option("--sign", metavar="FILE", help="Write the signed report there, and record it.")
@click.option("--proofs", metavar="DIR", help="Write the proof of each cited record there.")
@click.option("--no-signatures", is_flag=True, help="Rest on the checkpoint; twice as fast.")
@click.option("--jobs", type=int, default=1, metavar="N", help="Processes that verify segments.")
@click.option("--risk-profile", type=click.Choice(["graded", "seed"]),
              help="Compute levels of risk anew; default: as on record.")  # fmt: skip
@key_options
def report(  # noqa: PLR0913  # a command has as many arguments as options
    *,
    standard: Standard,
    directory: str,
    root: str,
    checkpoint: str,
    start: str,
    end: str,
    form: str,
    output: str,
    sign: str | None,
    proofs: str | None,
    no_signatures: bool,
    jobs: int,
    risk_profile: RiskProfile | None,
    keys: str | None,
    provider: str | None,
) -> None:
    """Report what the log in DIR evidences for the controls of STANDARD in a period.

    It verifies the log up to the checkpoint first, and exits as `verify` does, without a
    report, where it does not. The same log, checkpoint and period give the same bytes.
    """
    wanted = Wanted(
        standard,
        read_period(start, end),
        read_text(checkpoint, "checkpoint"),
        risk_profile,
        signatures=not no_signatures,
        jobs=jobs,
    )
    try:
        body = make_report(Path(directory), root, wanted)
    except UnverifiedLogError as error:
        click.echo(verification_text(error.found), err=True)
        sys.exit(AUDIT_VERDICTS[error.found.verdict])
    shown = _SHOWN[form](body)
    if proofs is not None:
        write_proofs(Path(proofs), body, Path(directory), root, wanted.checkpoint)
    if sign is not None:
        with open_keeper(directory, keys, provider) as keeper:
            key = report_key(keeper.logger)
            signed = sign_report(body, key)
            # On record before it is out: a report that nobody can find in the log is none.
            keeper.logger.system(issued_event(body, key.kid))
            write_atomically(Path(sign), signed)
    if output == "-":
        click.echo(shown, nl=False)
    else:
        write_atomically(Path(output), shown.encode("utf-8"))


def _as_json(body: Mapping[str, Any]) -> str:
    return encode_body(dict(body)).decode("utf-8") + "\n"


def _as_ocsf(body: Mapping[str, Any]) -> str:
    """One event a line, as `export` writes them."""
    return "".join(f"{json.dumps(one)}\n" for one in ocsf_findings(body))


def _as_oscal(body: Mapping[str, Any]) -> str:
    return json.dumps(oscal(body), indent=2, ensure_ascii=False) + "\n"


def _as_markdown(body: Mapping[str, Any]) -> str:
    from wilkc.cli.reports import markdown  # noqa: PLC0415  # loaded where it is asked for

    return markdown(body)


def _as_html(body: Mapping[str, Any]) -> str:
    from wilkc.cli.reports import html  # noqa: PLC0415  # loaded where it is asked for

    return html(body)


_SHOWN: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "html": _as_html,
    "json": _as_json,
    "md": _as_markdown,
    "ocsf": _as_ocsf,
    "oscal": _as_oscal,
}
