"""Places in source files. Layer: core (leaf)."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range of a text file.

    A tuple, because there is one for every word of every file and a frozen dataclass takes
    three times as long to make.

    Lines and columns count from 1; columns count Unicode code points. `end_column` is the
    column after the last one covered. `file` is the path as the user gave it.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def within(self, start: int, end: int) -> Span:
        """The part of a one-line span between two offsets from its first column.

        Args:
            start: offset in code points, from 0.
            end: offset after the last code point.

        Returns:
            The narrower span, or this one if the range does not lie inside a single line.
        """
        if self.line != self.end_line or self.column + end > self.end_column or start > end:
            return self
        return Span(self.file, self.line, self.column + start, self.line, self.column + end)
