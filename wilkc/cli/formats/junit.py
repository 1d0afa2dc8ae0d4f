"""For CI servers: JUnit XML. Layer: cli (pure).

Each file is a suite. A problem that makes the check fail is a failed case, another one a
passed case with output; a file without problems has one passed case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.decision_text import printable
from wilkc.cli.xml_text import HEAD, attributes, content

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.cli.formats.model import Report
    from wilkc.core.diagnostics import Diagnostic


def render(report: Report) -> str:
    """See the module."""
    by_file: dict[str, list[Diagnostic]] = {file: [] for file in report.sources}
    for found in report.diagnostics:
        by_file.setdefault(found.span.file, []).append(found)
    suites = [_suite(file, found, report) for file, found in by_file.items()]
    tests = sum(max(1, len(found)) for found in by_file.values())
    failures = sum(map(report.fails, report.diagnostics))
    return "\n".join(
        [
            HEAD,
            f'<testsuites name="wilkc check" tests="{tests}" failures="{failures}" errors="0">',
            *suites,
            "</testsuites>",
        ]
    )


def _suite(file: str, found: list[Diagnostic], report: Report) -> str:
    cases = [_case(one, failed=report.fails(one)) for one in found]
    if not found:
        cases = [f"    <testcase{attributes(classname=file, name='check')}/>"]
    counts = {"tests": len(cases), "failures": sum(map(report.fails, found)), "errors": 0}
    head = attributes(name=file, **counts)
    return "\n".join([f"  <testsuite{head}>", *cases, "  </testsuite>"])


def _case(found: Diagnostic, *, failed: bool) -> str:
    span = found.span
    name = f"{found.code} {span.line}:{span.column} {found.message}"
    head = attributes(classname=span.file, name=name, file=span.file, line=span.line)
    text = content("\n".join(map(printable, _lines(found))))
    if failed:
        kind = attributes(type=found.code, message=found.message)
        inner = f"<failure{kind}>{text}</failure>"
    else:
        inner = f"<system-out>{text}</system-out>"
    return f"    <testcase{head}>{inner}</testcase>"


def _lines(found: Diagnostic) -> Iterable[str]:
    yield f"{found.severity}[{found.code}]: {found.message}"
    yield f"  --> {found.span}"
    if found.label:
        yield f"  {found.label}"
    if found.help:
        yield f"  = help: {found.help}"
