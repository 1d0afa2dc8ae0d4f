"""Tables about texts that the fixed Rego needs: canonical paths and names, Unicode. Layer: emit."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wilkc.core.contract import Json

_CONTROL: Final = r"\x{0}-\x{1f}\x{7f}-\x{9f}"
_BEYOND_ASCII: Final = r"\x{80}-\x{10ffff}"


def text_tables() -> dict[str, Json]:
    """`tables.path`, `tables.name` and `tables.text` under `data.wilk`."""
    return {
        "path": {
            "plain": _rooted(_CONTROL + _BEYOND_ASCII),
            "rooted": _rooted(_CONTROL),
            "bare": rf"^{_segment(_CONTROL)}(?:/{_segment(_CONTROL)})*$",
        },
        "name": {"canonical": rf"^[^{_CONTROL}]+$"},
        "text": _unicode(),
    }


def _rooted(without: str) -> str:
    """A canonical path that names its root, without certain characters."""
    return rf"^(?:[.]|~|/|(?:[.]|~)?(?:/{_segment(without)})+)$"


def _segment(without: str) -> str:
    """A path segment: not empty, not `.` or `..`."""
    char = f"[^/{without}]"
    return rf"(?:[^/.{without}]{char}*|[.][^/.{without}]{char}*|[.][.]{char}+)"


@cache
def _unicode() -> Json:
    """The tables that `tools/unicode_tables.py` writes."""
    text = resources.files("wilkc.emit").joinpath("unicode.json").read_text(encoding="ascii")
    return json.loads(text)
