"""Command patterns as languages of argument lists. Layer: language (pure). LANGUAGE.md section 4.

An argument list is one text: each argument ended by NUL, which no argument holds. What guard
table, wrappers and interpreters say is not a matter of patterns and is not in here: whoever
asks confirms a witness with the reference evaluator.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import BLOCK
from wilkc.language.automata.charsets import EVERY, chars, without
from wilkc.language.automata.globs import glob_fragment, is_starry
from wilkc.language.automata.machines import NOTHING, Builder
from wilkc.language.automata.model import Language
from wilkc.language.commands import AnyArgument, TextArgument, command_matches

if TYPE_CHECKING:
    from wilkc.language.atoms import Glob
    from wilkc.language.automata.machines import Fragment, Machine
    from wilkc.language.commands import Argument, CommandPattern, Flag, GlobArgument

END: Final = "\0"
_CHAR: Final = without(EVERY, chars(END))
_INSIDE: Final = without(_CHAR, chars("/"))
CACHED: Final = 16_384


@lru_cache(maxsize=CACHED)
def command_language(pattern: CommandPattern) -> Language:
    """The argument lists that a pattern takes by itself, as texts."""
    head = "" if pattern.effect == BLOCK else _head(pattern)
    return Language(
        lambda: _machines(pattern),
        lambda text: _is_list(text) and command_matches(pattern, tuple(arguments_of(text))),
        frozenset({("command", pattern)}),
        head,
        needle=head or pattern.program + END,
        mark=pattern.program.rpartition("/")[2],
    )


def _machines(pattern: CommandPattern) -> tuple[Machine, ...]:
    if pattern.effect == BLOCK:
        return (_block(pattern), *map(_with_flag, pattern.flags))
    if all(isinstance(one, AnyArgument | TextArgument) for one in pattern.arguments):
        return (_allow(pattern),)
    return (_allow(pattern), _careful(pattern))


def _is_list(text: str) -> bool:
    return text.endswith(END) and not text.startswith(END)


def arguments_of(text: str) -> list[str]:
    """The argument list that a text stands for."""
    return text.split(END)[:-1]


def _head(pattern: CommandPattern) -> str:
    head = pattern.program + END
    for argument in pattern.arguments:
        if not isinstance(argument, TextArgument):
            break
        head += argument.text + END
    return head


def _allow(pattern: CommandPattern) -> Machine:
    builder = Builder()
    words = [builder.text(pattern.program + END)]
    words += [_argument(builder, one, strict=True) for one in pattern.arguments]
    if pattern.rest:
        words.append(builder.repeat(_any(builder)))
    return builder.machine(builder.sequence(*words))


def _careful(pattern: CommandPattern) -> Machine:
    """Wildcards of an allow take no option, and no `.` or `..` segment but those written."""
    builder = Builder()
    words = [_any(builder)]
    for argument in pattern.arguments:
        if isinstance(argument, AnyArgument | TextArgument):
            words.append(_any(builder))
        else:
            words.append(_careful_argument(builder, argument))
    return builder.machine(builder.sequence(*words, builder.repeat(_any(builder))))


def _careful_argument(builder: Builder, argument: GlobArgument) -> Fragment:
    if argument.dots:
        # What the pattern wrote may be the whole argument: `./**` takes `.`.
        slashed = [
            builder.sequence(builder.text("/"), builder.run(_INSIDE))
            for _ in range(argument.dots - 1)
        ]
        first = builder.sequence(builder.run(_INSIDE), *slashed)
    else:
        first = _plain_segment(builder, option=argument.option)
    others = builder.sequence(builder.text("/"), _plain_segment(builder, option=True))
    return builder.sequence(first, builder.repeat(others), builder.text(END))


def _plain_segment(builder: Builder, *, option: bool) -> Fragment:
    """A segment that is not `.` and not `..`, maybe empty; without `option` no `-` begins it."""
    plain = without(_INSIDE, chars("." if option else ".-"))
    other = without(_INSIDE, chars("."))
    return builder.either(
        NOTHING,
        builder.sequence(builder.one(plain), builder.run(_INSIDE)),
        builder.sequence(builder.text("."), builder.one(other), builder.run(_INSIDE)),
        builder.sequence(builder.text(".."), builder.one(_INSIDE), builder.run(_INSIDE)),
    )


def _block(pattern: CommandPattern) -> Machine:
    builder = Builder()
    folder = builder.either(NOTHING, builder.sequence(builder.run(_CHAR), builder.text("/")))
    words = [folder, builder.text(pattern.program + END), builder.repeat(_any(builder))]
    for argument in pattern.arguments:
        words += [_argument(builder, argument, strict=False), builder.repeat(_any(builder))]
    return builder.machine(builder.sequence(*words))


def _with_flag(flag: Flag) -> Machine:
    """Argument lists in which a flag stands before `--`."""
    builder = Builder()
    first = _any(builder)
    before = builder.repeat(builder.sequence(_no_end_of_options(builder), builder.text(END)))
    found = builder.sequence(_flag(builder, flag), builder.text(END))
    return builder.machine(builder.sequence(first, before, found, builder.repeat(_any(builder))))


def _no_end_of_options(builder: Builder) -> Fragment:
    """Any argument but `--`."""
    other = without(_CHAR, chars("-"))
    return builder.either(
        NOTHING,
        builder.sequence(builder.one(other), builder.run(_CHAR)),
        builder.text("-"),
        builder.sequence(builder.text("-"), builder.one(other), builder.run(_CHAR)),
        builder.sequence(builder.text("--"), builder.one(_CHAR), builder.run(_CHAR)),
    )


def _flag(builder: Builder, flag: Flag) -> Fragment:
    spellings = []
    if flag.short:
        letters = chars(flag.short)
        other = without(_CHAR, chars("-"))
        spellings += [
            # The letter at once, or after others; a second hyphen would make it a long option.
            builder.sequence(
                builder.text("-"),
                builder.one(tuple(one for one in letters if one != (ord("-"), ord("-")))),
                builder.run(_CHAR),
            ),
            builder.sequence(
                builder.text("-"),
                builder.one(other),
                builder.run(_CHAR),
                builder.one(letters),
                builder.run(_CHAR),
            ),
        ]
    spellings += [
        builder.sequence(builder.text("--"), _abbreviation(builder, name), _value(builder))
        for name in flag.long
    ]
    if len(flag.initial) == 1 and flag.initial != "=":
        # No name begins with `=`, which would end it, nor with two characters at once, which
        # is what some letters are in lower case.
        spellings.append(builder.sequence(builder.text("--" + flag.initial), builder.run(_CHAR)))
    return builder.either(*spellings)


def _abbreviation(builder: Builder, name: str) -> Fragment:
    """A name's beginnings of at least one character."""
    rest = NOTHING
    for char in reversed(name[1:]):
        rest = builder.either(NOTHING, builder.sequence(builder.text(char), rest))
    return builder.sequence(builder.text(name[0]), rest)


