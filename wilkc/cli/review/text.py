"""A review on a terminal. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from wilkc.cli.review.links import Links
from wilkc.cli.review.views import (
    ClauseView,
    GroupView,
    PlaceView,
    changed_groups,
    remarks,
    summary,
    unchanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.cli.review.model import Review

    Paint = Callable[[str, str], str]

_WIDTH: Final = 92
"""Columns after which the verdict on an agent stands."""
_LONGEST: Final = 40
"""Width up to which an entry makes its column wider."""
_HUES: Final = {"+": "red", "-": "green", "~": "yellow", "?": "red"}
_RISKS: Final = {"high": "red", "medium": "yellow", "low": "yellow", "none": "green"}


def text(review: Review, *, colour: bool) -> str:
    """The whole review, without a newline at the end."""

    def paint(words: str, hue: str) -> str:
        return click.style(words, fg=hue, bold=hue == "red" or None) if colour else words

    links = Links("", review.old.version, review.new.version)
    blocks = ["\n".join(_group(one, paint)) for one in changed_groups(review, links)]
    same = unchanged(review)
    if same:
        blocks.append(same)
    blocks.append("\n".join([*remarks(review), summary(review), *_gate(review, paint)]))
    return "\n\n".join(blocks)


def _gate(review: Review, paint: Paint) -> Iterator[str]:
    if review.fail_on:
        yield gate_line(review) if not review.refusals else paint(gate_line(review), "red")


def gate_line(review: Review) -> str:
    """What the gate says, in one line."""
    if not review.refusals:
        return f"gate: --fail-on {review.fail_on} → passed"
    return f"gate: --fail-on {review.fail_on} → refused, exit 6: {', '.join(review.refusals)}"


def _group(group: GroupView, paint: Paint) -> Iterator[str]:
    head = f"{group.names}  ({group.files})" if group.files else group.names
    status = group.status.replace("wider", "WIDER")
    if group.risk != "none":
        status = f"{status} · risk {group.risk}"
    yield f"{head.ljust(_WIDTH - len(status) - 2)}  {paint(status, _RISKS[group.risk])}"
    whats = max((len(one.what) for one in group.clauses), default=0)
    kinds = max((len(one.kind) for one in group.clauses), default=0)
    table = _Table.of(group)
    for clause in group.clauses:
        yield from _clause(clause, min(whats, 24), kinds, paint)
        yield from table.rows(clause)
    yield from (f"    {note}" for note in group.notes)


def _clause(clause: ClauseView, whats: int, kinds: int, paint: Paint) -> Iterator[str]:
    sign = paint(clause.sign, _HUES[clause.sign])
    shown = [f"e.g.  {clause.example}"] if clause.example else []
    shown += [clause.detail] if clause.detail else []
    line = f"  {sign} {clause.what.ljust(whats)} {clause.kind.ljust(kinds)}  {'   '.join(shown)}"
    yield line.rstrip()


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines that the clauses of a group rest on, in columns that all of them share.

    Attributes:
        at: width of file, line and column.
        text: width of entries, but for those that are longer than `_LONGEST`.
    """

    at: int
    text: int

    @classmethod
    def of(cls, group: GroupView) -> _Table:
        places = [place for clause in group.clauses for place in clause.places]
        texts = [len(one.text) + 2 for one in places if len(one.text) + 2 <= _LONGEST]
        return cls(max((len(_at(one)) for one in places), default=0), max(texts, default=0))

    def rows(self, clause: ClauseView) -> Iterator[str]:
        last = len(clause.places) - 1
        for number, place in enumerate(clause.places):
            entry = f"'{place.text}'"
            if clause.why and number == last:
                entry = f"{entry.ljust(self.text)}   {clause.why}"
            yield f"        {_at(place).ljust(self.at)}  {place.word.ljust(7)}  {entry}"


def _at(place: PlaceView) -> str:
    return f"{place.at}:{place.column}"
