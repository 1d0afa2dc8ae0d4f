"""Texts that Git leaves in the place of a spec. Layer: syntax.

Such a text may be YAML by chance, or fail at a place that says nothing; so it is told apart
first, and what to do is said in its own words.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_CONFLICT: Final = re.compile(r"^(?:<{7} |>{7} |\|{7} |={7}$)", re.MULTILINE)
"""The marks of git-merge(1), HOW CONFLICTS ARE PRESENTED."""
_OURS: Final = re.compile(r"^<{7} ", re.MULTILINE)
_MARK: Final = "<<<<<<< "
_POINTER: Final = re.compile(r"version https://git-lfs\.github\.com/spec/v\d+\n")
"""How every pointer of Git LFS begins, see its specification."""


class Leftover(NamedTuple):
    """What was found, and where, as an offset in code points."""

    code: str
    message: str
    advice: str
    start: int


def leftover(text: str) -> Leftover | None:
    """A merge that was not finished, or a pointer in the place of the file."""
    if _POINTER.match(text):
        return Leftover(
            "W014",
            "this is a pointer of Git LFS in the place of the file",
            "keep specs in Git itself: `git lfs untrack` them, so that they are reviewed as text",
            0,
        )
    # Most texts hold no mark at all, and a plain search says so at once.
    if _MARK in text and _OURS.search(text) and (mark := _CONFLICT.search(text)):
        return Leftover(
            "W013",
            "a merge was not finished: the file holds conflict markers",
            "decide which of the two sides holds, and remove the lines with `<<<<<<<`, "
            "`=======` and `>>>>>>>`",
            mark.start(),
        )
    return None
