"""Which settings a file may hold. Layer: cli. Pure.

Whoever opens a pull request writes the settings that its checks run with. So a setting says how
something is shown, or asks for more than the default; none names a program, key, socket, log or
place to write to, and none leaves out, hides or weakens what is checked, tested or proved
(`docs/decisions/settings-files.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICIES: Final = "policies"
"""The one setting that belongs to no command: where else policies lie."""
MAX_POLICIES: Final = 100
"""Paths that it may name."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of one command.

    Attributes:
        parameter: the command's parameter that it stands for.
        kind: what is written: one of some words, a boolean, or a number from 0 to 100.
        words: the words that may stand there.
    """

    parameter: str
    kind: Literal["word", "boolean", "percentage"] = "word"
    words: tuple[str, ...] = ()


def _shown(*words: str) -> Setting:
    return Setting("form", words=words)


KNOWN: Final[Mapping[str, Mapping[str, Setting]]] = {
    "build": {
        "form": Setting("form", words=("indexed", "rules")),
        # Less than the default would be a bundle that nobody compared.
        "prove": Setting("wish", words=("full",)),
    },
    "check": {
        "format": _shown("text", "json", "sarif", "github", "junit"),
        "strict": Setting("strict", "boolean"),
    },
    "diff": {
        "format": _shown("text", "json", "markdown", "html"),
        "fail-on": Setting(
            "fail_on", words=("widening", "any", "risk:low", "risk:medium", "risk:high")
        ),
    },
    "explain": {"format": _shown("text", "json")},
    "prove": {"format": _shown("text", "json")},
    "test": {
        "format": _shown("text", "json", "junit"),
        "min-coverage": Setting("min_coverage", "percentage"),
        "min-mutation": Setting("min_mutation", "percentage"),
    },
}
"""Command to its settings, by the names of its options without `--`."""


def variable(command: str, key: str) -> str:
    """The variable that goes before a setting of a command, for example `WILK_DIFF_FAIL_ON`."""
    return f"WILK_{command}_{key}".upper().replace("-", "_")
