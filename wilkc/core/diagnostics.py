"""Problems found in specs, as values. Layer: core (leaf).

A compile problem is never printed or raised where it is found: it becomes a `Diagnostic`,
all are gathered, sorted by place and shown once. The codes and their explanations are
registered in `wilkc.core.codes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.core.spans import Span

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem at one place.

    Attributes:
        code: a code registered in `wilkc.core.codes`, for example `W031`.
        severity: an `error` stops the build, a `warning` does not.
        message: one line, lower case, no full stop, the user's words in backticks.
        span: where it is; the file may be `<command line>` for problems without a file.
        label: a few words printed beside the underline, or empty.
        help: what to write instead, or empty.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    label: str = ""
    help: str = ""

    def as_json(self) -> dict[str, object]:
        """The stable JSON form printed by `wilkc check -f json`."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "help": self.help,
            "file": self.span.file,
            "line": self.span.line,
            "column": self.span.column,
            "end_line": self.span.end_line,
            "end_column": self.span.end_column,
        }


def sort_diagnostics(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """All problems once each, by file, line, column and code."""
    return tuple(sorted(set(diagnostics), key=lambda d: (d.span, d.code, d.message)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether any problem stops the build."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
