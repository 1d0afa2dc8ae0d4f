"""What is wrong in a settings file, each at its place. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.spans import Span


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        span: where it stands.
        message: one line, lower case, no full stop.
        help: what to write instead.
    """

    span: Span
    message: str
    help: str


class SettingsError(UsageError):
    """A settings file is not understood; nothing of it is used.

    Args:
        problems: all of them.
        data: the bytes of the file.
    """

    def __init__(self, problems: Sequence[Problem], data: bytes) -> None:
        ordered = sorted(problems, key=lambda one: (one.span, one.message))
        first = ordered[0]
        super().__init__(f"{first.span}: {first.message}", help_text=first.help)
        self.problems = tuple(ordered)
        self.data = data

    def text(self) -> str:
        """Every problem with its line of source."""
        # Loaded where there is a problem: this module is imported for every command.
        from wilkc.cli.decision_text import printable  # noqa: PLC0415
        from wilkc.cli.diagnostics import excerpt  # noqa: PLC0415

        blocks = []
        for one in self.problems:
            lines = [f"error: {printable(one.message)}"]
            lines += excerpt(one.span, {one.span.file: self.data})
            lines.append(f"{' ' * len(str(one.span.line))} = help: {printable(one.help)}")
            blocks.append("\n".join(lines))
        return "\n\n".join(blocks)
