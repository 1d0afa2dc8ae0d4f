"""Lists of rule texts to rules in explicit form. Layer: plan.

The spec layer has already parsed every text once, so a refusal here cannot happen for a
document that carries no errors; parsing is cached by the language room.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from wilkc.language.atoms import ALLOW, BLOCK, Effect
from wilkc.language.commands import CommandPattern, parse_command_rule
from wilkc.language.names import NamePattern, parse_name_rule
from wilkc.language.paths import PathPattern, parse_path_rule
from wilkc.plan.model import Limit, NameLists, Names, Rule
from wilkc.spec import entry_parts, locate
from wilkc.syntax import Sequence

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Sequence as Listed

    from wilkc.core.spans import Span
    from wilkc.spec import Document, Entry
    from wilkc.syntax import Node

    Entries = Listed[str] | Listed[str | Entry] | None

P = TypeVar("P")
Step = str | int


class Place(NamedTuple):
    """A position in a document from which rule ids and spans derive.

    Attributes:
        node: what stands there, or the nearest thing that does.
        path: keys from the document's root.
        origin: empty for a spec's own rules; `NAME/` for rules inherited from spec NAME.
    """

    node: Node
    path: tuple[Step, ...]
    origin: str = ""

    @classmethod
    def of(cls, document: Document, path: tuple[Step, ...], origin: str = "") -> Place:
        """The place at a path of a document."""
        return cls(locate(document.root, path), path, origin)

    def at(self, *steps: Step) -> Place:
        """A place further down."""
        return _new_place((locate(self.node, steps), (*self.path, *steps), self.origin))

    def entry(self, number: int) -> Span:
        """Where an entry of the list stands that is here."""
        node = self.node
        return node.items[number].span if isinstance(node, Sequence) else node.span

    @property
    def span(self) -> Span:
        """Where it stands, or the nearest thing that does."""
        return self.node.span


_new_place: Callable[[tuple[Node, tuple[Step, ...], str]], Place] = partial(tuple.__new__, Place)


def path_rules(
    texts: Entries, place: Place, name: str, effect: Effect
) -> tuple[Rule[PathPattern], ...]:
    """The rules of a list of path patterns; `name` begins their ids."""
    return _rules(texts, place, name, lambda text: parse_path_rule(text, effect))


def command_rules(
    texts: Entries, place: Place, name: str, effect: Effect
) -> tuple[Rule[CommandPattern], ...]:
    """The rules of a list of command patterns; `name` begins their ids."""
    return _rules(texts, place, name, lambda text: parse_command_rule(text, effect))


def name_rules(texts: Entries, place: Place, name: str) -> tuple[Rule[NamePattern], ...]:
    """The rules of a list of name patterns; `name` begins their ids."""
    return _rules(texts, place, name, parse_name_rule)


def name_lists(
    allow: Entries,
    allow_place: Place,
    block: Entries,
    block_place: Place,
    name: str,
) -> NameLists:
    """An allow and a block list of name patterns."""
    return NameLists(
        name_rules(allow, allow_place, f"{name}.{ALLOW}"),
        name_rules(block, block_place, f"{name}.{BLOCK}"),
    )


def limit(value: int | None, place: Place, name: str) -> Limit | None:
    """A limit, or None where the key is absent."""
    return None if value is None else Limit(place.origin + name, value, place.span)


def flag(value: bool | None, place: Place, name: str) -> Limit | None:  # noqa: FBT001 - YAML value
    """A restricting flag: a limit of 1 where it is true, None where false or absent."""
    return Limit(place.origin + name, 1, place.span) if value else None


def names(values: Listed[str] | None, place: Place, name: str) -> Names | None:
    """A set of words, or None where the key is absent."""
    if values is None:
        return None
    return Names(place.origin + name, frozenset(values), place.span)


def label_rules(
    entries: Entries, place: Place, name: str
) -> tuple[Names | None, tuple[Rule[str], ...]]:
    """The labels that always count, or None where the key is absent, and those under conditions."""
    plain = None if entries is None else [one for one in entries if isinstance(one, str)]
    rules = _rules(entries, place, name, lambda text: (text,))
    return names(plain, place, name), tuple(rule for rule in rules if rule.when is not None)


def _rules(
    texts: Entries, place: Place, name: str, parse: Callable[[str], tuple[P, ...]]
) -> tuple[Rule[P], ...]:
    rules = []
    for number, entry in enumerate(texts or ()):
        text, when = entry_parts(entry)
        name_of_one = f"{place.origin}{name}.{number}"
        rules.append(Rule(name_of_one, text, place.entry(number), parse(text), when=when))
    return tuple(rules)
