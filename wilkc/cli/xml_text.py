"""Texts as parts of XML reports. Layer: cli (pure)."""

from __future__ import annotations

import re
from html import escape
from typing import Final

_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 does not allow, section 2.2, not even as a reference."""
_BREAKS: Final = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>'


def attributes(**values: object) -> str:
    """Attributes of an element, each with a blank before it.

    Readers turn plain line breaks and tabs in attributes into spaces (XML 1.0, section 3.3.3).
    """
    held = {name: content(str(value)) for name, value in values.items()}
    return "".join(
        f' {name}="{"".join(_BREAKS.get(char, char) for char in text)}"'
        for name, text in held.items()
    )


def content(text: str) -> str:
    """The text of an element; a middle dot stands for what XML has no place for."""
    return escape(_NOT_XML.sub("\N{MIDDLE DOT}", text))
