"""Reading a pattern text: limits, tokens, braces, atoms. Layer: language (pure).

Braces are expanded over tokens, never over text, so that nothing escaped can become an
operator and every refusal names its place. What may be refused only in an expansion, such as
an extended glob that two alternatives make together, is looked for there.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final, NoReturn

from wilkc.core.errors import PatternError
from wilkc.language.atoms import AnyOne, Atom, Glob, Literal, Star
from wilkc.language.globs.braces import expand_braces
from wilkc.language.globs.lexer import lex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.language.globs.tokens import Codes, Token, Tokens

MAX_CHARACTERS: Final = 2_000
"""Code points of a pattern as written."""
MAX_WILDCARDS: Final = 64
"""Stars (`**` counts as two), question marks and classes of a pattern as written."""
_STAR: Final = Star()
EXTGLOB_HEADS: Final = frozenset("@!+*?")
_OPERATORS: Final = frozenset("(!")
"""Without one of these no expansion can hold what `_check_operators` looks for."""


def expand(text: str, codes: Codes, *, separator: str) -> tuple[Tokens, ...]:
    """Read a pattern text and expand its braces.

    Args:
        text: the pattern as written.
        codes: how refusals are reported.
        separator: the character that no wildcard takes (`/` in paths), or empty.

    Returns:
        Token sequences without braces, in the order written; one may be empty.

    Raises:
        PatternError: the text is outside the language.
    """
    _check_text(text, codes)
    tokens = lex(text, codes, separator=separator)
    _check_wildcards(text, tokens, codes)
    expansions = expand_braces(text, tokens, codes)
    if not _OPERATORS.isdisjoint(text):
        for expansion in expansions:
            _check_operators(expansion, codes)
    return tuple(expansions)


def to_glob(tokens: Sequence[Token], codes: Codes) -> Glob:
    """The atoms of one segment.

    Raises:
        PatternError: two stars stand together, which the languages give no meaning here; or
            a literal is in Unicode form NFC only as long as it is cut or escaped.
    """
    atoms: list[Atom] = []
    run: list[Token] = []
    before: Token | None = None
    for token in tokens:
        if token.kind == "char":
            run.append(token)
        else:
            _end_literal(run, atoms, codes)
            if before and before.kind == token.kind == "star":
                _refuse_stars(before, token, codes)
            atoms.append(_wildcard(token))
        before = token
    _end_literal(run, atoms, codes)
    return tuple(atoms)


def _wildcard(token: Token) -> Atom:
    if token.ranges is not None:
        return token.ranges
    return _STAR if token.kind == "star" else AnyOne()


def _end_literal(run: list[Token], atoms: list[Atom], codes: Codes) -> None:
    """Turn a run of characters into a literal and clear it."""
    if not run:
        return
    text = "".join([token.char for token in run])
    if not (text.isascii() or unicodedata.is_normalized("NFC", text)):
        _refuse_form(codes, run[0].start, run[-1].end)
    atoms.append(Literal(text))
    run.clear()


def _check_operators(tokens: Tokens, codes: Codes) -> None:
    if tokens and tokens[0].is_plain("!"):
        raise PatternError(
            codes.negation,
            "a leading `!` does not negate",
            "put the entry into the block list, or write `\\!` for the character",
            start=tokens[0].start,
            end=tokens[0].end,
        )
    for place, token in enumerate(tokens):
        head = tokens[place - 1] if place and token.is_plain("(") else token
        if head is not token and not head.escaped and head.char in EXTGLOB_HEADS:
            raise PatternError(
                codes.extglob,
                f"extended glob `{head.char}(`",
                "write the alternatives in braces `{a,b}`, or `\\(` for the character",
                start=head.start,
                end=token.end,
            )


def _check_text(text: str, codes: Codes) -> None:
    if not text:
        raise PatternError(codes.empty, "the pattern is empty", "leave it out", start=0, end=0)
    if len(text) > MAX_CHARACTERS:
        _refuse_excess(codes, text, f"{len(text)} characters, more than {MAX_CHARACTERS}")
    if text.isascii() and text.isprintable():
        return
    for place, char in enumerate(text):
        if unicodedata.category(char) in {"Cc", "Cs"}:
            raise PatternError(
                codes.unreadable,
                f"control character U+{ord(char):04X}",
                "nothing that may be asked for holds one; leave it out",
                start=place,
                end=place + 1,
            )
    if not unicodedata.is_normalized("NFC", text):
        _refuse_form(codes, 0, len(text))


def _check_wildcards(text: str, tokens: Tokens, codes: Codes) -> None:
    if len(text) <= MAX_WILDCARDS or sum(map(text.count, "*?[")) <= MAX_WILDCARDS:
        return
    count = sum(token.kind in {"star", "any", "class"} for token in tokens)
    if count > MAX_WILDCARDS:
        _refuse_excess(codes, text, f"{count} wildcards, more than {MAX_WILDCARDS}")


def _refuse_excess(codes: Codes, text: str, excess: str) -> NoReturn:
    message = f"the pattern has {excess}"
    raise PatternError(codes.limit, message, "write several entries", start=0, end=len(text))


def _refuse_form(codes: Codes, start: int, end: int) -> NoReturn:
    message = "the pattern is not in Unicode form NFC, so it would match nothing"
    advice = "write the composed characters"
    raise PatternError(codes.unreadable, message, advice, start=start, end=end)


def _refuse_stars(first: Token, second: Token, codes: Codes) -> NoReturn:
    message, advice = codes.two_stars
    raise PatternError(codes.globstar, message, advice, start=first.start, end=second.end)
