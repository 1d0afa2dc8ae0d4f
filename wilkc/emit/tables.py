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
    """`tables.path`, `tables.time`, `tables.name` and `tables.text` under `data.wilk`."""
    return {
        "path": {
            "plain": _rooted(_CONTROL + _BEYOND_ASCII),
            "rooted": _rooted(_CONTROL),
            "bare": rf"^{_segment(_CONTROL)}(?:/{_segment(_CONTROL)})*$",
        },
        "time": {"instant": _instant()},
        "name": {"canonical": rf"^[^{_CONTROL}]+$"},
        "text": _unicode(),
    }


def _instant() -> str:
    """An instant as `wilkc.language.when` reads it: a day of the calendar and a time of it."""
    years = "(?:19[7-9][0-9]|2[01][0-9][0-9])"
    leap = "(?:19(?:[79][26]|8[048])|2(?:000|[01](?:0[48]|[2468][048]|[13579][26])))"
    days = (
        f"{years}-(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])",
        f"{years}-(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)",
        f"{years}-02-(?:0[1-9]|1[0-9]|2[0-8])",
        f"{leap}-02-29",
    )
    clock = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?"
    return f"^(?:{'|'.join(days)})T{clock}Z$"


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
