"""Path patterns, W030-W049. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code


def _list(entry: str) -> str:
    return f"permissions:\n  filesystem:\n    read:\n      - {entry}\n"


CODES: Final[tuple[Code, ...]] = (
    Code(
        "W030",
        "an empty pattern",
        "It would match nothing, or everything, depending on the reader.",
        _list("''"),
        _list("'./src/**'"),
    ),
    Code(
        "W031",
        "`**` inside a segment",
        "Tools disagree whether it then takes one segment or any depth.",
        _list("'./src/**.ts'"),
        _list("'./src/**/*.ts'"),
    ),
    Code(
        "W032",
        "an extended glob",
        "`@( !( +( *( ?(` mean different things to different shells.",
        _list("'./src/@(a|b)'"),
        _list("'./src/{a,b}'"),
    ),
    Code(
        "W033",
        "a leading `!`",
        "Negation inside a list would make the order of entries matter.",
        _list("'!./src/a'"),
        "permissions:\n  filesystem:\n    read:\n      - './src/**'\n"
        "    metadata:\n      blocked_paths:\n        - './src/a'\n",
    ),
    Code(
        "W034",
        "braces that stand for nothing, or are not closed",
        "`{a}` is a literal to some tools and `a` to others; ranges are known only to some.",
        _list("'./{a}'"),
        _list("'./{a,b}'"),
    ),
    Code(
        "W035",
        "a named character class",
        "Named classes depend on the locale.",
        _list("'./[[:alpha:]]'"),
        _list("'./[a-zA-Z]'"),
    ),
    Code(
        "W036",
        "a malformed character class",
        "An unclosed, reversed or empty class has no meaning that tools share.",
        _list("'./[z-a]'"),
        _list("'./[a-z]'"),
    ),
    Code(
        "W037",
        "a slash in a character class",
        "A class takes one character of a segment, never a separator.",
        _list("'./a[/]b'"),
        _list("'./a/b'"),
    ),
    Code(
        "W038",
        "a `.` or `..` segment",
        "Canonical paths never hold one, so the pattern would match nothing.",
        _list("'./src/../docs/**'"),
        _list("'./docs/**'"),
    ),
    Code(
        "W039",
        "an empty segment",
        "Canonical paths never hold `//`.",
        _list("'./src//a'"),
        _list("'./src/a'"),
    ),
    Code(
        "W040",
        "a character that no canonical path holds",
        "Control characters and texts outside Unicode form NFC are denied when asked for, so a "
        "block on them would block nothing.",
        _list('"./cafe\\u0301"'),
        _list("'./caf\u00e9'"),
    ),
    Code(
        "W041",
        "a backslash that escapes nothing",
        "At the end or before a slash it has no meaning that tools share.",
        _list("'./a\\'"),
        _list("'./a'"),
    ),
    Code(
        "W042",
        "a leading hyphen",
        "It looks like an option, and is one to many programs.",
        _list("'-x'"),
        _list("'./-x'"),
    ),
    Code(
        "W043",
        "a pattern beyond the limits",
        "Patterns are short; what exceeds 2,000 characters, 64 wildcards or 1,000 brace "
        "expansions is an accident or an attack on the compiler.",
        _list(f"'{'*a' * 65}'"),
        _list("'./a/**'"),
    ),
    Code(
        "W044",
        "`~` that is not the whole first segment",
        "It means the home directory only at the front and alone: `~name` is another user's home "
        "to a shell, and a file of that name to other tools.",
        _list("'./a/~/b'"),
        _list("'~/b'"),
    ),
)
