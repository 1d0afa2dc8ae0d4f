"""Whether entries take everything that another one takes: exact, or no answer. Layer: analyze.

Paths, names and commands are asked of the automata, hosts of their sets. Where the automata
run out of their budget the answer is no: nothing is called superfluous that might count.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from wilkc.analyze.lint.host_cover import hosts_blocked, hosts_covered
from wilkc.analyze.lint.samples import sample
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import (
    CANONICAL_ARGUMENTS,
    CANONICAL_NAME,
    CANONICAL_PATH,
    Included,
    Inconclusive,
    Language,
    Negatives,
    command_language,
    difference,
    name_language,
    path_language,
)
from wilkc.language.commands import TABLES, CommandPattern, spelled_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.analyze.lint.lists import Kind, RuleList
    from wilkc.analyze.lint.model import Subject
    from wilkc.language.atoms import Effect
    from wilkc.plan.model import NetworkPlan, Rule

BUDGET: Final = 20_000
"""Steps and comparisons of one question, a hundredth of what a gate may spend on one."""
MAX_GIVEN_UP: Final = 3
"""Questions of one list without an answer, before no more are asked."""
_UNIVERSES: Final = {
    "path": CANONICAL_PATH,
    "name": CANONICAL_NAME,
    "command": CANONICAL_ARGUMENTS,
}


def unreachable(subject: Subject, held: RuleList) -> tuple[Rule[Any], ...]:
    """The entries of a list that grants of which blocks leave nothing."""
    key = f"unreachable {held.name} {held.when}"
    if key not in subject.kept:
        network = subject.permissions.network
        subject.kept[key] = tuple(_blocked(held, network, fold=subject.fold))
    found: tuple[Rule[Any], ...] = subject.kept[key]
    return found


def _blocked(held: RuleList, network: NetworkPlan, *, fold: bool) -> Iterator[Rule[Any]]:
    if not held.allows:
        return
    if held.kind == "host":
        hosts: tuple[Any, ...] = held.rules
        yield from (rule for rule in hosts if hosts_blocked(rule, network))
        return
    if held.kind == "variable" or not held.blocks:
        return
    taken = Negatives(
        part.language
        for block in held.blocks
        for part in _parts(block, held.kind, fold=_folds(held.kind, BLOCK, fold=fold))
    )
    asker = _Asker(held.kind)
    for rule in held.rules:
        parts = _parts(rule, held.kind, fold=_folds(held.kind, ALLOW, fold=fold))
        if asker.is_within(parts, taken):
            yield rule


def superfluous(
    held: RuleList, rules: Sequence[Rule[Any]], *, fold: bool
) -> Iterator[tuple[Rule[Any], Rule[Any] | None]]:
    """Entries that the others take wholly, and the one that does so alone, if one does.

    All of them together may go: each is covered by what then is left.

    Args:
        held: the list.
        rules: those of its entries that are looked at, none twice.
        fold: whether paths ignore case.
    """
    if held.kind == "variable":
        return  # Some variables must be named, so that a wildcard does not cover them.
    if held.kind == "host":
        yield from _superfluous_hosts(held, rules)
        return
    folds = _folds(held.kind, ALLOW if held.allows else BLOCK, fold=fold)
    pool = _Pool({rule.id: _parts(rule, held.kind, fold=folds) for rule in rules})
    left = {rule.id: rule for rule in rules}
    asker = _Asker(held.kind)
    # Last ones first: of two that mean the same the earlier stays.
    for rule in reversed(rules):
        others = pool.without(rule.id)
        if held.kind == "command":
            fitting = _fitting(rule, left.values(), held)
            others = Negatives(one.language for other in fitting for one in pool.parts[other.id])
        if asker.is_within(pool.parts[rule.id], others):
            pool.drop(rule.id)
            del left[rule.id]
            yield rule, _alone(rule, _fitting(rule, left.values(), held), pool, asker)


def _superfluous_hosts(
    held: RuleList, rules: Sequence[Any]
) -> Iterator[tuple[Rule[Any], Rule[Any] | None]]:
    left = list(rules)
    for rule in reversed(rules):
        others = [one for one in left if one is not rule]
        if hosts_covered(rule, others, allows=held.allows):
            left = others
            alone = (one for one in others if hosts_covered(rule, [one], allows=held.allows))
            yield rule, next(alone, None)


class _Part(NamedTuple):
    """One pattern of an entry, and the texts that it takes."""

    pattern: Any
    language: Language


class _Pool:
    """The patterns of several entries, of which one or the other is left out."""

    def __init__(self, parts: dict[str, tuple[_Part, ...]]) -> None:
        self.parts = parts
        self._all = Negatives(one.language for held in parts.values() for one in held)
        self._counts = Counter(keys for name in parts for keys in self._keys(name))
        self._gone: set[frozenset[object]] = set()

    def without(self, name: str) -> Negatives:
        """The languages of all entries that are left but one."""
        own = {keys for keys in self._keys(name) if self._counts[keys] == 1}
        return _Without(self._all, own | self._gone)

    def drop(self, name: str) -> None:
        """Leave an entry out from now on."""
        for keys in self._keys(name):
            self._counts[keys] -= 1
            if self._counts[keys] == 0:
                self._gone.add(keys)

    def _keys(self, name: str) -> set[frozenset[Any]]:
        return {one.language.keys for one in self.parts[name]}


class _Without(Negatives):
    """Some languages of others, without building their index again."""

    def __init__(self, held: Negatives, gone: set[frozenset[object]]) -> None:
        self._all = held
        self._gone = gone
        self.keys = held.keys - gone

    def __iter__(self) -> Iterator[Language]:
        return (one for one in self._all if one.keys not in self._gone)

    def taking(self, text: str) -> list[Language]:
        return [one for one in self._all.taking(text) if one.keys not in self._gone]


def _folds(kind: Kind, effect: Effect, *, fold: bool) -> bool:
    """Whether patterns ignore case: paths where the spec says so, names in every block."""
    return fold if kind == "path" else kind == "name" and effect == BLOCK


def _parts(rule: Rule[Any], kind: Kind, *, fold: bool) -> tuple[_Part, ...]:
    return tuple(_Part(one, _language(one, kind, fold=fold)) for one in rule.patterns)


def _language(pattern: Any, kind: Kind, *, fold: bool) -> Language:
    if kind == "path":
        return path_language(pattern, fold=fold)
    return name_language(pattern, fold=fold) if kind == "name" else command_language(pattern)


class _Asker:
    """Asks the questions of one list, and stops where too many have no answer."""

    def __init__(self, kind: Kind) -> None:
        self._universe = _UNIVERSES[kind]
        self._given_up = 0

    def is_within(self, parts: Iterable[_Part], others: Negatives) -> bool:
        """Whether the others take every text of all parts, as far as that is known."""
        return all(self._is_included(part, others) for part in parts)

    def _is_included(self, part: _Part, others: Negatives) -> bool:
        text = sample(part.pattern, part.language)
        if self._given_up == MAX_GIVEN_UP or (text is not None and not others.taking(text)):
            return False
        verdict = difference(self._universe & part.language, others, budget=BUDGET)
        self._given_up += isinstance(verdict, Inconclusive)
        return isinstance(verdict, Included)


def _alone(
    rule: Rule[Any], others: Iterable[Rule[Any]], pool: _Pool, asker: _Asker
) -> Rule[Any] | None:
    """An entry that takes everything of another by itself."""
    parts = pool.parts[rule.id]
    for other in others:
        held = [one.language for one in pool.parts[other.id]]
        may = all(any(one.may_meet(part.language) for one in held) for part in parts)
        if may and asker.is_within(parts, Negatives(held)):
            return other
    return None


def _fitting(rule: Rule[Any], others: Iterable[Rule[Any]], held: RuleList) -> tuple[Rule[Any], ...]:
    """The other entries that do what an entry does wherever they take the same texts."""
    free = held.kind != "command" or not held.allows
    return tuple(
        other
        for other in others
        if other is not rule
        and (
            free
            or all(_spells_as_much(one, part) for one in other.patterns for part in rule.patterns)
        )
    )


def _spells_as_much(one: CommandPattern, part: CommandPattern) -> bool:
    """Whether an allow spells every guarded option and all code that another spells.

    What a wildcard takes up never counts as spelled, so `git *` does not allow what
    `git -c a=b log` allows.
    """
    if one.program != part.program:
        return False
    ours, theirs = _spelled(one), _spelled(part)
    if any(count > ours[key] for key, count in theirs.items()):
        return False
    code = part.program.rpartition("/")[2] in TABLES.scripts
    return not code or set(part.literals) <= set(one.literals)


@lru_cache(maxsize=16_384)
def _spelled(pattern: CommandPattern) -> Counter[str]:
    return spelled_options(pattern)
