"""Whether a path is one of a secret, wherever it stands. Layer: analyze (pure).

The tables are those of lint and of reviews. Here every pattern floats and case is ignored: a
home may be mounted anywhere, and an argument names a file from wherever the command runs.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from wilkc.analyze.difference.secrets import SECRETS
from wilkc.analyze.lint.tables import secret_texts
from wilkc.language.atoms import BLOCK
from wilkc.language.paths import Path, PathPattern, parse_path_rule, path_matches

_ROOT: Final = re.compile(r"^(?:~/|\./|/)")
_SEPARATORS: Final = re.compile(r"[/\\]+")
_FURTHER: Final = (
    "**/.{pgpass,my.cnf,boto,s3cfg,dockercfg}",
    "**/{credentials,secrets}.{json,yml,yaml,toml}",
)


def secret_file(text: str) -> str:
    """What kind of secret a path is, in a few words, or empty.

    Args:
        text: a path under any root, canonical or not, or an argument that may be one.
    """
    segments = tuple(
        one for one in _SEPARATORS.split(text.casefold()) if one not in {"", ".", ".."}
    )
    path = Path("/", segments)
    return next((what for what, pattern in _patterns() if path_matches(pattern, path)), "")


@cache
def _patterns() -> tuple[tuple[str, PathPattern], ...]:
    named = [
        *secret_texts(),
        *((kind, text) for kind, texts in SECRETS.items() for text in texts),
        *(("files of credentials", text) for text in _FURTHER),
    ]
    return tuple(
        (what, pattern)
        for what, text in named
        for pattern in parse_path_rule(_floating(text).casefold(), BLOCK)
        if pattern.root == "/"
    )


def _floating(text: str) -> str:
    return text if text.startswith("**/") else f"**/{_ROOT.sub('', text)}"
