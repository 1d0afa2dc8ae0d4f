"""A file may be both written and executed. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, is_own, warning
from wilkc.analyze.lint.reach import shared_path

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W216"


def _run(subject: Subject) -> Iterator[Finding]:
    allow = subject.permissions.file.allow
    for run in allow.get("execute", ()):
        for written in allow.get("write", ()):
            if not (is_own(run) or is_own(written)):
                continue
            path = shared_path(subject, ("write", "execute"), run.patterns, written.patterns)
            if path is not None:
                own, other = (run, written) if is_own(run) else (written, run)
                yield warning(
                    CODE,
                    f"`{path}` may be both written and executed",
                    own.span,
                    about=f"filesystem.execute {run.text} and write {written.text}",
                    label=f"together with `{other.text}` in line {other.span.line}",
                    advice="keep what the agent runs apart from what it writes",
                )
                break


CHECK: Final = Check(CODE, _run)
