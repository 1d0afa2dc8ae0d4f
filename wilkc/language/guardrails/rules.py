"""Guardrail texts in explicit form. Layer: language (pure). LANGUAGE.md section 10.

`TYPE:PATTERN ACTION` names a set of requests; its pattern is read in block position, so that
it floats and covers everything below what it names, as a block would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import PatternError
from wilkc.language.atoms import BLOCK
from wilkc.language.commands import parse_command_rule
from wilkc.language.hosts import parse_host_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CODE: Final = "W112"
_HELP: Final = "write it like `file:**/.ssh/** read`, or `shell:rm * execute`"
_PARSERS: Final[Mapping[str, Callable[[str], tuple[Any, ...]]]] = {
    "file": lambda text: parse_path_rule(text, BLOCK),
    "shell": lambda text: parse_command_rule(text, BLOCK),
    "network": parse_host_rule,
    **dict.fromkeys(("llm", "data", "system", "tool", "agent"), parse_name_rule),
}
_ENVIRONMENT: Final = tuple(f"env.{action}" for action in ("read", "write"))
_CONFIG: Final = tuple(f"config.{action}" for action in ("read", "modify"))
_REGISTRY: Final = tuple(f"registry.{action}" for action in ("publish", "install", "download"))
_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "file": ("read", "write", "execute", "delete", "watch"),
    "shell": ("execute",),
    "network": ("connect",),
    "llm": ("request",),
    "data": ("process", "store", "export"),
    "system": ("info", "signal", *_ENVIRONMENT, *_CONFIG, *_REGISTRY, "admin"),
    "tool": ("call",),
    "agent": ("use", "create", "modify", "delete", "share"),
}


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A set of requests.

    Attributes:
        type: resource type.
        action: the one action.
        patterns: of the type's own language, in block position.
    """

    type: str
    action: str
    patterns: tuple[Any, ...]


def parse_guardrail(text: str) -> Guardrail:
    """The requests that a guardrail names.

    Raises:
        PatternError: it has another shape, or its pattern is outside the language.
    """
    kind, colon, rest = text.partition(":")
    pattern, blank, action = rest.rpartition(" ")
    if not (colon and blank and pattern):
        raise _refused(f"`{text}` is not of the form TYPE:PATTERN ACTION", _HELP, 0, len(text))
    if kind not in _PARSERS:
        advice = f"use one of {', '.join(_PARSERS)}"
        raise _refused(f"there is no resource type `{kind}`", advice, 0, len(kind))
    if action not in _ACTIONS[kind]:
        advice = f"use one of {', '.join(_ACTIONS[kind])}"
        start = len(text) - len(action)
        raise _refused(f"`{kind}` has no action `{action}`", advice, start, len(text))
    try:
        return Guardrail(kind, action, _PARSERS[kind](pattern))
    except PatternError as error:
        shift = len(kind) + 1
        raise PatternError(
            error.code,
            error.message,
            error.help_text,
            start=error.start + shift,
            end=error.end + shift,
        ) from error


def _refused(message: str, advice: str, start: int, end: int) -> PatternError:
    return PatternError(_CODE, message, advice, start=start, end=max(end, start + 1))
