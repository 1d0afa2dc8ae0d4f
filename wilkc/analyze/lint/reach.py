"""Paths that two path rules both take and that are granted. Layer: analyze (pure).

Every path that is named here was met by the matching that requests meet. Of each pair of
patterns one meeting is tried first, which costs little; it may be blocked where another is not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.analyze.boundary.meeting import meeting_path, meeting_text
from wilkc.language.automata import (
    CANONICAL_PATH,
    Language,
    Negatives,
    Witness,
    difference,
    extension_language,
    path_language,
)
from wilkc.language.paths import GLOBSTAR
from wilkc.plan.sandbox.samples import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.analyze.lint.model import Subject
    from wilkc.analyze.lint.tables import Kind
    from wilkc.language.paths import PathPattern
    from wilkc.plan.model import Rule

BUDGET: Final = 20_000
"""Steps and comparisons of one question."""
_Patterns = tuple["PathPattern", ...]


def reached(
    subject: Subject, action: str, rule: Rule[PathPattern], kinds: Iterable[Kind]
) -> Iterator[tuple[str, Kind]]:
    """Each kind of files of which the rule grants one, with a path that shows it.

    A rule that a block cuts in the middle of a kind may reach more than is found.
    """
    for kind in kinds:
        paths = (path for pattern in rule.patterns for path in _meetings_with(pattern, kind))
        found = next((path for path in paths if _is_granted(subject, (action,), path)), None)
        if found is not None:
            yield found, kind


def shared_path(
    subject: Subject, actions: tuple[str, ...], some: _Patterns, others: _Patterns
) -> str | None:
    """A path that a pattern of either side takes and for which every action is granted.

    It is found wherever there is one, as far as the budget goes.
    """
    pairs = [(one, other) for one in some for other in others]
    meetings = [_meeting(one, other) for one, other in pairs]
    for path in filter(None, meetings):
        if _is_granted(subject, actions, path):
            return path
    for (one, other), met in zip(pairs, meetings, strict=True):
        if met is None and not (subject.fold and one.root == other.root):
            continue
        question = _question(subject, actions, one, other)
        verdict = difference(question, _blocks(subject), budget=BUDGET)
        if isinstance(verdict, Witness) and _is_granted(subject, actions, verdict.text):
            return verdict.text
    return None


def _question(
    subject: Subject, actions: tuple[str, ...], one: PathPattern, other: PathPattern
) -> Language:
    """The canonical paths that both patterns take, with an extension that may be written."""
    both = path_language(one, fold=subject.fold) & path_language(other, fold=subject.fold)
    extensions = subject.permissions.file.extensions
    if "write" in actions and extensions is not None:
        both &= extension_language(extensions.values)
    return CANONICAL_PATH & both


def _blocks(subject: Subject) -> Negatives:
    """What no action is granted for."""
    if "path blocks" not in subject.kept:
        subject.kept["path blocks"] = Negatives(
            path_language(pattern, fold=subject.fold)
            for rule in subject.permissions.file.block
            for pattern in rule.patterns
        )
    held: Negatives = subject.kept["path blocks"]
    return held


def _is_granted(subject: Subject, actions: tuple[str, ...], path: str) -> bool:
    """Whether a path that rules take is canonical and nothing takes it away.

    Two patterns may meet in a segment such as `.`, which no canonical path holds.
    """
    extensions = subject.permissions.file.extensions
    if not CANONICAL_PATH.takes(path) or _blocks(subject).taking(path):
        return False
    if "write" not in actions or extensions is None:
        return True
    return extension_language(extensions.values).takes(path)


@lru_cache(maxsize=65_536)
def _meetings_with(pattern: PathPattern, kind: Kind) -> tuple[str, ...]:
    found = (_meeting(pattern, other) for other in kind.patterns.get(pattern.root, ()))
    return tuple(dict.fromkeys(filter(None, found)))


def _meeting(one: PathPattern, other: PathPattern) -> str | None:
    """A text that both take, which need not be a canonical path."""
    segments = meeting_path(one, other) if _may_meet(one, other) else None
    return path_text(one.root, segments) if segments else None


def _may_meet(one: PathPattern, other: PathPattern) -> bool:
    """A cheap look at both ends that never denies wrongly."""
    if one.root != other.root or not one.parts or not other.parts:
        return one.root == other.root
    ends = ((one.parts[0], other.parts[0]), (one.parts[-1], other.parts[-1]))
    return all(
        left is GLOBSTAR or right is GLOBSTAR or meeting_text(left, right) is not None
        for left, right in ends
    )
