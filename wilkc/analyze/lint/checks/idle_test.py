"""A test of a condition holds of every value. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.lists import rule_lists
from wilkc.analyze.lint.model import Check, Finding, Subject, warning
from wilkc.language.when import always

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W218"


def _run(subject: Subject) -> Iterator[Finding]:
    for held in rule_lists(subject):
        for attribute, test in held.when.tests if held.when else ():
            if always(attribute, test):
                for rule in held.rules:
                    yield warning(
                        CODE,
                        f"the test of `{attribute}` holds of everything: {test.words()}",
                        rule.span,
                        about=f"{held.name} {rule.text} {attribute}",
                        advice="write `{present: true}` if that is meant, or a narrower test",
                    )


CHECK: Final = Check(CODE, _run)
