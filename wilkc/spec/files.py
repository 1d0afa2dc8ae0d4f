"""What files of specs look like from outside. Layer: spec; loads nothing else.

Commands that find files by these need no model of what is in them.
"""

from __future__ import annotations

from typing import Final

FLEET_SUFFIX: Final = ".jsonl"
"""Ends the names of fleets, LANGUAGE.md section 1."""
MAX_FLEET_BYTES: Final = 64 * 1024 * 1024
"""The most that a fleet may hold, and with it the most of any file."""
