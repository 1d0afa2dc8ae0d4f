"""Files that hold secrets may be read. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.analyze.lint.reach import reached
from wilkc.analyze.lint.tables import secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W203"


def _run(subject: Subject) -> Iterator[Finding]:
    for rule in own(subject.permissions.file.allow.get("read", ())):
        found = list(reached(subject, "read", rule, secrets()))
        if found:
            path, kind = found[0]
            more = f", and {len(found) - 1} more" if len(found) > 1 else ""
            entries = ", ".join(f"'{one.block}'" for _, one in found)
            yield warning(
                CODE,
                f"`{rule.text}` lets `{path}` be read: {kind.what}{more}",
                rule.span,
                about=f"filesystem.read {rule.text}",
                advice=f"add to `metadata.blocked_paths`: {entries}",
            )


CHECK: Final = Check(CODE, _run)
