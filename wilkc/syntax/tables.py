"""CSV text to located nodes. Layer: syntax. RFC 4180, with a header, in UTF-8."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from wilkc.core.diagnostics import Diagnostic
from wilkc.core.spans import Span
from wilkc.syntax.nodes import Mapping, Scalar, Sequence
from wilkc.syntax.reader import read_text

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODE: Final = "W110"
_HELP: Final = "write a cell for each name of the header, and quotes around cells with a comma"


def read_table(data: bytes, file: str) -> tuple[Sequence | None, tuple[Diagnostic, ...]]:
    """The rows of a CSV file as a sequence of mappings; empty cells are left out.

    Args:
        data: the file's bytes, UTF-8.
        file: the name that diagnostics show.

    Returns:
        None where the text cannot be read at all, and every problem.
    """
    text, problems = read_text(data, file)
    if text is None:
        return None, problems
    found = list(problems)
    rows = list(_rows(text, file, found))
    start = Span(file, 1, 1, 1, 2)
    if not rows:
        found.append(
            Diagnostic("W009", "error", "there is nothing in this file", start, help=_HELP)
        )
        return None, tuple(found)
    _, header = rows[0]
    for name in sorted({one for one in header if header.count(one) > 1}):
        message = f"the column `{name}` stands here twice"
        found.append(Diagnostic("W008", "error", message, start, help="keep one"))
    items = tuple(_item(span, header, cells, found) for span, cells in rows[1:])
    return Sequence(start, items), tuple(found)


def _rows(text: str, file: str, problems: list[Diagnostic]) -> Iterator[tuple[Span, list[str]]]:
    lines = text.split("\n")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            width = len(lines[line - 1]) if line <= len(lines) else 0
            span = Span(file, line, 1, line, width + 1)
            line = reader.line_num + 1
            if cells:
                yield span, cells
    except csv.Error as error:
        place = Span(file, line, 1, line, 2)
        problems.append(Diagnostic(_CODE, "error", f"not CSV: {error}", place, help=_HELP))


def _item(span: Span, header: list[str], cells: list[str], problems: list[Diagnostic]) -> Mapping:
    if len(cells) > len(header):
        message = f"the row has {len(cells)} cells, and the header {len(header)}"
        problems.append(Diagnostic(_CODE, "error", message, span, help=_HELP))
    return Mapping(
        span,
        tuple(
            (Scalar(span, name, name, plain=True), Scalar(span, cell, cell, plain=False))
            for name, cell in zip(header, cells, strict=False)
            if cell
        ),
    )
