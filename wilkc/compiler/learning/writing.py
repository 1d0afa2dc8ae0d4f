"""Proposed entries as lines of the files they belong to. Layer: compiler.

The text is read again, and must say what the documents with the entries say; where it does not,
nothing is proposed for the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.learning import Place, edited
from wilkc.compiler.reviewing import Reviewed, review
from wilkc.compiler.whole import understand
from wilkc.core.errors import UsageError
from wilkc.spec import locate
from wilkc.syntax import Sequence as Items
from wilkc.syntax import plain_data, with_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.analyze.learning import Entry, Key
    from wilkc.compiler.model import Understood
    from wilkc.core.spans import Span


@dataclass(frozen=True, slots=True)
class Written:
    """Files with proposed entries.

    Attributes:
        sources: every file, changed or not.
        held: what they say.
        reviewed: what `wilkc check` finds in them.
        places: where each entry stands.
    """

    sources: Mapping[str, bytes]
    held: Understood
    reviewed: Reviewed
    places: Mapping[Key, Span]

    def at(self, file: str, line: int, column: int) -> Key | None:
        """The entry that a place lies in, or None where an older one stands there."""
        before = [
            (span.column, number, key)
            for number, (key, span) in enumerate(self.places.items())
            if span.file == file and span.line == line and span.column <= column
        ]
        return max(before)[2] if before else None


def write(sources: Mapping[str, bytes], held: Understood, entries: Iterable[Entry]) -> Written:
    """The files with entries at the ends of their lists.

    Args:
        sources: every file.
        held: what they say.
        entries: to be added; each names its document by its number in `held`.

    Raises:
        UsageError: a file is written so that its lists cannot be added to line by line.
    """
    wanted = tuple(entries)
    groups: dict[Place, list[Entry]] = {}
    for one in wanted:
        groups.setdefault(one.place, []).append(one)
    texts = dict(sources)
    # From below, so that what is added moves no document that is still to be found.
    for place in sorted(groups, key=lambda one: -held.documents[one.document].root.span.line):
        document = held.documents[place.document]
        items = [one.text for one in groups[place]]
        line = document.root.span.line
        text = with_items(texts[document.file], line, place.path, items)
        if text is None:
            raise _unwritable(document.file, place)
        texts[document.file] = text
    said = understand(texts)
    for meant, read in zip(edited(held.documents, wanted), said.documents, strict=True):
        if plain_data(meant.root) != plain_data(read.root):
            raise _unwritable(read.file, None)
    places = {key: span for place in groups for key, span in _spans(said, groups[place])}
    return Written(texts, said, review(texts), places)


def _spans(said: Understood, entries: list[Entry]) -> Iterable[tuple[Key, Span]]:
    """Where the entries of one list stand: they are its last."""
    place = entries[0].place
    node = locate(said.documents[place.document].root, place.path)
    items = node.items[-len(entries) :] if isinstance(node, Items) else ()
    return [(one.key, item.span) for one, item in zip(entries, items, strict=True)]


def _unwritable(file: str, place: Place | None) -> UsageError:
    what = f" `{'.'.join(place.path)}`" if place else ""
    return UsageError(
        f"`{file}` cannot be added to line by line{what}",
        help_text="write its lists as blocks, one entry a line; `wilkc fmt` does",
    )
