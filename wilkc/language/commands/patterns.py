"""Command patterns: reading and matching. Layer: language (pure). LANGUAGE.md section 4."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import PatternError, RequestError
from wilkc.language.atoms import BLOCK, Effect, Glob, Literal, Star
from wilkc.language.commands.flags import Flag, flags_of, has_flag
from wilkc.language.commands.lexer import (
    ASSIGNMENT,
    GLOB_CHARACTERS,
    QUOTED,
    RESERVED,
    Argv,
    Word,
    lex_words,
)
from wilkc.language.globs import Codes, expand, glob_matches, to_glob

if TYPE_CHECKING:
    from wilkc.language.globs import Token

CACHED_RULES: Final = 65_536
GLOBSTAR_STARS: Final = 2
CODES: Final = Codes(
    empty="W050", globstar="W053", extglob="W054", negation="W054", brace="W054", posix="W054",
    char_class="W054", class_separator="W054", unreadable="W055", escape="W054", limit="W056",
)  # fmt: skip
_SPECIAL: Final = re.compile(r"[*?\[\]{},\\!()@+]")


@dataclass(frozen=True, slots=True)
class AnyArgument:
    """A lone `*` in the middle: exactly one argument of any text."""


@dataclass(frozen=True, slots=True)
class TextArgument:
    """An argument equal to this text."""

    text: str


@dataclass(frozen=True, slots=True)
class GlobArgument:
    """A path glob over one argument: segments, None standing for `**`.

    Attributes:
        segments: globs in order; an empty first one stands for a leading slash.
        dots: how many leading segments are the literal `.` or `..`.
        option: whether it begins with a literal `-`.
    """

    segments: tuple[Glob | None, ...]
    dots: int
    option: bool


Argument = AnyArgument | TextArgument | GlobArgument


@dataclass(frozen=True, slots=True)
class CommandPattern:
    """One simple command.

    Attributes:
        effect: `allow` or `block`.
        program: in an allow the whole first word, in a block its last path component.
        arguments: the further words without a final `*`; in a block without its flags.
        rest: whether any further arguments may follow.
        flags: in a block the flags that must be present, however they are spelt.
    """

    effect: Effect
    program: str
    arguments: tuple[Argument, ...]
    rest: bool
    flags: tuple[Flag, ...] = ()

    @property
    def literals(self) -> tuple[str, ...]:
        """The words that the pattern spells out."""
        return tuple(
            argument.text for argument in self.arguments if isinstance(argument, TextArgument)
        )


@lru_cache(maxsize=CACHED_RULES)
def parse_command_rule(text: str, effect: Effect) -> tuple[CommandPattern, ...]:
    """The patterns of one entry of a list of commands; braces in arguments are expanded.

    Raises:
        PatternError: the entry is outside the language; names the place and what to write.
    """
    words = _words(text)
    program = _program(words[0], effect)
    arguments: list[tuple[Argument, ...]] = [()]
    flags: list[Flag] = []
    rest = effect == BLOCK
    for index, word in enumerate(words[1:], start=1):
        if _is_lone_star(word) and index == len(words) - 1:
            rest = True
            continue
        found = _arguments(word)
        if effect == BLOCK and any(map(_is_option, found)):
            flags.extend(flags_of(_option_text(word)))
        else:
            arguments = [(*held, one) for held in arguments for one in found]
    return tuple(CommandPattern(effect, program, held, rest, tuple(flags)) for held in arguments)


def command_words(text: str) -> tuple[tuple[int, int], ...]:
    """Where the words of an entry stand: the offsets of each, its program first.

    Raises:
        PatternError: it is not one simple command.
    """
    return tuple((word.start, word.end) for word in _words(text))


def command_matches(pattern: CommandPattern, argv: Argv) -> bool:
    """Whether a pattern takes an argument list, leaving the guard table aside."""
    if pattern.effect == BLOCK:
        return _block_matches(pattern, argv)
    given = argv[1:]
    wanted = len(pattern.arguments)
    if argv[0] != pattern.program or len(given) < wanted:
        return False
    if len(given) > wanted and not pattern.rest:
        return False
    return all(
        argument_matches(argument, text, strict=True)
        for argument, text in zip(pattern.arguments, given, strict=False)
    )


def argument_matches(argument: Argument, text: str, *, strict: bool) -> bool:
    """Whether one argument is taken.

    Args:
        argument: what the pattern says of it.
        text: the argument.
        strict: as in an allow: wildcards take no `.`, `..` or empty segment and no option.
    """
    if isinstance(argument, AnyArgument):
        return True
    if isinstance(argument, TextArgument):
        return text == argument.text
    if strict and text.startswith("-") and not argument.option:
        return False
    segments = text.split("/")
    if strict and any(segment in {".", ".."} for segment in segments[argument.dots :]):
        return False
    return _segments_match(argument.segments, segments, strict=strict)


def _segments_match(pattern: tuple[Glob | None, ...], segments: list[str], *, strict: bool) -> bool:
    reached = _closure(pattern, {0})
    for segment in segments:
        after: set[int] = set()
        for place in reached:
            if place == len(pattern):
                continue
            glob = pattern[place]
            if glob is None and (segment or not strict):
                after.add(place)
            elif glob is not None and _takes(glob, segment, strict=strict):
                after.add(place + 1)
        reached = _closure(pattern, after)
    return len(pattern) in reached


def _takes(glob: Glob, segment: str, *, strict: bool) -> bool:
    """Whether a glob takes a segment; an empty one only where written, or in a block."""
    if segment:
        return glob_matches(glob, segment)
    return not glob if strict else all(isinstance(atom, Star) for atom in glob)


def _closure(pattern: tuple[Glob | None, ...], places: set[int]) -> set[int]:
    closed = set(places)
    for place in places:
        after = place
        while after < len(pattern) and pattern[after] is None:
            after += 1
            closed.add(after)
    return closed


def _block_matches(pattern: CommandPattern, argv: Argv) -> bool:
    if argv[0].rpartition("/")[2] != pattern.program:
        return False
    if not all(has_flag(argv[1:], flag) for flag in pattern.flags):
        return False
    given = iter(argv[1:])
    return all(
        any(argument_matches(argument, text, strict=False) for text in given)
        for argument in pattern.arguments
    )


def _words(text: str) -> tuple[Word, ...]:
    if not text.strip(" \t"):
        raise _error("W050", "the command is empty", "leave it out", 0, len(text))
    try:
        commands = lex_words(text, globs=True)
    except RequestError as error:
        raise _error(
            "W051",
            error.message,
            "quote special characters, and write one plain command",
            0,
            len(text),
        ) from error
    if len(commands) > 1:
        raise _error(
            "W052", "more than one command in an entry", "write an entry for each", 0, len(text)
        )
    return commands[0]


def _program(word: Word, effect: Effect) -> str:
    wild = _is_wild(word)
    name = word.text.rpartition("/")[2] if effect == BLOCK else word.text
    assigns = ASSIGNMENT.match(word.unquoted_prefix) is not None
    if wild or assigns or not name or name in RESERVED:
        raise _error(
            "W057",
            f"`{word.text}` does not name one program",
            "write the program's name; each program needs its own entry",
            word.start,
            word.end,
        )
    return name


def _is_wild(word: Word) -> bool:
    return not GLOB_CHARACTERS.isdisjoint(word.bare)


def _is_lone_star(word: Word) -> bool:
    return word.bare == "*"


def _is_option(argument: Argument) -> bool:
    if isinstance(argument, TextArgument):
        return argument.text.startswith("-") and len(argument.text) > 1
    return isinstance(argument, GlobArgument) and argument.option


def _option_text(word: Word) -> str:
    """The text of an option of a block.

    Raises:
        PatternError: it holds a wildcard. An option is found however it is spelt, which says
            nothing of a text with gaps: as letters of a cluster it would block nothing.
    """
    if _is_wild(word):
        raise _error(
            "W058",
            f"a wildcard in `{word.text}`, an option of a block",
            "write an entry for each option, for example `rm -r *`; it is found however it is "
            "spelt",
            word.start,
            word.end,
        )
    return word.text


def _arguments(word: Word) -> list[Argument]:
    if _is_lone_star(word):
        return [AnyArgument()]
    if not _is_wild(word):
        return [TextArgument(word.text)]
    source = "".join(
        f"\\{char}" if bare == QUOTED and _SPECIAL.match(char) else char
        for char, bare in zip(word.text, word.bare, strict=True)
    )
    try:
        return [_glob_argument(tokens) for tokens in expand(source, CODES, separator="/")]
    except PatternError as error:
        raise _error(error.code, error.message, error.help_text, word.start, word.end) from error


def _glob_argument(tokens: tuple[Token, ...]) -> Argument:
    pieces: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "separator":
            pieces.append([])
        else:
            pieces[-1].append(token)
    segments = _merged([_segment(piece) for piece in pieces])
    if all(len(s or ()) <= 1 and s is not None and _is_literal(s) for s in segments):
        return TextArgument("/".join(_literal_text(segment or ()) for segment in segments))
    dots = 0
    while dots < len(segments) and segments[dots] in {(Literal("."),), (Literal(".."),)}:
        dots += 1
    first = segments[0]
    option = bool(first and isinstance(first[0], Literal) and first[0].text.startswith("-"))
    return GlobArgument(segments, dots, option)


def _segment(tokens: list[Token]) -> Glob | None:
    if len(tokens) == GLOBSTAR_STARS and all(token.kind == "star" for token in tokens):
        return None
    return to_glob(tokens, CODES)


def _merged(segments: list[Glob | None]) -> tuple[Glob | None, ...]:
    """The segments with no two `**` next to each other."""
    held: list[Glob | None] = []
    for segment in segments:
        if not (segment is None and held and held[-1] is None):
            held.append(segment)
    return tuple(held)


def _is_literal(glob: Glob) -> bool:
    return all(isinstance(atom, Literal) for atom in glob)


def _literal_text(glob: Glob) -> str:
    return "".join(atom.text for atom in glob if isinstance(atom, Literal))


def _error(code: str, message: str, help_text: str, start: int, end: int) -> PatternError:
    return PatternError(code, message, help_text, start=start, end=end)
