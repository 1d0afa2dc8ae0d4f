"""Scalars as text: without quotes where every reader agrees. Layer: syntax.

A text goes without quotes only if it is made of harmless characters and if no reader of
YAML 1.1 or 1.2 takes it for anything but a text. Everything else stands in single quotes,
and what could not be seen there in double quotes with escapes (YAML 1.2 section 5.7).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wilkc.syntax.scalars import resolve

if TYPE_CHECKING:
    from wilkc.syntax.layout.model import Text

MAX_PLAIN_KEY: Final = 128
"""Characters of a key without quotes; no reader wants less."""
_PLAIN: Final = re.compile(r"[\w./](?:[^#:\\]|(?<! )#|:(?=[^ ]))*", re.ASCII)
_PLAIN_IN_FLOW: Final = re.compile(r"[\w./][^#:\\,\[\]{}?]*", re.ASCII)
_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*", re.ASCII)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\0": "\\0"}
_BYTE: Final = 0x100
_SHORT: Final = 0x10000


def scalar_text(scalar: Text, *, flow: bool) -> str:
    """A scalar on one line; `flow` means inside brackets."""
    if not isinstance(scalar.value, str):
        return "null" if scalar.value is None else str(scalar.value).lower()
    if not scalar.quoted and _is_plain(scalar.text, _PLAIN_IN_FLOW if flow else _PLAIN):
        return scalar.text
    return _quoted(scalar.text)


def key_text(key: Text) -> str:
    """A key; its text counts, whatever it would stand for as a value."""
    short = len(key.text) <= MAX_PLAIN_KEY
    if not key.quoted and short and _is_plain(key.text, _PLAIN_IN_FLOW):
        return key.text
    return _quoted(key.text)


def _is_plain(text: str, wanted: re.Pattern[str]) -> bool:
    if not wanted.fullmatch(text) or text != text.strip(" ") or not text.isprintable():
        return False
    value, doubtful = resolve(text)
    return value == text and not doubtful and not _TIME.fullmatch(text)


def _quoted(text: str) -> str:
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    number = ord(char)
    if number < _BYTE:
        return f"\\x{number:02X}"
    return f"\\u{number:04X}" if number < _SHORT else f"\\U{number:08X}"