def _value(builder: Builder) -> Fragment:
    return builder.either(NOTHING, builder.sequence(builder.text("="), builder.run(_CHAR)))


def _any(builder: Builder) -> Fragment:
    return builder.sequence(builder.run(_CHAR), builder.text(END))


def _argument(builder: Builder, argument: Argument, *, strict: bool) -> Fragment:
    if isinstance(argument, AnyArgument):
        return _any(builder)
    if isinstance(argument, TextArgument):
        return builder.text(argument.text + END)
    return builder.sequence(_segments(builder, argument.segments, strict=strict), builder.text(END))


def _segments(builder: Builder, segments: tuple[Glob | None, ...], *, strict: bool) -> Fragment:
    """Segments between slashes; a `**` takes the slash on one side of it along."""
    if segments == (None,):
        more = builder.sequence(builder.text("/"), _segment(builder, None, strict=strict))
        return builder.sequence(_segment(builder, None, strict=strict), builder.repeat(more))
    parts = []
    slash_owed = False
    for place, segment in enumerate(segments):
        if segment is None and place == len(segments) - 1:
            more = builder.sequence(builder.text("/"), _segment(builder, None, strict=strict))
            parts.append(builder.repeat(more))
            continue
        if slash_owed:
            parts.append(builder.text("/"))
        if segment is None:
            more = builder.sequence(_segment(builder, None, strict=strict), builder.text("/"))
            parts.append(builder.repeat(more))
        else:
            parts.append(_segment(builder, segment, strict=strict))
        slash_owed = segment is not None
    return builder.sequence(*parts)


def _segment(builder: Builder, glob: Glob | None, *, strict: bool) -> Fragment:
    """One segment; None takes any. An empty one is taken where written, or in a block."""
    if glob is not None and not is_starry(glob):
        return glob_fragment(builder, glob, _INSIDE)
    if glob == ():
        return NOTHING
    if strict:
        return builder.sequence(builder.one(_INSIDE), builder.run(_INSIDE))
    return builder.run(_INSIDE)


def _canonical() -> Machine:
    builder = Builder()
    program = builder.sequence(builder.one(_CHAR), builder.run(_CHAR), builder.text(END))
    return builder.machine(builder.sequence(program, builder.repeat(_any(builder))))


CANONICAL_ARGUMENTS: Final = Language(
    lambda: (_canonical(),), _is_list, frozenset({"argument list"})
)
"""Argument lists with a program."""
