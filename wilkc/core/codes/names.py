"""Name patterns, W090-W099. Layer: core (leaf)."""

from __future__ import annotations

from typing import Final

from wilkc.core.codes.entry import Code


def _list(entry: str) -> str:
    return f"permissions:\n  llm:\n    allowed_models:\n      - {entry}\n"


CODES: Final[tuple[Code, ...]] = (
    Code(
        "W090",
        "an empty name pattern",
        "An empty text names nothing.",
        _list("''"),
        _list("'gpt-4'"),
    ),
    Code(
        "W091",
        "two stars together",
        "One star already takes any text; two are a path pattern by mistake.",
        _list("'gpt-**'"),
        _list("'gpt-*'"),
    ),
    Code(
        "W092",
        "an extended glob",
        "`@( !( +( *( ?(` mean different things to different tools.",
        _list("'+(a|b)'"),
        _list("'{a,b}'"),
    ),
    Code(
        "W093",
        "a leading `!`",
        "Negation inside a list would make the order of entries matter.",
        _list("'!gpt-4'"),
        "permissions:\n  llm:\n    allowed_models:\n      - 'gpt-*'\n"
        "    blocked_models:\n      - 'gpt-4'\n",
    ),
    Code(
        "W094",
        "braces that stand for nothing, or are not closed",
        "`{a}` is a literal to some tools and `a` to others.",
        _list("'{a}'"),
        _list("'{a,b}'"),
    ),
    Code(
        "W095",
        "a malformed character class",
        "An unclosed, reversed, empty or named class has no meaning that tools share.",
        _list("'gpt-[9-0]'"),
        _list("'gpt-[0-9]'"),
    ),
    Code(
        "W096",
        "a character that no name holds",
        "A name with control characters, or outside Unicode form NFC, is denied when asked for.",
        _list('"cafe\\u0301"'),
        _list("'caf\u00e9'"),
    ),
    Code(
        "W097",
        "a backslash that escapes nothing",
        "At the end it has no meaning that tools share.",
        _list("'gpt\\'"),
        _list("'gpt'"),
    ),
    Code(
        "W098",
        "a pattern beyond the limits",
        "What exceeds 2,000 characters, 64 wildcards or 1,000 brace expansions is an accident or "
        "an attack on the compiler.",
        _list(f"'{'*a' * 65}'"),
        _list("'a*'"),
    ),
)
