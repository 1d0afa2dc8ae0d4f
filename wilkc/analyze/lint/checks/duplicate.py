"""An entry stands in its list twice. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.covering import unreachable
from wilkc.analyze.lint.lists import rule_lists
from wilkc.analyze.lint.model import Check, Finding, Subject
from wilkc.analyze.lint.twins import twins
from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W202"


def _run(subject: Subject) -> Iterator[Finding]:
    for held in rule_lists(subject):
        told = {rule.id for rule in unreachable(subject, held)} if subject.lone else set()
        for rule, first in twins(rule for rule in held.rules if rule.id not in told):
            same = "" if rule.text == first.text else f" as `{first.text}`"
            yield Finding(
                Diagnostic(
                    CODE,
                    "warning",
                    f"`{rule.text}` stands in `{held.name}` twice{same}",
                    rule.span,
                    label=f"first in line {first.span.line}",
                    help="leave one of the two out",
                ),
                about=f"{held.name} {rule.text}",
                removable=subject.lone,
            )


CHECK: Final = Check(CODE, _run)
