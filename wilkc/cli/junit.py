"""A report of tests as JUnit XML. Layer: cli.

There is no standard; this is the part that Jenkins, GitLab and GitHub's actions all read.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from wilkc.cli.xml_text import HEAD, attributes, content

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.analyze.cases import Outcome
    from wilkc.cli.testing import Report


def report_junit(report: Report) -> str:
    """A test suite for each file, a test case for each test."""
    outcomes = sorted(report.outcomes, key=lambda one: one.case.span)
    head = attributes(name="wilkc test", tests=len(outcomes), failures=report.failed)
    lines = [HEAD, f"<testsuites{head}>"]
    for file, held in groupby(outcomes, key=lambda one: one.case.span.file):
        lines += _suite(file, list(held))
    return "\n".join([*lines, "</testsuites>"])


def _suite(file: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    failed = sum(bool(one.problem) for one in outcomes)
    yield f"  <testsuite{attributes(name=file, tests=len(outcomes), failures=failed)}>"
    for one in outcomes:
        case = one.case
        head = attributes(
            name=case.title, classname=case.agent, file=case.span.file, line=case.span.line
        )
        if one.problem:
            text = f"{case.text}\n{one.decision.message}"
            yield f"    <testcase{head}>"
            yield f"      <failure{attributes(message=one.problem)}>{content(text)}</failure>"
            yield "    </testcase>"
        else:
            yield f"    <testcase{head}/>"
    yield "  </testsuite>"
