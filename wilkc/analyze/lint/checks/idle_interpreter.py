"""An interpreter is listed, and no script may run. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, is_own, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W209"


def _run(subject: Subject) -> Iterator[Finding]:
    listed = subject.permissions.shell.interpreters
    scripts = subject.permissions.file.allow.get("execute", ())
    if listed is not None and is_own(listed) and listed.values and not scripts:
        names = ", ".join(f"`{name}`" for name in sorted(listed.values))
        yield warning(
            CODE,
            f"{names} may run no script: `filesystem.execute` allows none",
            listed.span,
            about="shell.allowed_interpreters",
            advice="list the scripts under `filesystem.execute`, or leave the interpreters out",
        )


CHECK: Final = Check(CODE, _run)
