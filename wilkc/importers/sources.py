"""The tools whose rules can be imported. Layer: importers (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.importers.claude_settings import read_claude
from wilkc.importers.codex import read_codex
from wilkc.importers.deno import read_deno
from wilkc.importers.draft import Draft
from wilkc.importers.gemini import read_gemini
from wilkc.importers.openshell import read_openshell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Reader = Callable[[Mapping[str, bytes], Draft], None]


def _one_by_one(read: Callable[[str, bytes, Draft], None]) -> Reader:
    """A reader of all files of a tool whose files do not change what another one means."""

    def read_all(files: Mapping[str, bytes], draft: Draft) -> None:
        for name, data in files.items():
            read(name, data, draft)

    return read_all


SOURCES: Final[Mapping[str, Reader]] = {
    "claude": read_claude,
    "codex": _one_by_one(read_codex),
    "deno": _one_by_one(read_deno),
    "gemini": read_gemini,
    "openshell": read_openshell,
}
"""Names of tools, and who reads all files of theirs."""


def import_rules(source: str, files: Mapping[str, bytes]) -> Draft:
    """The spec that the rules of a tool's files mean together.

    Args:
        source: a name of `SOURCES`.
        files: name, as notes shall show it, to content.

    Raises:
        UsageError: a file is not of that tool.
    """
    draft = Draft()
    SOURCES[source](files, draft)
    return draft
