"""An allowed entry is blocked as a whole. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.covering import unreachable
from wilkc.analyze.lint.lists import rule_lists
from wilkc.analyze.lint.model import Check, Finding, Subject
from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W200"


def _run(subject: Subject) -> Iterator[Finding]:
    for held in rule_lists(subject) if subject.lone else ():
        for rule in unreachable(subject, held):
            yield Finding(
                Diagnostic(
                    CODE,
                    "warning",
                    f"`{rule.text}` grants nothing: all of it is blocked",
                    rule.span,
                    help="leave it out, or block less",
                ),
                about=f"{held.name} {rule.text}",
                removable=True,
            )


CHECK: Final = Check(CODE, _run)
