"""Files of one folder and extension, as one pattern. Layer: analyze (pure).

A pattern is only a candidate: whoever uses it says what else it takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wilkc.analyze.learning.model import Entry
from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, Literal
from wilkc.language.paths import PathPattern, explicit_text, parse_path_rule
from wilkc.spec import entry_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.learning.model import Place
    from wilkc.analyze.learning.rounds import Key
    from wilkc.language.paths import Root

LEAST: Final = 2
"""Siblings below which a pattern would be no generalisation."""
_ACTIONS: Final = frozenset({"read", "write", "watch"})
"""What is executed or deleted is named one by one."""


class Siblings(NamedTuple):
    """A pattern, and the entries that it could stand for."""

    entry: Entry
    of: tuple[Key, ...]


class _Folder(NamedTuple):
    place: Place
    root: Root
    folder: tuple[str, ...]
    extension: str


def siblings(entries: Iterable[Entry], least: int) -> Iterator[Siblings]:
    """Each folder and extension of which at least so many files are to be allowed alike.

    Args:
        entries: literal entries.
        least: how many files, 2 or more.
    """
    found: dict[_Folder, list[Entry]] = {}
    for entry in entries:
        folder = _folder(entry)
        if folder is not None:
            found.setdefault(folder, []).append(entry)
    for folder, some in found.items():
        text = _pattern(folder)
        written = text and entry_text(text)
        if len(some) >= max(least, LEAST) and text and written:
            pattern = Entry(folder.place, text, written)
            yield Siblings(pattern, tuple(one.key for one in some))


def _folder(entry: Entry) -> _Folder | None:
    """Where a literal file stands, or None for what is no file with an extension."""
    section, action = entry.place.path[-2:]
    if section != "filesystem" or action not in _ACTIONS or not isinstance(entry.value, str):
        return None
    (pattern,) = parse_path_rule(entry.value, ALLOW)
    texts = [
        part[0].text
        for part in pattern.parts
        if isinstance(part, tuple) and len(part) == 1 and isinstance(part[0], Literal)
    ]
    if len(texts) != len(pattern.parts) or not texts:
        return None
    *folder, name = texts
    stem, _, extension = name.rpartition(".")
    if not stem or not extension:
        return None
    return _Folder(entry.place, pattern.root, tuple(folder), extension)


def _pattern(folder: _Folder) -> str | None:
    """`FOLDER/*.EXTENSION` with everything else escaped, or None where no entry says it."""
    mark = f"x.{folder.extension}"
    path = PathPattern(folder.root, tuple((Literal(one),) for one in (*folder.folder, mark)))
    head, _, name = explicit_text(path).rpartition("/")
    text = f"{head}/*{name.removeprefix('x')}"
    try:
        (read,) = parse_path_rule(text, ALLOW)
    except PatternError:
        return None
    right = read.root == folder.root and read.parts[:-1] == path.parts[:-1]
    return text if right else None
