"""Matrix files: many tests of a policy in one table. Layer: spec.

A matrix is YAML with the one key `matrix`, or CSV with a header; both have the same columns. It
is no spec and is read only where it is named as a matrix.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from wilkc.core.diagnostics import Diagnostic, has_errors, sort_diagnostics
from wilkc.core.errors import WilkError
from wilkc.core.spans import Span
from wilkc.spec.documents import locate
from wilkc.spec.editing import entry_text
from wilkc.spec.models.matrix import MatrixDocument, MatrixRow
from wilkc.spec.problems import doubtful_scalars, problems_of
from wilkc.syntax import Mapping, Node, Scalar, plain_data, read_documents, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Rows = tuple[tuple[MatrixRow, Span], ...]

CSV_SUFFIX: Final = ".csv"
_KEY: Final = "matrix"
_HEAD: Final = "# What the policy answered when this was recorded: a changed answer fails.\n"
_COLUMNS: Final = ("agent", "request", "expect")


def read_matrix(data: bytes, file: str) -> tuple[Rows, tuple[Diagnostic, ...]]:
    """The rows of a matrix file, each with its place.

    Args:
        data: the file's bytes.
        file: the name that diagnostics show; `*.csv` is CSV, anything else YAML.

    Returns:
        The rows, none where there are errors, and every problem found, sorted.
    """
    roots, found = _roots(data, file)
    problems = list(found)
    rows: list[tuple[MatrixRow, Span]] = []
    for root in roots:
        problems.extend(doubtful_scalars(root))
        try:
            document = MatrixDocument.model_validate(plain_data(root))
        except ValidationError as error:
            told = {problem.span for problem in problems}
            problems.extend(one for one in problems_of(error, root) if one.span not in told)
            continue
        for number, row in enumerate(document.matrix):
            rows.append((row, locate(root, (_KEY, number, "request")).span))
    if has_errors(problems):
        return (), sort_diagnostics(problems)
    return tuple(rows), sort_diagnostics(problems)


def matrix_text(rows: Sequence[MatrixRow], file: str) -> str:
    """Rows as the text of a matrix file that is read back as the same rows.

    Only agent, request and expectation are written.

    Raises:
        WilkError: the text would not be read back so.
    """
    text = _as_csv(rows) if file.endswith(CSV_SUFFIX) else _as_yaml(rows)
    back, problems = read_matrix(text.encode("utf-8", "surrogatepass"), file)
    if problems or [row for row, _ in back] != list(rows):
        raise WilkError(f"a row cannot be written to `{file}` so that it is read back the same")
    return text


def _roots(data: bytes, file: str) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    if file.endswith(CSV_SUFFIX):
        table, found = read_table(data, file)
        if table is None:
            return (), found
        key = Scalar(table.span, _KEY, _KEY, plain=True)
        return (Mapping(table.span, ((key, table),)),), found
    nodes, found = read_documents(data, file)
    if not nodes and not found:
        start = Span(file, 1, 1, 1, 1)
        message, advice = "there is nothing in this file", "write rows under `matrix:`"
        return (), (Diagnostic("W009", "error", message, start, help=advice),)
    return nodes, found


def _as_yaml(rows: Iterable[MatrixRow]) -> str:
    lines = [
        f"  - {{agent: {entry_text(row.agent)}, request: {entry_text(row.request)}, "
        f"expect: {row.expect}}}\n"
        for row in rows
    ]
    return "".join([_HEAD, "matrix:\n" if lines else "matrix: []\n", *lines])


def _as_csv(rows: Iterable[MatrixRow]) -> str:
    held = io.StringIO(newline="")
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((row.agent, row.request, row.expect) for row in rows)
    return held.getvalue()
