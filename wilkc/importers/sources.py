"""The tools whose rules can be imported. Layer: importers (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.importers.claude import read_claude
from wilkc.importers.codex import read_codex
from wilkc.importers.deno import read_deno
from wilkc.importers.draft import Draft

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOURCES: Final[Mapping[str, Callable[[str, bytes, Draft], None]]] = {
    "claude": read_claude,
    "codex": read_codex,
    "deno": read_deno,
}
"""Names of tools, and who reads one file of theirs."""


def import_rules(source: str, files: Mapping[str, bytes]) -> Draft:
    """The spec that the rules of a tool's files mean together.

    Args:
        source: a name of `SOURCES`.
        files: name, as notes shall show it, to content.

    Raises:
        UsageError: a file is not of that tool.
    """
    draft = Draft()
    for name, data in files.items():
        SOURCES[source](name, data, draft)
    return draft
