"""Whether a path is a member of a pattern. Layer: language (pure, the reference meaning)."""

from __future__ import annotations

from wilkc.language.globs import glob_matches
from wilkc.language.paths.model import GLOBSTAR, Path, PathPattern


def path_matches(pattern: PathPattern, path: Path, *, fold: bool = False) -> bool:
    """Whether the pattern takes the whole path.

    The same walk as in `glob_matches`, over segments: after a mismatch it returns to the
    last globstar only, so each segment is compared with each part at most once.

    Args:
        pattern: an explicit pattern.
        path: a canonical path.
        fold: compare by Unicode simple case folding.
    """
    if pattern.root != path.root:
        return False
    parts, segments = pattern.parts, path.segments
    wanted, given = len(parts), len(segments)
    place = index = 0
    globstar, mark = -1, 0
    while place < wanted or index < given:
        part = parts[place] if place < wanted else None
        if part is GLOBSTAR:
            globstar, mark = place, index
            place += 1
        elif part is not None and index < given and glob_matches(part, segments[index], fold=fold):
            place += 1
            index += 1
        elif globstar >= 0 and mark < given:
            mark += 1
            place, index = globstar + 1, mark
        else:
            return False
    return True
