"""The strict shell lexer. Layer: language (pure). LANGUAGE.md section 4.

It accepts the part of the POSIX shell's language in which a line means the same argument
lists to every shell, and refuses everything else: nothing is expanded, ever. Sources: POSIX
XCU chapter 2 (quoting, tokens), bash reference manual sections 3.1 and 9.3.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from wilkc.core.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

Argv = tuple[str, ...]
MAX_CHARACTERS: Final = 10_000
MAX_COMMANDS: Final = 50
MAX_ARGUMENTS: Final = 1_000
RESERVED: Final = frozenset(
    {
        "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done", "case",
        "esac", "in", "function", "select", "coproc",
    }
)  # fmt: skip
GLOB_CHARACTERS: Final = frozenset("*?[]{}")
_REFUSED: Final = {
    "$": "shell_expansion",
    "`": "shell_expansion",
    "<": "shell_redirection",
    ">": "shell_redirection",
    "(": "shell_grouping",
    ")": "shell_grouping",
    "{": "shell_grouping",
    "}": "shell_grouping",
    "*": "shell_unquoted_glob",
    "?": "shell_unquoted_glob",
    "[": "shell_unquoted_glob",
    "]": "shell_unquoted_glob",
}
_LEADING: Final = {"~": "shell_expansion", "!": "shell_history", "#": "shell_comment"}
_REDIRECTION: Final = re.compile(r"(?:2>&1|[12]?>/dev/null|&>/dev/null)(?=[ \t;|]|&&|$)")
_REDIRECTION_HEADS: Final = frozenset("12>&")
ASSIGNMENT: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_ORDINARY: Final = re.compile(r"[A-Za-z0-9_./-]+")
"""Characters that mean themselves wherever a word has begun."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9_./-]+(?: [A-Za-z0-9_./-]+)*")
_PLAIN_GLOBS: Final = re.compile(r"[A-Za-z0-9_./*-]+(?: [A-Za-z0-9_./*-]+)*")
"""Words of ordinary characters alone, which is what most lines are: cut at their blanks."""
_BLANKLESS: Final = re.compile(r"[^ ]+")
QUOTED: Final = "\0"
"""Stands in `Word.bare` for a character that was quoted."""
_KEPT_BACKSLASH: Final = frozenset('"\\')
_UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt), and the empty braille cell."""


class Word(NamedTuple):
    """One word of a command.

    Attributes:
        text: the word as a program receives it.
        bare: the same with NUL, which no text holds, for each character that a quote or a
            backslash made plain.
        start: offset of its first code point, which may be a quote.
        end: offset after its last.
    """

    text: str
    bare: str
    start: int
    end: int

    @property
    def unquoted_prefix(self) -> str:
        """Its characters up to the first that is quoted."""
        return self.bare.partition(QUOTED)[0]


_new_word: Callable[[tuple[str, str, int, int]], Word] = partial(tuple.__new__, Word)


def lex_line(text: str) -> tuple[Argv, ...]:
    """The argument lists of a line, one for each simple command.

    Args:
        text: a shell line; separators are `&& || ; |`.

    Returns:
        At least one argument list; redirections that only silence or join output are left
        out, because Wilk itself connects the output.

    Raises:
        RequestError: the line is outside the language; the detail begins with `shell_`.
    """
    commands = lex_words(text, globs=False)
    if len(commands) > MAX_COMMANDS:
        raise RequestError("shell_too_long", f"more than {MAX_COMMANDS} commands in a line")
    for words in commands:
        _check_command_word(words)
    return tuple(tuple(word.text for word in words) for words in commands)


def lex_words(text: str, *, globs: bool) -> tuple[tuple[Word, ...], ...]:
    """The words of each simple command of a text.

    Args:
        text: a shell line or a command pattern.
        globs: whether `* ? [ ] { }` may stand unquoted.

    Raises:
        RequestError: the text is outside the language.
    """
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        raise RequestError("shell_too_long", f"more than {MAX_CHARACTERS} characters")
    _check_characters(text)
    return _Lexer(text, globs=globs).commands()


def check_argv(argv: object) -> Argv:
    """An argument list as a program could receive it.

    Raises:
        RequestError: with detail `shell_argv_invalid`: not a list of texts, empty, too long,
            or an argument holds NUL.
    """
    if not isinstance(argv, list | tuple) or not argv or len(argv) > MAX_ARGUMENTS:
        raise RequestError("shell_argv_invalid", "a command must be a list of arguments")
    for argument in argv:
        if not isinstance(argument, str) or "\0" in argument:
            raise RequestError("shell_argv_invalid", "an argument must be text without NUL")
    if not argv[0] or sum(map(len, argv)) > MAX_CHARACTERS:
        raise RequestError("shell_argv_invalid", "the command is empty or too long")
    return tuple(argv)


def _check_characters(text: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for char in text:
        if char in " \t" or (char.isascii() and char.isprintable()):
            continue
        category = unicodedata.category(char)
        if category in {"Cc", "Cs"}:
            raise RequestError("shell_control_character", f"control character U+{ord(char):04X}")
        if category in {"Cf", "Zs", "Zl", "Zp"} or _UNSEEN.match(char):
            raise RequestError("shell_invisible_character", f"invisible U+{ord(char):04X}")


def _check_command_word(words: tuple[Word, ...]) -> None:
    first = words[0]
    if ASSIGNMENT.match(first.unquoted_prefix):
        raise RequestError("shell_assignment", "an assignment before the command")
    if first.text in RESERVED and first.text == first.unquoted_prefix:
        raise RequestError("shell_reserved_word", f"the reserved word `{first.text}`")
    if first.text.startswith("%"):  # bash takes it for `fg %...`, quoted or not
        raise RequestError("shell_reserved_word", f"`{first.text}` names a job of the shell")


class _Lexer:
    """Cuts one text; `_texts` and `_bares` are the pieces of the word that is open, if one is."""

    def __init__(self, text: str, *, globs: bool) -> None:
        self._text = text
        self._globs = globs
        self._place = 0
        self._open = False
        self._texts: list[str] = []
        self._bares: list[str] = []
        self._start = 0
        self._words: list[Word] = []
        self._commands: list[tuple[Word, ...]] = []

    def commands(self) -> tuple[tuple[Word, ...], ...]:
        plain = _PLAIN_GLOBS if self._globs else _PLAIN
        if plain.fullmatch(self._text):
            return (
                tuple(_new_word((m[0], m[0], *m.span())) for m in _BLANKLESS.finditer(self._text)),
            )
        while self._place < len(self._text):
            self._step(self._text[self._place])
        self._end_command()
        return tuple(self._commands)

    def _step(self, char: str) -> None:
        if char in " \t":
            self._end_word()
            self._place += 1
        elif (
            not self._open
            and char in _REDIRECTION_HEADS
            and (found := _REDIRECTION.match(self._text, self._place))
        ):
            self._place = found.end()
        elif char in "&|;":
            self._separator(char)
        elif char == "'":
            self._single_quoted()
        elif char == '"':
            self._double_quoted()
        elif char == "\\":
            self._escaped()
        else:
            self._plain(char)

    def _plain(self, char: str) -> None:
        if not self._open and char in _LEADING:
            _refuse(_LEADING[char], f"a word begins with `{char}`")
        if char in _REFUSED and not (self._globs and char in GLOB_CHARACTERS):
            _refuse(_REFUSED[char], f"an unquoted `{char}`")
        if char == "~" and self._texts and self._texts[-1][-1] in "=:":
            _refuse("shell_expansion", "a `~` that some shells expand")
        ordinary = _ORDINARY.match(self._text, self._place)
        run = ordinary[0] if ordinary else char
        self._add(run, run)
        self._place += len(run)

    def _separator(self, char: str) -> None:
        self._end_word()
        pair = self._text[self._place : self._place + 2]
        if pair in {"&&", "||"}:
            self._place += 2
        elif char == "&" or pair in {"|&", ";;", ";&"}:
            _refuse("shell_operator", f"the operator `{pair.strip() or char}`")
        else:
            self._place += 1
        self._end_command()

    def _single_quoted(self) -> None:
        end = self._text.find("'", self._place + 1)
        if end < 0:
            _refuse("shell_open_quote", "a quote is not closed")
        inside = self._text[self._place + 1 : end]
        self._add(inside, QUOTED * len(inside))
        self._place = end + 1

    def _double_quoted(self) -> None:
        self._add("", "")
        self._place += 1
        while True:
            char = self._text[self._place : self._place + 1]
            if not char:
                _refuse("shell_open_quote", "a quote is not closed")
            if char == '"':
                self._place += 1
                return
            if char in "$`!":
                _refuse("shell_expansion", f"`{char}` between double quotes")
            after = self._text[self._place + 1 : self._place + 2]
            if char == "\\" and after in _KEPT_BACKSLASH and after:
                self._place += 1
                char = after
            self._add(char, QUOTED)
            self._place += 1

    def _escaped(self) -> None:
        after = self._text[self._place + 1 : self._place + 2]
        if not after:
            _refuse("shell_open_quote", "a backslash at the end")
        self._add(after, QUOTED)
        self._place += 2

    def _add(self, text: str, bare: str) -> None:
        """Continue the word, or begin one here; quotes begin one also where nothing is in them."""
        if not self._open:
            self._open = True
            self._start = self._place
        if text:
            self._texts.append(text)
            self._bares.append(bare)

    def _end_word(self) -> None:
        if self._open:
            text, bare = "".join(self._texts), "".join(self._bares)
            self._words.append(Word(text, bare, self._start, self._place))
            self._texts, self._bares, self._open = [], [], False

    def _end_command(self) -> None:
        self._end_word()
        if not self._words:
            _refuse("shell_empty_command", "an empty command")
        self._commands.append(tuple(self._words))
        self._words = []


def _refuse(detail: str, what: str) -> NoReturn:
    raise RequestError(detail, f"the command line is not understood: {what}")
