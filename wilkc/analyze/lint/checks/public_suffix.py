"""A wildcard takes names of everybody. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.analyze.lint.tables import suffixes

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W205"


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.network.allow):
        for pattern in rule.patterns:
            if pattern.shape == "any":
                said = "takes every name there is"
            elif pattern.shape == "suffix" and suffixes().is_public(pattern.text):
                said = f"takes names of everybody: anybody gets one below `{pattern.text}`"
            else:
                continue
            yield warning(
                CODE,
                f"`{rule.text}` {said}",
                rule.span,
                about=f"network.allowed_hosts {rule.text}",
                advice="name the hosts that are meant, or one domain that belongs to you",
            )


CHECK: Final = Check(CODE, _run)
