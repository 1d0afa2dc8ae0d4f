"""What the terminal can show. Layer: cli."""

from __future__ import annotations

import os
import sys


def wants_colour() -> bool:
    """Whether standard output is a terminal and `NO_COLOR` is not set (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
