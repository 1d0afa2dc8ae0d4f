"""The facts of each harness, one module each; a new one is added to `BY_NAME`. Layer: adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.harnesses.claude import CLAUDE
from wilkc.adapters.hooks.harnesses.codex import CODEX
from wilkc.adapters.hooks.harnesses.copilot import COPILOT
from wilkc.adapters.hooks.harnesses.cursor import CURSOR
from wilkc.adapters.hooks.harnesses.gemini import GEMINI
from wilkc.adapters.hooks.model import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.hooks.model import Harness

__all__ = ["BY_NAME", "harness_of"]

BY_NAME: Final[Mapping[str, Harness]] = {
    one.name: one for one in (CLAUDE, CODEX, COPILOT, CURSOR, GEMINI)
}


def harness_of(payload: Mapping[str, Any], named: str | None) -> Harness:
    """The harness that sent a payload.

    Args:
        payload: what was sent.
        named: who it is said to be, or None.

    Raises:
        RequestError: the payload bears the mark of another one than was named.
    """
    marked = _marked(payload)
    if named is None:
        return BY_NAME[marked or CLAUDE.name]
    if marked not in {None, named}:
        raise refusal(f"the payload is of `{marked}`, and the hook is set up for `{named}`")
    return BY_NAME[named]


def _marked(payload: Mapping[str, Any]) -> str | None:
    if "cursor_version" in payload:
        return CURSOR.name
    if "toolName" in payload:
        return COPILOT.name
    if payload.get("hook_event_name") in {"BeforeTool", "AfterTool"}:
        return GEMINI.name
    return CODEX.name if "turn_id" in payload else None
