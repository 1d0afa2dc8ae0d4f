"""Shell lines from a seed, tidy and hostile, for the tests of the command lexer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

PROGRAMS = [
    "git", "ls", "cat", "rm", "sort", "make", "python3", "./run.sh", "tools/x", "/opt/no/x", "é",
    "a", "ab", "x.ts", "-x", "7", "a@b", "a+b", "a,b", "a.b", "a^b", "a:b", "a-b", "_",
    "cd", "exit", "exec", "command", "builtin", "export", "set", "unset", "test", "true", "false",
    ".", ":", "source", "trap", "alias", "echo", "read", "kill", "wait", "let", "return",
    "break", "continue", "shift", "declare", "mapfile", "env", "sudo", "xargs", "ßa", "日本",
]  # fmt: skip
PLAIN = [
    "a", "b", "ab", "status", "-r", "-rf", "--force", "--x=y", "-", "--", "x.ts", "./a", "../a",
    "/", "/no/b", "a=b", "A=1", "=", "==", "=a", "a==b", "a+=b", "1", "10", "0x1", "1.5", "-1", "2",
    "%s", "%1", "@", "+x", "a:b", "a,b", "^", "a^b", "a#b", "a!b", "a~", "a~b", "_", "time", "if",
    "in", "done", ".", "..", ":", "é", "ß", "日本", "😀", "e\u0301", "ſ", "\u0130", "\ue000",
    "\u0378",
]  # fmt: skip
SEPARATORS = ["&&", "||", ";", "|"]
QUIET = ["2>&1", ">/dev/null", "1>/dev/null", "2>/dev/null", "&>/dev/null"]
BLANKS = [" ", " ", " ", "  ", "\t", " \t "]
REFUSED_SIGNS = [
    "$", "$a", "${a}", "$(a)", "$((1))", "$'a'", "$'\\n'", '$"a"', "$@", "$?", "`a`", "`", '"$a"',
    '"`a`"', '"$(a)"', '"a!b"', '"!"', '"\\$a"', "<a", ">a", ">>a", "<<a", "<<<a", "2>a", "<(a)",
    ">(a)", ">&2", "1>&2", "&>a", "&>>a", ">|a", "<>a", "{x}>a", ">/dev/nul", "3>/dev/null",
    "2>&1a", ">/dev/null/a", "(", ")", "(a)", "a()", "{ a; }", "{", "}", "{a,b}", "{1..3}", "*",
    "?", "[a]", "[", "]", "[[", "a*", "+(a)", "~", "~root", "~/a", "~+", "a=~", "a:~", "!", "!!",
    "!a", "!$", "#", "#a", "# a", "&", "a&", "& a", "|&", ";;", ";&", ";;&", "&&&", "|||", "'", '"',
    "\\",
]  # fmt: skip
REFUSED_CHARACTERS = [
    "\n", "\r", "\r\n", "\\\n", "\0", "\x01", "\x07", "\x0b", "\x0c", "\x1b", "\x7f", "\x85",
    "\u00a0", "\u3000", "\u200b", "\u200d", "\u202e", "\u2028", "\ufeff", "\ud800",
]  # fmt: skip
REFUSED = [*REFUSED_SIGNS, *REFUSED_CHARACTERS]
STARTS = [
    "A=b", "a+=b", "_x=", "if", "then", "else", "elif", "fi", "for", "while", "until", "do", "done",
    "case", "esac", "in", "function", "select", "coproc", "%1", "%a", "'%b'", "''", '""', "'a b'",
    "12", "e'ch'o", '"i"f', "\\if", "A\\=b", "'A'=b", "A'='b", "é=b", "1=b", "a.b=c", "=c",
]  # fmt: skip
INSIDE_SINGLE = [*PLAIN, *REFUSED_SIGNS, " ", "\t", ";", "&&", "|", "$HOME", "*"]
INSIDE_DOUBLE = [
    *PLAIN, "'", "''", '\\"', "\\\\", "\\a", "\\n", "\\'", "\\ ", "\\*", "*", "?", "[a]", "{a,b}",
    "~", "#", "# a", ";", "&&", "|", "<", ">", "(", ")", "&", " ", "\t", "  ",
]  # fmt: skip
ESCAPED = [chr(code) for code in range(0x20, 0x7F)] + ["\t", "é", "日", "😀", "n", "'", '"']
SOUP = [*" \t'\"\\;|&#!~=:%^-+,.@/ab12", *SEPARATORS, *QUIET, *REFUSED, *STARTS]
MOST_COMMANDS = 50
MOST_CHARACTERS = 10_001


@dataclass(frozen=True)
class ShellLines:
    """An endless supply of lines; everything random comes from `random`."""

    random: random.Random

    def line(self) -> str:
        """A line of one of the kinds: tidy, with hostile pieces, edited at random, or soup."""
        kind = self.random.random()
        if kind < 0.6:
            return self._commands(hostile=0.0)
        if kind < 0.75:
            return self._commands(hostile=0.05)
        if kind < 0.95:
            return self._edited(self._commands(hostile=0.0))
        if kind < 0.999:
            return "".join(self._some(SOUP, 1, 9))
        more = self.random.randint(0, 99)
        return self.random.choice(
            ["a;" * (MOST_COMMANDS + more) + "a", "a" * (MOST_CHARACTERS + more)]
        )

    def _some(self, pool: Sequence[str], least: int, most: int) -> list[str]:
        return self.random.choices(pool, k=self.random.randint(least, most))

    def _commands(self, hostile: float) -> str:
        line = self._command(hostile)
        while self.random.random() < 0.35:
            before, after = self._some(["", *BLANKS], 2, 2)
            line += before + self.random.choice(SEPARATORS) + after + self._command(hostile)
        return (
            self.random.choice(["", "", "", " ", "\t"]) + line + self.random.choice(["", "", " "])
        )

    def _command(self, hostile: float) -> str:
        words = [self._program(hostile)]
        words += [self._word(hostile) for _ in range(self.random.randint(0, 4))]
        while self.random.random() < 0.1:
            words.insert(self.random.randint(0, len(words)), self.random.choice(QUIET))
        line = words[0]
        for word in words[1:]:
            line += self.random.choice(BLANKS) + word
        return line

    def _program(self, hostile: float) -> str:
        if self.random.random() < hostile:
            return self.random.choice([*STARTS, *REFUSED])
        name = self.random.choice(PROGRAMS)
        how = self.random.random()
        if how < 0.8:
            return name
        place = self.random.randrange(len(name))
        if how < 0.9:
            quote = self.random.choice("'\"")
            return name[:place] + quote + name[place:] + quote
        return name[:place] + "\\" + name[place:]

    def _word(self, hostile: float) -> str:
        return "".join(self._piece(hostile) for _ in range(self.random.choice([1, 1, 1, 2, 3])))

    def _piece(self, hostile: float) -> str:
        if self.random.random() < hostile:
            return self.random.choice(REFUSED)
        kind = self.random.random()
        if kind < 0.5:
            return self.random.choice(PLAIN)
        if kind < 0.65:
            return "'" + "".join(self._some(INSIDE_SINGLE, 0, 3)).replace("'", "") + "'"
        if kind < 0.85:
            return '"' + "".join(self._some(INSIDE_DOUBLE, 0, 3)) + '"'
        if kind < 0.97:
            return "\\" + self.random.choice(ESCAPED)
        return chr(self.random.choice([*range(0xA1, 0xD7FF, 97), *range(0xE000, 0x1FFFF, 997)]))

    def _edited(self, line: str) -> str:
        for _ in range(self.random.randint(1, 2)):
            place = self.random.randint(0, len(line))
            end = place + self.random.choice([0, 0, 1, 2])
            line = line[:place] + "".join(self._some(SOUP, 0, 1)) + line[end:]
        return line
