"""What a format is given. Layer: cli (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Report:
    """Problems, and what they are about.

    Attributes:
        diagnostics: sorted by place.
        sources: every file that was looked at, with its bytes.
        about: for findings of lint, what they are about without places.
        hidden: why findings are not shown, to how many; none is zero.
        strict: whether a warning counts as a failure.
        colour: whether the text may be coloured.
    """

    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, bytes]
    about: Mapping[Diagnostic, str] = field(default_factory=dict)
    hidden: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False
    colour: bool = False

    def fails(self, diagnostic: Diagnostic) -> bool:
        """Whether the problem alone makes the check fail."""
        return self.strict or diagnostic.severity == "error"
