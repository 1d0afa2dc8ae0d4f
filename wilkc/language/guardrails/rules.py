"""Sets of requests in one line. Layer: language (pure). LANGUAGE.md section 10.

`TYPE:PATTERN ACTION` names a set of requests. The pattern of a guardrail is read in block
position, so that it floats and covers everything below what it names, as a block would; that
of a grant in allow position, as in a spec's own list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.commands import parse_command_rule
from wilkc.language.hosts import parse_host_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule

_Parsers = Mapping[str, Callable[[str], tuple[Any, ...]]]
_GUARDRAIL: Final = "W112"
_GRANT: Final = "W130"
_EXAMPLES: Final[Mapping[str, str]] = {
    _GUARDRAIL: "write it like `file:**/.ssh/** read`, or `shell:rm * execute`",
    _GRANT: "write it like `file:./hotfix/** write`, or `shell:git push * execute`",
}
_NAMES: Final = ("system", "tool", "agent")
_BLOCKED: Final[_Parsers] = {
    "file": lambda text: parse_path_rule(text, BLOCK),
    "shell": lambda text: parse_command_rule(text, BLOCK),
    "network": parse_host_rule,
    **dict.fromkeys(("llm", "data", *_NAMES), parse_name_rule),
}
_GRANTED: Final[_Parsers] = {
    "file": lambda text: parse_path_rule(text, ALLOW),
    "shell": lambda text: parse_command_rule(text, ALLOW),
    "network": parse_host_rule,
    **dict.fromkeys(("llm", *_NAMES), parse_name_rule),
}
_ENVIRONMENT: Final = tuple(f"env.{action}" for action in ("read", "write"))
_CONFIG: Final = tuple(f"config.{action}" for action in ("read", "modify"))
_REGISTRY: Final = tuple(f"registry.{action}" for action in ("publish", "install", "download"))
_WHOLE: Final = frozenset({"signal", "admin"})
"""What `system` has no patterns for: it is given as a whole or not at all."""
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
_ALIASES: Final[Mapping[tuple[str, str], str]] = {("network", "request"): "connect"}
"""Other names that actions have in requests."""


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


@dataclass(frozen=True, slots=True)
class Granted:
    """Requests that one entry of an allow list would permit.

    Attributes:
        type: resource type.
        action: the one action.
        pattern: text of the type's own language, as an allow list holds it.
    """

    type: str
    action: str
    pattern: str


def parse_guardrail(text: str) -> Guardrail:
    """The requests that a guardrail names.

    Raises:
        PatternError: it has another shape, or its pattern is outside the language.
    """
    kind, pattern, action = _parts(text, _BLOCKED, _GUARDRAIL)
    return Guardrail(kind, action, _parsed(_BLOCKED, kind, pattern))


def parse_granted(text: str) -> Granted:
    """The requests that a grant permits.

    Raises:
        PatternError: it has another shape, its pattern is outside the language, or such
            requests are not permitted by entries of lists.
    """
    kind, pattern, action = _parts(text, _GRANTED, _GRANT)
    if kind == "system" and action in _WHOLE:
        advice = "give it by a spec, which is reviewed and released"
        start = len(text) - len(action)
        raise _refused(
            _GRANT, f"`{action}` cannot be granted for a while", advice, start, len(text)
        )
    _parsed(_GRANTED, kind, pattern)
    return Granted(kind, action, pattern)


def _parts(text: str, parsers: _Parsers, code: str) -> tuple[str, str, str]:
    """Type, pattern and action."""
    kind, colon, rest = text.partition(":")
    pattern, blank, action = rest.rpartition(" ")
    if not (colon and blank and pattern):
        raise _refused(
            code, f"`{text}` is not of the form TYPE:PATTERN ACTION", _EXAMPLES[code], 0, len(text)
        )
    if kind not in parsers:
        advice = f"use one of {', '.join(parsers)}"
        raise _refused(code, _unknown(kind, code), advice, 0, len(kind))
    named = _ALIASES.get((kind, action), action)
    if named not in _ACTIONS[kind]:
        advice = f"use one of {', '.join(_ACTIONS[kind])}"
        start = len(text) - len(action)
        raise _refused(code, f"`{kind}` has no action `{action}`", advice, start, len(text))
    return kind, pattern, named


def _unknown(kind: str, code: str) -> str:
    if code == _GRANT and kind in _ACTIONS:
        return f"`{kind}` cannot be granted for a while"
    return f"there is no resource type `{kind}`"


def _parsed(parsers: _Parsers, kind: str, pattern: str) -> tuple[Any, ...]:
    try:
        return parsers[kind](pattern)
    except PatternError as error:
        shift = len(kind) + 1
        raise PatternError(
            error.code,
            error.message,
            error.help_text,
            start=error.start + shift,
            end=error.end + shift,
        ) from error


def _refused(code: str, message: str, advice: str, start: int, end: int) -> PatternError:
    return PatternError(code, message, advice, start=start, end=max(end, start + 1))
