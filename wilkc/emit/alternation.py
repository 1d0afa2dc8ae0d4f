"""Lists of patterns as one anchored alternation and the entries that name the rule.

Layer: emit. A list that is asked for every request is tried as one expression; only after a
hit are its entries tried one by one, so that the rule can be named (docs/decisions).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.emit.regex import ANY_SEGMENTS, char_regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wilkc.core.contract import Json

Entry = tuple[str, int, str]
"""RE2 source without anchors, rank of the rule in its list, rule id."""
FLOATING: Final = f"{ANY_SEGMENTS}/"
"""What a path pattern that begins with `**` has after its root."""
ROOTS: Final = frozenset({"", char_regex("."), char_regex("~")})


def anchored(source: str) -> str:
    """An expression that matches whole texts only; RE2 otherwise searches."""
    return f"^(?:{source})$"


def bucket(entries: Iterable[Entry]) -> Json:
    """`any`, one alternation of all, and `each`, the entries as [regex, rank, rule id].

    Where all entries are of one rule, its expression is empty and matches any text: what the
    alternation matches, that rule does.
    """
    held = sorted(set(entries), key=lambda entry: (entry[1], entry[0]))
    alternatives = dict.fromkeys(source for source, _, _ in held)
    rules = {(rank, rule) for _, rank, rule in held}
    return {
        "any": anchored("|".join(_factored(alternatives))),
        "each": [["", rank, rule] for rank, rule in rules]
        if len(rules) == 1
        else [[anchored(source), rank, rule] for source, rank, rule in held],
    }


def _factored(sources: Iterable[str]) -> Iterator[str]:
    """The same alternatives, those that begin with any folders below a root taken together.

    RE2 by itself would follow such a beginning once for each of them.
    """
    roots: dict[str, list[str]] = {}
    for source in sources:
        root, floating, tail = source.partition(FLOATING)
        if floating and root in ROOTS:
            roots.setdefault(tail, []).append(root)
        else:
            yield source
    tails: dict[str, list[str]] = {}
    for tail, found in roots.items():
        tails.setdefault("|".join(found), []).append(tail)
    for root, found in tails.items():
        yield f"(?:{root}){FLOATING}(?:{'|'.join(found)})"


def name_list(entries: Iterable[Entry]) -> Json:
    """A bucket together with the number of its entries, which stands for its presence."""
    held = tuple(entries)
    return {"n": len(held), **(bucket(held) if held else {})}
