"""A limit is missing. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, own, warning
from wilkc.spec import key_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wilkc.plan.model import Limit, Rule

CODE: Final = "W211"


def _run(subject: Subject) -> Iterator[Finding]:
    held = subject.permissions
    yield from _missing(
        subject, "network", held.network.allow, {"max_requests_per_minute": held.network.rate}
    )
    yield from _missing(
        subject,
        "shell",
        held.shell.allow,
        {
            "max_execution_time": held.shell.max_seconds,
            "max_memory_usage": held.shell.max_memory,
        },
    )
    yield from _missing(
        subject,
        "llm",
        held.llm.models.allow,
        {
            "max_tokens_per_request": held.llm.max_tokens,
            "max_requests_per_hour": held.llm.rate,
        },
    )


def _missing(
    subject: Subject,
    category: str,
    rules: Iterable[Rule[Any]],
    limits: Mapping[str, Limit | None],
) -> Iterator[Finding]:
    absent = [key for key, limit in limits.items() if limit is None]
    if absent and any(own(rules)):
        yield warning(
            CODE,
            f"`{category}` has no {' and no '.join(f'`{key}`' for key in absent)}",
            key_span(subject.document.root, (*subject.path, category)),
            about=f"{category} {' '.join(absent)}",
            advice=f"write {' and '.join(f'`{key}`' for key in absent)}",
        )


CHECK: Final = Check(CODE, _run)
