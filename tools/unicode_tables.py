"""Writes the normalisation tables that OPA needs from Python's own Unicode data.

usage: python tools/unicode_tables.py FILE
"""

from __future__ import annotations

import json
import sys
import unicodedata
from pathlib import Path

HANGUL_BASE, HANGUL_END, HANGUL_STEP = 0xAC00, 0xD7A4, 28


def tables() -> dict[str, object]:
    """The facts of UAX 15 about every code point, Hangul syllables left to a pattern."""
    chars = [char for char in map(chr, range(sys.maxunicode + 1)) if not is_left_out(char)]
    decomposes = {char: True for char in chars if unicodedata.normalize("NFC", char) != char}
    return {
        "unicode": unicodedata.unidata_version,
        "decomposes": decomposes,
        "class": {
            char: unicodedata.combining(char) for char in chars if unicodedata.combining(char)
        },
        "composes": compositions([char for char in chars if char not in decomposes]),
        "hangul": hangul_pattern(),
    }


def is_left_out(char: str) -> bool:
    """Surrogates are no text; syllables of Hangul compose by arithmetic."""
    return unicodedata.category(char) == "Cs" or HANGUL_BASE <= ord(char) < HANGUL_END


def compositions(chars: list[str]) -> dict[str, dict[str, bool]]:
    """Second character to each starter before it that makes the pair change under NFC.

    A starter that already carries a mark counts too: another mark of a lower class moves
    inside it.
    """
    pairs = [canonical_pair(char) for char in chars]
    seconds = sorted({pair[1] for pair in pairs if pair})
    starters = sorted(
        {char for char, pair in zip(chars, pairs, strict=True) if pair}
        | {pair[0] for pair in pairs if pair}
    )
    return {
        second: {
            first: True
            for first in starters
            if unicodedata.normalize("NFC", first + second) != first + second
        }
        for second in seconds
    }


def canonical_pair(char: str) -> tuple[str, str] | None:
    """The two characters that a composed one stands for, or None."""
    parts = unicodedata.decomposition(char).split()
    if len(parts) != len(("first", "second")) or parts[0].startswith("<"):
        return None
    return chr(int(parts[0], 16)), chr(int(parts[1], 16))


def hangul_pattern() -> str:
    """An expression for a Hangul sequence that would compose: L V, or LV T."""
    open_syllables = "".join(
        rf"\x{{{number:x}}}" for number in range(HANGUL_BASE, HANGUL_END, HANGUL_STEP)
    )
    return (
        r"[\x{1100}-\x{1112}][\x{1161}-\x{1175}]"
        rf"|[{open_syllables}][\x{{11a8}}-\x{{11c2}}]"
    )


def main() -> None:
    """Write the tables to the file named on the command line."""
    text = json.dumps(tables(), sort_keys=True, indent=1, ensure_ascii=True)
    Path(sys.argv[1]).write_text(text + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
