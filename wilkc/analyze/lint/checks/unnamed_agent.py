"""A file's name decides whose permissions these are. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject
from wilkc.core.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W213"


def _run(subject: Subject) -> Iterator[Finding]:
    model = subject.model
    if model is None or model.agent is not None or model.agents is not None:
        return
    name = subject.name
    yield Finding(
        Diagnostic(
            CODE,
            "warning",
            f"only the file's name says that these are the permissions of `{name}`",
            subject.document.span,
            help=f"write `agent: {name}` above",
        ),
        about="agent",
        line_above=f"agent: {name}",
    )


CHECK: Final = Check(CODE, _run)
