"""What a plain scalar stands for. Layer: syntax. YAML 1.2 section 10.3, without floats.

YAML 1.1 and 1.2 readers disagree about some plain scalars; whoever writes `no` may mean a
word, a country or a refusal. These are marked doubtful and refused wherever they count.
"""

from __future__ import annotations

import re
from typing import Any, Final

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}", re.ASCII)
_OLD_BOOLEANS: Final = frozenset({"y", "n", "yes", "no", "on", "off"})
_NUMBERS: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
    r"|[-+]?0[xob][0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"
    r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    re.ASCII,
)
_NUMBER_HEADS: Final = frozenset("+-.0123456789")
"""What every number begins with, and no word for a truth value."""


def resolve(text: str) -> tuple[Any, str]:
    """The value of a plain scalar, and why it is doubtful (empty if it is not)."""
    if text in _NULL:
        return None, ""
    if text in _TRUE:
        return True, ""
    if text in _FALSE:
        return False, ""
    if text[0] in _NUMBER_HEADS:
        if _INTEGER.fullmatch(text):
            return int(text), ""
        if _NUMBERS.fullmatch(text):
            return text, "readers of YAML disagree which number it is"
    elif text.lower() in _OLD_BOOLEANS:
        return text, "some readers of YAML take it for a truth value"
    return text, ""
