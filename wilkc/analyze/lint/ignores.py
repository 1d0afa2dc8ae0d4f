"""Findings that a comment passes over. Layer: analyze (pure).

A comment passes over findings of the codes it names that begin in its line. One that gives
no reason, or names a code that is none of lint, passes over nothing: both are findings
themselves, and so is a comment without a finding. Those three cannot be passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Finding, warning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from wilkc.core.ignores import Ignore

UNREADABLE: Final = "W238"
UNUSED: Final = "W239"
_FORM: Final = "write `# wilk: ignore W203: REASON`"


def pass_over(
    findings: Iterable[Finding], ignores: Iterable[Ignore], codes: Collection[str]
) -> tuple[tuple[Finding, ...], int]:
    """What is left of the findings.

    Args:
        findings: every finding of the files concerned.
        ignores: every comment of them.
        codes: those that may be passed over.

    Returns:
        The findings that no comment passes over, with those about comments, and how many are
        passed over.
    """
    held = tuple(ignores)
    places = {
        (one.span.file, one.line, code)
        for one in held
        if one.reason
        for code in one.codes
        if code in codes
    }
    found = tuple(findings)
    hit = {place for place in map(_place, found) if place in places}
    left = [one for one in found if _place(one) not in places]
    for ignore in held:
        left.extend(_problems(ignore, codes, hit))
    return tuple(left), len(found) - sum(_place(one) not in places for one in found)


def _place(finding: Finding) -> tuple[str, int, str]:
    span = finding.diagnostic.span
    return span.file, span.line, finding.diagnostic.code


def _problems(
    ignore: Ignore, codes: Collection[str], hit: set[tuple[str, int, str]]
) -> Iterator[Finding]:
    about = f"ignore {' '.join(ignore.codes)}"
    if not ignore.codes or not ignore.reason:
        what = "gives no reason" if ignore.codes else "cannot be read"
        yield warning(
            UNREADABLE, f"this comment {what}, so it ignores nothing", ignore.span,
            about=about, advice=_FORM,
        )  # fmt: skip
        return
    for code in ignore.codes:
        if code not in codes:
            yield warning(
                UNREADABLE, f"`{code}` is no finding that can be ignored", ignore.span,
                about=f"{about} {code}", advice="name codes of lint; errors must be mended",
            )  # fmt: skip
        elif (ignore.span.file, ignore.line, code) not in hit:
            yield warning(
                UNUSED, f"there is no {code} in line {ignore.line} to be ignored", ignore.span,
                about=f"{about} {code}", advice="leave the comment out",
            )  # fmt: skip
