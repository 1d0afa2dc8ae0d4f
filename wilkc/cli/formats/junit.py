"""For CI servers: JUnit XML. Layer: cli (pure).

Each file is a suite. A problem that makes the check fail is a failed case, another one a
passed case with output; a file without problems has one passed case.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from wilkc.cli.decision_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.cli.formats.model import Report
    from wilkc.core.diagnostics import Diagnostic

_FORBIDDEN: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow, section 2.2, not even as a reference."""


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
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="wilkc check" tests="{tests}" failures="{failures}" errors="0">',
            *suites,
            "</testsuites>",
        ]
    )


def _suite(file: str, found: list[Diagnostic], report: Report) -> str:
    cases = [_case(one, failed=report.fails(one)) for one in found]
    if not found:
        cases = [f"    <testcase {_attributes(classname=file, name='check')}/>"]
    counts = {"tests": len(cases), "failures": sum(map(report.fails, found)), "errors": 0}
    head = _attributes(name=file, **{key: str(count) for key, count in counts.items()})
    return "\n".join([f"  <testsuite {head}>", *cases, "  </testsuite>"])


def _case(found: Diagnostic, *, failed: bool) -> str:
    span = found.span
    name = f"{found.code} {span.line}:{span.column} {found.message}"
    head = _attributes(classname=span.file, name=name, file=span.file, line=str(span.line))
    text = _clean("\n".join(map(printable, _lines(found))))
    if failed:
        kind = _attributes(type=found.code, message=found.message)
        inner = f"<failure {kind}>{escape(text)}</failure>"
    else:
        inner = f"<system-out>{escape(text)}</system-out>"
    return f"    <testcase {head}>{inner}</testcase>"


def _lines(found: Diagnostic) -> Iterable[str]:
    yield f"{found.severity}[{found.code}]: {found.message}"
    yield f"  --> {found.span}"
    if found.label:
        yield f"  {found.label}"
    if found.help:
        yield f"  = help: {found.help}"


def _attributes(**values: str) -> str:
    return " ".join(f'{key}="{_attribute(value)}"' for key, value in values.items())


def _attribute(text: str) -> str:
    """Readers turn plain line breaks and tabs in attributes into spaces (section 3.3.3)."""
    held = escape(_clean(text), quote=True)
    return held.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
