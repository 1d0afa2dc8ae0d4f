"""Files that others run may be written. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.analyze.lint.reach import reached
from wilkc.analyze.lint.tables import run_by_others

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W210"


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.file.allow.get("write", ())):
        found = list(reached(subject, "write", rule, run_by_others()))
        if found:
            path, kind = found[0]
            others = ", ".join(f"`{one}`" for one, _ in found[1:])
            yield warning(
                CODE,
                f"`{rule.text}` lets `{path}` be written: {kind.what}",
                rule.span,
                about=f"filesystem.write {rule.text}",
                label=f"also {others}" if others else "",
                advice="name the folders that the agent works in, or block these files",
            )


CHECK: Final = Check(CODE, _run)
