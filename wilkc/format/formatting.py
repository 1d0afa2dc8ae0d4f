"""One file to its canonical text. Layer: format.

The new text is read again and compared with the old one before anybody gets to see it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import SpecError, WilkError
from wilkc.format.canonical import make_canonical
from wilkc.format.meaning import same_node
from wilkc.spec import Document, read_specs, shape_of
from wilkc.syntax.layout import comment_texts, read_layout, write_layout

if TYPE_CHECKING:
    from collections.abc import Sequence


def format_spec(data: bytes, file: str) -> bytes:
    """The canonical text of a spec.

    Args:
        data: the file's bytes.
        file: the name that diagnostics show.

    Returns:
        Its canonical text, UTF-8 with plain line breaks; the same for the same meaning and
        the same comments.

    Raises:
        SpecError: the spec has errors of its own.
        WilkError: it holds what has no canonical layout, or the new text would not say the
            same.
    """
    documents = _documents(data, file)
    sheets = read_layout(data.decode("utf-8"))
    comments = comment_texts(sheets)
    for sheet, document in zip(sheets, documents, strict=True):
        make_canonical(sheet.root, shape_of(document))
    text = write_layout(sheets)
    _compare(documents, comments, text, file)
    return text.encode("utf-8")


def _documents(data: bytes, file: str) -> tuple[Document, ...]:
    read = read_specs({file: data})
    if has_errors(read.diagnostics):
        raise SpecError(read.diagnostics)
    return read.documents


def _compare(documents: Sequence[Document], comments: list[str], text: str, file: str) -> None:
    """Refuse a text that does not say what the documents and their comments say."""
    try:
        again = _documents(text.encode("utf-8"), file)
    except SpecError as error:
        found = error.diagnostics[0]
        raise WilkError(
            f"`{file}` cannot be laid out: {found.message}",
            help_text="the file was left as it is",
        ) from error
    same = len(documents) == len(again) and all(
        same_node(old.root, new.root, shape_of(old))
        for old, new in zip(documents, again, strict=True)
    )
    if not same or Counter(comments) != Counter(comment_texts(read_layout(text))):
        raise WilkError(
            f"`{file}` would not mean the same in canonical layout",
            help_text="the file was left as it is; this is a fault of `wilkc fmt`",
        )
