"""Does policy allow all that a mount gives? Proved over every path there is. Layer: plan.

The files that exist at compile time say nothing about those of tomorrow, so the question is put
to the automata of the pattern language: either all paths of a mount are allowed, or there is a
path that is not, and a shortest one is the witness. An answer that takes too long is a no.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from wilkc.language.atoms import Star
from wilkc.language.automata import (
    CANONICAL_PATH,
    Included,
    Negatives,
    Witness,
    difference,
    extension_language,
    path_language,
)
from wilkc.language.paths import GLOBSTAR, PathPattern
from wilkc.plan.sandbox.samples import (
    floating_name,
    is_literal,
    literal_base,
    path_text,
    usual_names,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.language.automata import Language
    from wilkc.plan.model import FilePlan, Rule

UNPROVED: Final = ""
"""In place of a witness: nobody knows whether there is one, so it counts as one."""
_BELOW: Final = ((Star(),), GLOBSTAR)
BUDGET: Final = 20_000
"""Steps of one question, about a fifth of a second. A spec may ask one for every mount."""


class Agreement:
    """What one spec's file rules allow, asked about whole mounts.

    Args:
        files: the file permissions.
        fold: whether the rules ignore case. File systems do not: a mount is of one folder.
    """

    def __init__(self, files: FilePlan, *, fold: bool) -> None:
        self._files = files
        self._fold = fold
        self._allowed: dict[str, tuple[frozenset[PathPattern], Negatives]] = {}

    def outside(self, action: str, shown: PathPattern, *, written: bool = False) -> str | None:
        """A shortest path that a mount shows, no block covers, and no rule allows.

        Args:
            action: what the mount lets processes do with the path.
            shown: the paths of the mount; of a tree those below it, for the directory itself
                is no file that could be read or written.
            written: whether only what `allowed_extensions` lets be written is shown.

        Returns:
            The path, `UNPROVED` where the question took too long, or None where the policy
            allows the action on every path.
        """
        patterns, taken = self._taking(action)
        if shown in patterns or _whole(shown) in patterns:
            return None
        endings = self._files.extensions.values if written and self._files.extensions else None
        if _is_literal(shown) and endings is None:
            only = path_text(shown.root, literal_base(shown))
            return None if taken.taking(only) else only
        nearest = _nearest(shown, endings)
        if nearest is not None and not taken.taking(nearest):
            return nearest
        positive = _language(shown, fold=self._fold)
        if endings is not None:
            positive &= extension_language(endings)
        verdict = difference(positive, taken, budget=BUDGET)
        if isinstance(verdict, Included):
            return None
        return verdict.text if isinstance(verdict, Witness) else UNPROVED

    def allowed(self, action: str, pattern: PathPattern) -> str | None:
        """A path that a rule of the action with this pattern grants, if any is found.

        Returns:
            The first of the usual names that will do, else a shortest path.
        """
        extensions = self._files.extensions if action == "write" else None
        endings = extensions.values if extensions is not None else None
        for name in usual_names(pattern, endings or ()):
            if self._grants(pattern, endings, name):
                return name
        if pattern.parts[-1:] == (GLOBSTAR,):
            # A tree is shown by something in it, never by its base alone.
            pattern = PathPattern(pattern.root, (*pattern.parts[:-1], *_BELOW))
        positive = _language(pattern, fold=self._fold)
        if endings is not None:
            positive &= extension_language(endings)
        verdict = difference(positive, self._blocks, budget=BUDGET)
        return verdict.text if isinstance(verdict, Witness) else None

    def _grants(self, pattern: PathPattern, endings: frozenset[str] | None, path: str) -> bool:
        """Whether a rule with the pattern grants the path, which may have any of the endings."""
        return (
            path_language(pattern, fold=self._fold).takes(path)
            and (endings is None or extension_language(endings).takes(path))
            and not self._blocks.taking(path)
        )

    def blocked(self, shown: PathPattern) -> Iterator[tuple[Rule[PathPattern], str]]:
        """Each block that covers a name of the mount which may not exist yet, and such a name.

        A block of one path is left out: it is masked whether or not the path is there.
        """
        for rule, patterns in self._picking:
            names = [
                name
                for pattern, block in patterns
                if pattern.root == shown.root
                for name in [self._meeting(shown, pattern, block)]
                if name is not None
            ]
            if names:
                yield rule, min(names, key=lambda name: (not name, len(name), name))

    @cached_property
    def _picking(self) -> tuple[tuple[Rule[PathPattern], list[tuple[PathPattern, Language]]], ...]:
        """Each block with those of its patterns that are more than one path."""
        return tuple(
            (
                rule,
                [
                    (pattern, path_language(pattern, fold=self._fold))
                    for pattern in rule.patterns
                    if not _is_one_path(pattern)
                ],
            )
            for rule in self._files.block
        )

    def _meeting(self, shown: PathPattern, pattern: PathPattern, block: Language) -> str | None:
        """A path that a tree shows and a block covers."""
        floating = floating_name(_base(shown), pattern)
        if floating is not None and block.takes(floating):
            return floating
        positive = _language(shown, fold=self._fold)
        if not positive.may_meet(block):
            return None
        verdict = difference(positive & block, (), budget=BUDGET)
        if isinstance(verdict, Included):
            return None
        return verdict.text if isinstance(verdict, Witness) else UNPROVED

    def _taking(self, action: str) -> tuple[frozenset[PathPattern], Negatives]:
        """What is allowed or blocked, and the patterns that each allow whatever they match."""
        if action not in self._allowed:
            rules = self._files.allow.get(action, ())
            patterns = [pattern for rule in rules for pattern in rule.patterns]
            languages = [path_language(pattern, fold=self._fold) for pattern in patterns]
            if action == "write" and self._files.extensions is not None:
                ending = extension_language(self._files.extensions.values)
                languages = [language & ending for language in languages]
                patterns = []
            self._allowed[action] = frozenset(patterns), Negatives((*languages, *self._blocks))
        return self._allowed[action]

    @cached_property
    def _blocks(self) -> Negatives:
        return Negatives(
            path_language(pattern, fold=self._fold)
            for rule in self._files.block
            for pattern in rule.patterns
        )


def below(pattern: PathPattern) -> PathPattern:
    """Every path below the literal base of a pattern, as a tree mounted there shows it."""
    count = len(literal_base(pattern))
    return PathPattern(pattern.root, (*pattern.parts[:count], *_BELOW))


@lru_cache(maxsize=4096)
def _language(shown: PathPattern, *, fold: bool) -> Language:
    """What a mount shows: its base is one folder, but a pattern that picks names may fold case."""
    if not fold or shown == below(shown) or _is_literal(shown):
        return CANONICAL_PATH & path_language(shown)
    folder = PathPattern(shown.root, (*shown.parts[: len(literal_base(shown))], GLOBSTAR))
    return CANONICAL_PATH & path_language(shown, fold=True) & path_language(folder)


def _nearest(shown: PathPattern, endings: frozenset[str] | None) -> str | None:
    """A path of a tree than which none is shorter: if it will do, no search is needed."""
    if shown == below(shown) and endings is None:
        return f"{_base(shown)}/a"
    if shown.parts[-1:] != (GLOBSTAR,) or not _is_one_path(shown) or not endings:
        return None
    # The directory itself is shown as well, and might be called like such a file.
    if extension_language(endings).takes(_base(shown)):
        return None
    return f"{_base(shown)}/a.{min(endings, key=lambda ending: (len(ending), ending))}"


def _is_literal(pattern: PathPattern) -> bool:
    return bool(pattern.parts) and len(literal_base(pattern)) == len(pattern.parts)


def _base(shown: PathPattern) -> str:
    return path_text(shown.root, literal_base(shown)).removesuffix("/")


def _whole(shown: PathPattern) -> PathPattern | None:
    """The tree rule that takes all of `below`, so that the commonest question is not asked."""
    if shown.parts[-2:] == _BELOW:
        return PathPattern(shown.root, (*shown.parts[:-2], GLOBSTAR))
    return None


def _is_one_path(pattern: PathPattern) -> bool:
    parts = pattern.parts[:-1] if pattern.parts[-1:] == (GLOBSTAR,) else pattern.parts
    return bool(parts) and all(map(is_literal, parts))
