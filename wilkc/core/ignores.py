"""Comments in a spec that ask for a finding to be passed over, as values. Layer: core (leaf)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wilkc.core.spans import Span


@dataclass(frozen=True, slots=True)
class Ignore:
    """One comment `# wilk: ignore CODE, …: REASON`.

    Attributes:
        span: the comment.
        line: the line that it speaks of: its own, or, where it stands alone, the next one
            that holds anything.
        codes: as written.
        reason: why the finding is passed over; empty where none is given.
    """

    span: Span
    line: int
    codes: tuple[str, ...]
    reason: str
