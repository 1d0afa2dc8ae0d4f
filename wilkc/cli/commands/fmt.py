"""`wilkc fmt`: canonical layout, comments kept. Layer: cli."""

from __future__ import annotations

import difflib
import sys
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

import click

from wilkc.cli import exits
from wilkc.cli.diagnostics import as_text
from wilkc.cli.files import write_atomically
from wilkc.cli.main import show_refusal
from wilkc.cli.sources import STDIN, read_sources
from wilkc.cli.terminal import wants_colour
from wilkc.core.errors import SpecError, UsageError, WilkError
from wilkc.format import format_spec, same_plan
from wilkc.spec import FLEET_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.diagnostics import Diagnostic


@dataclass
class _Outcome:
    """What became of the given files.

    Attributes:
        texts: canonical text of each file that has one.
        diagnostics: the errors of the others.
        refusals: of files that cannot be laid out.
    """

    texts: dict[str, bytes] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    refusals: list[WilkError] = field(default_factory=list)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--check", "only_check", is_flag=True, help="Write nothing; name what would change.")
@click.option("--diff", is_flag=True, help="As --check, and show the changes.")
@click.option("-q", "--quiet", is_flag=True, help="Do not count the files.")
def fmt(*, paths: tuple[str, ...], only_check: bool, diff: bool, quiet: bool) -> None:
    """Lay out the specs under PATH alike, comments kept; `-` is standard input.

    Every new text is read again and compared before it is written, so that the meaning stays.
    A file with errors is left as it is. With `-` the text goes to standard output. Exits with 6
    when `--check` finds a file that would change, with 3 when there are errors.
    """
    sources = _sources(paths)
    outcome = _formatted(sources)
    changed = {name: text for name, text in outcome.texts.items() if text != sources[name]}
    if changed and not same_plan(sources, {**sources, **changed}):
        raise WilkError(
            "the specs would not mean the same together in canonical layout",
            help_text="all files were left as they are; this is a fault of `wilkc fmt`",
        )
    dry = only_check or diff
    if diff:
        click.echo("".join(_diff(sources, changed)), nl=False)
    elif dry:
        click.echo("".join(f"{name}\n" for name in changed), nl=False)
    else:
        _write(outcome, changed)
    _report(outcome, sources)
    if not quiet:
        click.echo(_summary(len(changed), len(sources), dry=dry), err=True)
    sys.exit(_code(outcome, changed, dry=dry))


def _sources(paths: tuple[str, ...]) -> dict[str, bytes]:
    if STDIN in paths and len(paths) > 1:
        raise UsageError("`-` stands alone", help_text="name files, or give one text on stdin")
    return read_sources(paths, stdin=True)


def _formatted(sources: Mapping[str, bytes]) -> _Outcome:
    outcome = _Outcome()
    for name, data in sources.items():
        if name.endswith(FLEET_SUFFIX):
            continue
        try:
            outcome.texts[name] = format_spec(data, name)
        except SpecError as error:
            outcome.diagnostics.extend(error.diagnostics)
        except WilkError as error:
            outcome.refusals.append(error)
    return outcome


def _diff(sources: Mapping[str, bytes], changed: Mapping[str, bytes]) -> Iterator[str]:
    for name, text in changed.items():
        old, new = (part.decode().splitlines(keepends=True) for part in (sources[name], text))
        for line in difflib.unified_diff(old, new, name, f"{name} (canonical)"):
            yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _write(outcome: _Outcome, changed: Mapping[str, bytes]) -> None:
    if STDIN in outcome.texts:
        sys.stdout.buffer.write(outcome.texts[STDIN])
        sys.stdout.buffer.flush()
        return
    for name, text in changed.items():
        # A link stays one: what it leads to is replaced.
        path = Path(name).resolve()
        write_atomically(path, text, mode=S_IMODE(path.stat().st_mode))
        click.echo(name)


def _report(outcome: _Outcome, sources: Mapping[str, bytes]) -> None:
    if outcome.diagnostics:
        shown = as_text(outcome.diagnostics, sources, colour=wants_colour())
        click.echo(shown, err=True)
    for refusal in outcome.refusals:
        show_refusal(refusal)


def _summary(changed: int, files: int, *, dry: bool) -> str:
    did = "would change" if dry else "changed"
    return f"{changed} of {files} {'file' if files == 1 else 'files'} {did}"


def _code(outcome: _Outcome, changed: Mapping[str, bytes], *, dry: bool) -> int:
    if outcome.refusals:
        return exits.FAILED
    if outcome.diagnostics:
        return exits.SPEC
    return exits.REFUSED if dry and changed else exits.OK
