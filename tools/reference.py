"""Writes the generated pages of `docs/reference`.

usage: python tools/reference.py
"""

from __future__ import annotations

from pathlib import Path

from wilkc.cli.reference import pages

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
