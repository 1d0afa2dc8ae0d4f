"""What a module of readable rules is made of, before it becomes text. Layer: emit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from wilkc.emit.alternation import anchored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wilkc.core.contract import Json, RuleRef

Head = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """`head := value`; `ref` is the entry that says so, if one does."""

    head: Head
    value: Json
    ref: RuleRef | None = None
    kind: ClassVar[str] = "constant"


@dataclass(frozen=True, slots=True)
class Test:
    """`head contains value if regex.match(pattern, …)`: one entry of a list of patterns."""

    head: Head
    value: Json
    pattern: str
    ref: RuleRef | None
    kind: ClassVar[str] = "test"


@dataclass(frozen=True, slots=True)
class Member:
    """`head contains value`: one entry of a list that the fixed Rego compares with."""

    head: Head
    value: Json
    ref: RuleRef | None
    kind: ClassVar[str] = "member"


@dataclass(frozen=True, slots=True)
class Keyed:
    """`head[key] contains entry`: one entry of a list that is looked up by keys.

    Keys stand in the body: `opa fmt` cannot print every text in a rule's head.
    """

    head: Head
    forms: tuple[tuple[str, Json], ...]
    ref: RuleRef | None
    kind: ClassVar[str] = "keyed"


@dataclass(frozen=True, slots=True)
class Hit:
    """`head` is the empty pattern, which matches any text, if one of the `tests` has matched."""

    head: Head
    tests: Head
    ref: RuleRef | None = None
    kind: ClassVar[str] = "hit"


Part = Constant | Test | Member | Keyed | Hit


@dataclass(frozen=True, slots=True)
class Category:
    """One module: its name below the profile, a title, and what its patterns are tried on."""

    name: str
    title: str
    parts: tuple[Part, ...]
    subject: str = "input.resource.id"


def number(head: Head, rules: int) -> Constant:
    """How many rules a list has, which stands for its presence.

    A module in which nothing has a longer name than `allow.n` is no form of `opa fmt`, so an
    empty list is one value.
    """
    if rules == 0 and len(head) == 1:
        return Constant(head, {"n": 0})
    return Constant((*head, "n"), rules)


def pattern_list(
    head: Head,
    entries: Iterable[tuple[int, str, Iterable[str]]],
    refs: Mapping[str, RuleRef],
) -> Iterator[Part]:
    """A list of patterns, one rule for each entry.

    An entry that matches stands with an empty expression, which matches any text, where the
    fixed Rego of the indexed form looks for one to try: here the rule has tried it.

    Args:
        head: where the list stands.
        entries: rank, rule id, and RE2 sources without anchors.
        refs: rule id to its place.
    """
    held = tuple(entries)
    yield number(head, len(held))
    yield from pattern_rules(head, held, refs)


def pattern_rules(
    head: Head, entries: Sequence[tuple[int, str, Iterable[str]]], refs: Mapping[str, RuleRef]
) -> Iterator[Part]:
    """The entries of a list of patterns, without their number."""
    if entries:
        yield Constant((*head, "any"), "")
    yield from tests((*head, "each"), entries, refs)


def tests(
    head: Head, entries: Iterable[tuple[int, str, Iterable[str]]], refs: Mapping[str, RuleRef]
) -> Iterator[Part]:
    """One test for each entry."""
    for rank, rule, sources in entries:
        pattern = anchored("|".join(dict.fromkeys(sources)))
        yield Test(head, ["", rank, rule], pattern, refs.get(rule))


def limit(name: str, value: Json, refs: Mapping[str, RuleRef]) -> Constant:
    """A restriction as one value; its own `rule` names the entry."""
    return Constant((name,), value, refs.get(value.get("rule", "")))
