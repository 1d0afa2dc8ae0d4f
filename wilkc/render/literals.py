"""Values as Rego literals: everything that came from a spec passes through here.

Layer: render. A literal is one line of printable characters, so that no text ends a comment,
a METADATA block or the literal it stands in. Rego's strings are JSON's (RFC 8259) or raw
between backquotes; METADATA is YAML, of which JSON with these escapes is a part.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import MAX_INTEGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wilkc.core.contract import Json

# What YAML does not take as it is, what some reader takes for the end of a line, what
# reorders or hides text on a screen, and the private mark that editors write first.
_ESCAPED: Final = re.compile(
    "[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]"
)
_RAW: Final = re.compile(r"[ -_a-~]*\\[ -_a-~]*")
"""Printable ASCII with a backslash and without a backquote: raw strings spare the doubling."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEP: Final = re.compile(r"[A-Za-z0-9_.-]+")
_KEYWORDS: Final = frozenset(
    [
        "as",
        "contains",
        "data",
        "default",
        "else",
        "every",
        "false",
        "if",
        "import",
        "in",
        "input",
        "not",
        "null",
        "package",
        "set",
        "some",
        "true",
        "with",
    ]
)


def rego(value: Json) -> str:
    """A JSON value, or a set of such, as a Rego literal of one line.

    Args:
        value: None, bool, int of at most 53 bits, str, and lists, tuples, sets and str-keyed
            dicts of these. Members of dicts and sets come out sorted.

    Raises:
        ValueError: the value is of another kind, or a text holds a lone surrogate.
    """
    if isinstance(value, str) and _RAW.fullmatch(value):
        return f"`{value}`"
    return _literal(value, rego)


def metadata(value: Json) -> str:
    """The same as `rego` in double quotes throughout, which is YAML too: for METADATA."""
    return _literal(value, metadata)


def identifier(text: str) -> bool:
    """Whether a text can stand as a name in Rego without quotes."""
    return _NAME.fullmatch(text) is not None and text not in _KEYWORDS


def reference(steps: Iterable[str]) -> str:
    """A reference such as `system["env.read"].allow`, for names that Wilk itself gives.

    Raises:
        ValueError: the first step is no identifier, or another holds more than letters, digits,
            `_`, `-` and `.`: `opa fmt` cannot print every text in a rule's head.
    """
    first, *others = steps
    if not identifier(first) or not all(map(_STEP.fullmatch, others)):
        raise ValueError(f"`{[first, *others]}` cannot stand in a reference")
    return first + "".join(f".{step}" if identifier(step) else f'["{step}"]' for step in others)


def _literal(value: Json, write: Callable[[Json], str]) -> str:
    match value:
        case None | bool():
            return json.dumps(value)
        case str():
            return _quoted(value)
        case int() if -MAX_INTEGER <= value <= MAX_INTEGER:
            return str(int(value))
        case list() | tuple():
            return f"[{', '.join(write(item) for item in value)}]"
        case set() | frozenset():
            return f"{{{', '.join(sorted(write(item) for item in value))}}}" if value else "set()"
        case dict():
            pairs = (f"{_key(key)}: {write(value[key])}" for key in sorted(value))
            return f"{{{', '.join(pairs)}}}"
    raise ValueError(f"a value of kind `{type(value).__name__}` is no literal")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise ValueError(f"object key {key!r} is not text")  # noqa: TRY004 - as in rego()
    return _quoted(key)


def _quoted(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("text holds a lone surrogate") from error
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
