"""Data that is not public may be stored without encryption. Layer: analyze (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.analyze.lint.model import Check, Finding, Subject, is_own, warning

if TYPE_CHECKING:
    from collections.abc import Iterator

CODE: Final = "W215"
_PUBLIC: Final = "public"


def _run(subject: Subject) -> Iterator[Finding]:
    data = subject.permissions.data
    if data.labels is None or not is_own(data.labels) or data.encryption is not None:
        return
    labels = sorted(data.labels.values - {_PUBLIC})
    if labels:
        yield warning(
            CODE,
            f"{', '.join(f'`{label}`' for label in labels)} may be stored and exported without "
            "encryption",
            data.labels.span,
            about="data.data_classification",
            advice="write `encryption_required: true`",
        )


CHECK: Final = Check(CODE, _run)
