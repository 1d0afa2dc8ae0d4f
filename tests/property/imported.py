"""What every import of rules must hold: the spec allows no more than they did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.errors import UsageError
from wilkc.importers import import_rules
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Request
    from wilkc.importers import Draft

LIBRARY = read_library()


def drafted(source: str, files: Mapping[str, bytes]) -> tuple[Draft | None, str]:
    """The draft; or None, and why the files are refused."""
    try:
        return import_rules(source, files), ""
    except UsageError as error:
        return None, error.message


def allowed_of(draft: Draft, asked: Iterable[tuple[Request, bool]], rules: object) -> int:
    """How many requests the spec allows, each of which the source must allow as well.

    Args:
        draft: what was imported.
        asked: requests, and whether the source allows them.
        rules: shown where it does not.
    """
    text = draft.document("a")
    plan = compile_sources({"a.yaml": text.encode()}, LIBRARY).plan
    allowed = 0
    for request, permitted in asked:
        if decide(plan, request).allow:
            allowed += 1
            assert permitted, (rules, request, text)
    return allowed
