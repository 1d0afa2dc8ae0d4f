"""The lexical elements of glob patterns. Layer: language (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from wilkc.language.atoms import CharClass


class Token(NamedTuple):
    """One lexical element; a tuple, because there are a dozen in every pattern.

    Attributes:
        kind: `char`, `star`, `any`, `class`, `separator`, `open`, `comma` or `close`.
        start: offset of its first code point in the text.
        end: offset after its last.
        char: the character as it stands; of a letter, digit or `_` also those that follow it,
            and `.` and `-` among them.
        escaped: whether a backslash made it a plain character.
        ranges: the class of a `class`.
    """

    kind: str
    start: int
    end: int
    char: str = ""
    escaped: bool = False
    ranges: CharClass | None = None

    def is_plain(self, char: str) -> bool:
        """Whether this is the given character, written without a backslash."""
        return self.kind == "char" and self.char == char and not self.escaped


Tokens = tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Codes:
    """The diagnostic codes under which a language reports the refusals of this room.

    Attributes:
        empty: nothing is written.
        globstar: two stars stand together where they have no meaning.
        extglob: an extended glob.
        negation: a leading `!`.
        brace: a brace group of one alternative, not opened or not closed.
        posix: a named class.
        char_class: an unclosed, empty or reversed class.
        class_separator: the separator in a class.
        unreadable: a control character, or not in Unicode form NFC.
        escape: a backslash that escapes nothing.
        limit: longer, with more wildcards or more expansions than allowed.
        two_stars: message and help of `globstar`.
    """

    empty: str
    globstar: str
    extglob: str
    negation: str
    brace: str
    posix: str
    char_class: str
    class_separator: str
    unreadable: str
    escape: str
    limit: str
    two_stars: tuple[str, str] = (
        "`**` must be a whole segment",
        "write `*` for a part of a segment, or `**` between slashes for any depth",
    )
