"""How commands that both versions run are limited and confined. Layer: analyze.

A command runs in the sandbox of the spec that decides it. Which pairs of specs decide some
command is read off examples; where a pair would confine less and no example shows that it
never meets, that is not decided.
"""

from __future__ import annotations

from itertools import chain, islice, product
from typing import TYPE_CHECKING, Final

from wilkc.analyze.difference.environment import environment_differences
from wilkc.analyze.difference.limits import handed_on
from wilkc.analyze.difference.members import members
from wilkc.analyze.difference.model import Undecided
from wilkc.analyze.difference.runnable import (
    blocks,
    directories,
    directory_forms,
    runnables,
)
from wilkc.analyze.difference.sandbox import sandbox_differences
from wilkc.analyze.difference.sides import Side
from wilkc.core.contract import Request
from wilkc.language.automata import (
    Included,
    Negatives,
    Witness,
    arguments_of,
    command_language,
    difference,
)
from wilkc.language.commands import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.difference.limits import Pair
    from wilkc.analyze.difference.meeting import Named
    from wilkc.analyze.difference.model import Change
    from wilkc.analyze.difference.runnable import Runnable, Words
    from wilkc.analyze.difference.sides import Direction, Finding
    from wilkc.language.automata import Inconclusive, Language
    from wilkc.language.paths import PathPattern
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Rule

TRIED: Final = 120
"""Commands tried until every pair of specs that matters has one in common."""
NOT_MET: Final = "no command was found that both specs decide, and there may be one"


def command_differences(direction: Direction) -> Iterator[Finding]:
    """The limits and settings by which `to` confines commands less that both sides run."""
    weaker = {
        (to.name, base.name): found
        for to, base in product(direction.to.specs, direction.base.specs)
        if (found := list(_weaker(direction, (to, base))))
    }
    if not weaker:
        return
    met = _met(direction, set(weaker))
    unsure: dict[tuple[str, str], Undecided] = {}
    for pair, found in weaker.items():
        if pair in met:
            yield from found
        elif direction.widening and _may_meet(direction, pair):
            for one in found:
                rule = one.new or one.old
                if rule is not None:
                    told = Undecided(one.type, one.action, rule, NOT_MET)
                    # Of each setting once: it is the same question for every two specs.
                    unsure.setdefault((one.type, one.action), told)
    yield from unsure.values()


def _weaker(direction: Direction, pair: Pair) -> Iterator[Change]:
    yield from handed_on(direction, "shell", pair)
    yield from sandbox_differences(direction, [pair])
    yield from environment_differences(direction, [pair])


def _met(direction: Direction, wanted: set[Named]) -> set[Named]:
    """The pairs of which an example was found."""
    met: set[Named] = set()
    cwds = directories(direction.to, direction.base)
    # Not `product`, which has every command made before it gives the first.
    likely = ((argv, cwd) for argv in _candidates(direction) for cwd in cwds)
    joint = ((argv, cwd) for argv in _joint(direction) for cwd in cwds)
    for argv, cwd in chain(islice(likely, TRIED), joint):
        if wanted <= met:
            break
        context = {} if cwd == "." else {"cwd": cwd}
        text = " ".join(argv)
        asked = Request(direction.agent, "execute", "shell", text, {"argv": list(argv)}, context)
        to, base = direction.to.granting(asked), direction.base.granting(asked)
        if to is not None and base is not None and _is_granted(direction, asked):
            met.add((to.name, base.name))
    return met


def _is_granted(direction: Direction, asked: Request) -> bool:
    return direction.to.decide(asked).allow and direction.base.decide(asked).allow


def _candidates(direction: Direction) -> Iterator[Words]:
    both = [*runnables(direction.to), *runnables(direction.base)]
    for one in both:
        yield from _plainest(one, direction.budget)
        yield from members(one.pattern)[:2]
        yield from one.harmless


def _plainest(one: Runnable, budget: int) -> Iterator[Words]:
    """The shortest script of an interpreter."""
    for language in one.scripts if one.interprets else ():
        verdict = difference(language, one.hidden, budget=budget)
        if isinstance(verdict, Witness):
            yield tuple(arguments_of(verdict.text))


def _joint(direction: Direction) -> Iterator[Words]:
    """The shortest command of each two patterns that none of their specs' forerunners takes."""
    for to, base in product(direction.to.specs, direction.base.specs):
        for verdict in _open(direction, to, base):
            if isinstance(verdict, Witness):
                yield tuple(arguments_of(verdict.text))


def _may_meet(direction: Direction, pair: Named) -> bool:
    """Whether it is not certain that two specs decide no command between them."""
    to, base = direction.to.spec(pair[0]), direction.base.spec(pair[1])
    together = (
        one & other
        for one, other in product(directory_forms(to), directory_forms(base))
        if one.may_meet(other)
    )
    if all(isinstance(difference(one, ()), Included) for one in together):
        return False
    return any(True for _ in _open(direction, to, base))


def _open(direction: Direction, to: SpecPlan, base: SpecPlan) -> Iterator[Witness | Inconclusive]:
    """For each two patterns of a program whatever but `Included` is answered about them."""
    blocked = [
        command_language(pattern)
        for side in (direction.to, direction.base)
        for *_, pattern in blocks(side)
    ]
    own, others = _of(direction.to, to), _of(direction.base, base)
    for one, other in product(own, others):
        if one.pattern.program != other.pattern.program or one.program in TABLES.opaque:
            continue
        taken = Negatives((*blocked, *_before(direction.to, one), *_before(direction.base, other)))
        verdict = difference(one.language & other.language, taken, budget=direction.budget)
        if not isinstance(verdict, Included):
            yield verdict


def _of(side: Side, spec: SpecPlan) -> list[Runnable]:
    return runnables(Side(side.agent, (spec,)))


def _before(side: Side, one: Runnable) -> Iterator[Language]:
    """What specs before that of a pattern surely run of it."""
    for spec in side.specs:
        if spec.name == one.spec.name:
            return
        if _runs_as_much(spec, one.spec):
            yield from (each.language for each in _of(side, spec) if each.grants_as_much(one))


def _runs_as_much(spec: SpecPlan, other: SpecPlan) -> bool:
    """Whether a spec runs what its patterns take wherever and with whatever another does."""
    own, others = spec.permissions, other.permissions
    interpreters = own.shell.interpreters, others.shell.interpreters
    return (
        spec.fold == other.fold
        and _forms(own.shell.directories) >= _forms(others.shell.directories)
        and _forms(own.file.allow.get("execute")) >= _forms(others.file.allow.get("execute"))
        and _forms(own.file.block) == _forms(others.file.block)
        and (
            interpreters[1] is None
            or (interpreters[0] is not None and interpreters[0].values >= interpreters[1].values)
        )
    )


def _forms(rules: tuple[Rule[PathPattern], ...] | None) -> set[PathPattern]:
    return {pattern for rule in rules or () for pattern in rule.patterns}
