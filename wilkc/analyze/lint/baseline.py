"""Findings that were there before, and are not shown again. Layer: analyze (pure).

A finding is the same if code, file and what it is about are: lines are not compared, so that
edits above it do not make it a new one. How often it occurs in a file is counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wilkc.analyze.lint.model import Finding


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """What makes two findings the same.

    Attributes:
        file: relative to where the baseline stands.
        code: its code.
        about: what it is about.
    """

    file: str
    code: str
    about: str


def known(finding: Finding, named: Callable[[str], str]) -> Known:
    """What a finding is recorded as; `named` gives a file's name in the baseline."""
    diagnostic = finding.diagnostic
    return Known(named(diagnostic.span.file), diagnostic.code, finding.about)


def without_known(
    findings: Iterable[Finding], counts: Mapping[Known, int], named: Callable[[str], str]
) -> tuple[tuple[Finding, ...], Mapping[Known, int]]:
    """The findings that the baseline does not hold.

    Args:
        findings: sorted by place.
        counts: how often each is recorded; of more than that the first ones are known.
        named: gives a file's name in the baseline.

    Returns:
        The new ones, and what is recorded and was not found, with how often.
    """
    left = Counter(counts)
    new = []
    for finding in findings:
        key = known(finding, named)
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append(finding)
    return tuple(new), {key: count for key, count in left.items() if count > 0}
