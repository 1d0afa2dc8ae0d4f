"""What `wilkc check` finds in the files that paths name. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import TYPE_CHECKING

from wilkc.cli.gaps import gap_notes
from wilkc.cli.sources import STDIN, read_sources
from wilkc.compiler import Reviewed, fix, review
from wilkc.core.diagnostics import has_errors, sort_diagnostics
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.analyze.lint import Finding
    from wilkc.core.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Review:
    """What there is to be shown.

    Attributes:
        diagnostics: sorted by place.
        about: what each finding of lint is about.
        hidden: why findings are not shown, to how many.
        sources: every file with its bytes, as they are now.
        notes: what was done, line by line.
        gaps: what sandboxes let pass although the policy denies it, line by line.
    """

    diagnostics: tuple[Diagnostic, ...]
    about: Mapping[Diagnostic, str]
    hidden: Mapping[str, int]
    sources: Mapping[str, bytes]
    notes: tuple[str, ...]
    gaps: tuple[str, ...] = ()


def review_paths(
    paths: Sequence[str], *, mend: bool, baseline: Path | None, record: Path | None
) -> Review:
    """Check files, and mend or record what is found.

    Args:
        paths: as `read_sources` takes them; `-` is standard input.
        mend: whether to mend what can be, in the files.
        baseline: the file whose findings are not shown, if any.
        record: the file that all findings are written to, if any; then none is shown.

    Raises:
        UsageError: a path is not there, or a file cannot be read or written.
    """
    if mend and STDIN in paths:
        raise UsageError(
            "`--fix` mends files, and `-` is none", help_text="name the file that holds the spec"
        )
    sources = read_sources(paths, stdin=True)
    reviewed = review(sources)
    notes: list[str] = []
    if mend:
        shown, _ = _unknown(reviewed, baseline, sources)
        sources, reviewed = _mended(sources, reviewed, shown, notes)
    findings, known = _unknown(reviewed, baseline, sources)
    if record is not None and not has_errors(reviewed.problems):
        notes.append(_record(record, reviewed))
        findings, known = (), len(reviewed.findings)
    about = {one.diagnostic: one.about for one in findings}
    hidden = {"ignored by comments": reviewed.ignored, "in the baseline": known}
    return Review(
        sort_diagnostics((*reviewed.problems, *about)),
        about,
        {why: count for why, count in hidden.items() if count},
        sources,
        tuple(notes),
        tuple(gap_notes(reviewed.plan)) if reviewed.plan else (),
    )


def _unknown(
    reviewed: Reviewed, baseline: Path | None, sources: Mapping[str, bytes]
) -> tuple[tuple[Finding, ...], int]:
    """The findings that the baseline does not hold, and how many it holds."""
    if baseline is None:
        return reviewed.findings, 0
    from wilkc.cli.baseline import read_baseline  # noqa: PLC0415 - rarely wanted

    held = read_baseline(baseline)
    # Where the specs do not fit together nothing was looked for, so nothing is stale.
    return held.hide(reviewed.findings, sources) if reviewed.plan else ((), 0)


def _record(path: Path, reviewed: Reviewed) -> str:
    from wilkc.cli.baseline import write_baseline  # noqa: PLC0415 - rarely wanted

    count = write_baseline(path, reviewed.findings)
    return f"{path}: {count} {'finding' if count == 1 else 'findings'} recorded"


def _mended(
    sources: Mapping[str, bytes],
    reviewed: Reviewed,
    findings: Sequence[Finding],
    notes: list[str],
) -> tuple[dict[str, bytes], Reviewed]:
    """The sources and their review after mending; files are written only if all are right."""
    if has_errors(reviewed.problems):
        notes.append("nothing is mended before the errors are")
        return dict(sources), reviewed
    fixed = fix(sources, reviewed, findings)
    _write(sources, fixed.texts)
    for one in fixed.mended:
        found = one.diagnostic
        did = f"wrote `{one.line_above}`" if one.line_above else f"took out `{one.about}`"
        notes.append(f"fixed {found.span} [{found.code}]: {did}")
    for one in fixed.left:
        found = one.diagnostic
        notes.append(f"left {found.span} [{found.code}]: mend it by hand, more would be touched")
    return {**sources, **fixed.texts}, fixed.review


def _write(sources: Mapping[str, bytes], texts: Mapping[str, bytes]) -> None:
    from wilkc.cli.files import write_atomically  # noqa: PLC0415 - rarely wanted

    # A link stays one: what it leads to is replaced.
    paths = {name: Path(name).resolve() for name in texts}
    for name, path in paths.items():
        if path.read_bytes() != sources[name]:
            raise UsageError(
                f"`{name}` changed while it was checked", help_text="run the command again"
            )
    for name, path in paths.items():
        write_atomically(path, texts[name], mode=S_IMODE(path.stat().st_mode))
