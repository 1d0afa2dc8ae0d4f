"""A wildcard does not take the name itself. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.hosts import matches_name

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W206"


def _run(subject: Subject) -> Iterator[Finding]:
    network = subject.permissions.network
    for rule in own(network.allow):
        for pattern in rule.patterns:
            apex = pattern.text
            if pattern.shape != "suffix" or apex not in subject.hosts:
                continue
            spoken_of = any(
                matches_name(one, apex, effect)
                for rules, effect in ((network.allow, ALLOW), (network.block, BLOCK))
                for other in rules
                for one in other.patterns
            )
            if not spoken_of:
                yield warning(
                    CODE,
                    f"`{rule.text}` does not take `{apex}` itself, which another spec names",
                    rule.span,
                    about=f"network.allowed_hosts {rule.text}",
                    advice=f"allow `{apex}` as well if it is meant, else block it",
                )


CHECK: Final = Check(CODE, _run)
