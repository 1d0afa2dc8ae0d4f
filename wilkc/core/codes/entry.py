"""The shape of a registered diagnostic code. Layer: core (leaf)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A diagnostic code and its page in the reference.

    Attributes:
        id: `W` and three digits.
        title: the rule in a few words, lower case, no full stop.
        why: one to three whole sentences: what would go wrong.
        before: YAML, or one pattern, that draws the code.
        after: what to write instead.
        fix: what `wilkc check --fix` does about it, or why it does nothing; empty for errors,
            which only their author can mend.
    """

    id: str
    title: str
    why: str
    before: str
    after: str
    fix: str = ""
