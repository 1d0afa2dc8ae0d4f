"""Comments that speak to Wilk: `# wilk: ignore W203: REASON`. Layer: syntax.

A text without the word is not scanned again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.core.ignores import Ignore
from wilkc.core.spans import Span
from wilkc.syntax.comments import Place, comment_places, extent, scan, split_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD: Final = b"wilk:"
_OURS: Final = re.compile(r"#+\s*wilk:")
_FORM: Final = re.compile(r"#+\s*wilk:\s*ignore\b([^:]*)(?::(.*))?")


def read_ignores(data: bytes, file: str) -> tuple[Ignore, ...]:
    """Every comment of a text that speaks to Wilk, in order.

    Args:
        data: YAML that `read_documents` takes.
        file: the name that diagnostics show.

    Returns:
        Also comments that cannot be understood: those have no codes.
    """
    if _WORD not in data:
        return ()
    text = data.decode("utf-8")
    lines, tokens = split_lines(text), scan(text)
    filled = sorted({start[0] for start, end in map(extent, tokens) if start != end})
    return tuple(
        _ignore(lines, place, filled, file)
        for place in comment_places(lines, tokens)
        if speaks_to_us(lines, place)
    )


def speaks_to_us(lines: Sequence[str], place: Place) -> bool:
    """Whether the comment at a place is meant for Wilk."""
    line, column = place
    return _OURS.match(lines[line], column) is not None


def _ignore(lines: Sequence[str], place: Place, filled: Sequence[int], file: str) -> Ignore:
    line, column = place
    text = lines[line][column:].rstrip()
    span = Span(file, line + 1, column + 1, line + 1, column + 1 + len(text))
    alone = not lines[line][:column].strip()
    target = next((one for one in filled if one > line), line) if alone else line
    form = _FORM.fullmatch(text)
    codes = tuple(form[1].replace(",", " ").split()) if form else ()
    return Ignore(span, target + 1, codes, (form[2] or "").strip() if form else "")
