"""A report of tests as JUnit XML. Layer: cli.

There is no standard; this is the part that Jenkins, GitLab and GitHub's actions all read. XML
1.0 has no place for most control characters, escaped or not (section 2.2), so they are shown
as a middle dot.
"""

from __future__ import annotations

import html
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.analyze.cases import Outcome
    from wilkc.cli.testing import Report

_NOT_XML: Final = re.compile("[^\t\n\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def report_junit(report: Report) -> str:
    """A test suite for each file, a test case for each test."""
    outcomes = sorted(report.outcomes, key=lambda one: one.case.span)
    head = _attributes(name="wilkc test", tests=len(outcomes), failures=report.failed)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<testsuites{head}>"]
    for file, held in groupby(outcomes, key=lambda one: one.case.span.file):
        lines += _suite(file, list(held))
    return "\n".join([*lines, "</testsuites>"])


def _suite(file: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    failed = sum(bool(one.problem) for one in outcomes)
    yield f"  <testsuite{_attributes(name=file, tests=len(outcomes), failures=failed)}>"
    for one in outcomes:
        case = one.case
        head = _attributes(
            name=case.title, classname=case.agent, file=case.span.file, line=case.span.line
        )
        if one.problem:
            text = f"{case.text}\n{one.decision.message}"
            yield f"    <testcase{head}>"
            yield f"      <failure{_attributes(message=one.problem)}>{_escaped(text)}</failure>"
            yield "    </testcase>"
        else:
            yield f"    <testcase{head}/>"
    yield "  </testsuite>"


def _attributes(**values: object) -> str:
    return "".join(f' {name}="{_escaped(str(value))}"' for name, value in values.items())


def _escaped(text: str) -> str:
    return html.escape(_NOT_XML.sub("\N{MIDDLE DOT}", text))
