"""The report on a proposal: for a person, and for machines. Layer: cli (pure)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.difference import change_json
from wilkc.cli.review.words import counted, example, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.learning import Asked, Refused
    from wilkc.cli.learning.gathering import Gathered
    from wilkc.cli.learning.texts import Learnt
    from wilkc.compiler.learning import Listed

_LONGEST: Final = 400
_MOST_OF_A_KIND: Final = 20
"""Refused requests of one reason that are shown one by one; the JSON form has all."""


def report_lines(found: Gathered, learnt: Learnt) -> list[str]:
    """What was read, what is proposed for what, and what is not, with its records."""
    lines = [*_read(found), *_proposed(learnt), *_refused(learnt.proposal.refused)]
    return [visible(line, _LONGEST) for line in lines]


def _read(found: Gathered) -> Iterator[str]:
    checked = found.verification
    if checked is not None:
        against = "a checkpoint from elsewhere" if checked.anchored else "itself alone"
        yield f"log      {checked.origin}: {checked.size:,} records, verified against {against}"
    shown = ", ".join(f"{count:,} {origin}" for origin, count in found.origins.items())
    yield f"read     {counted(found.records, 'decision')} of the period: {shown}"
    yield f"granted  {counted(found.granted, 'selected request')}, which need nothing"
    for why, count in sorted(found.left_out.items()):
        yield f"left out {counted(count, 'selected request')}: {why}"
    if found.crowded_out:
        yield (
            f"left out {counted(found.crowded_out, 'selected request')}: more different ones than "
            "one proposal has room for; take fewer agents, or a shorter time"
        )


def _proposed(learnt: Learnt) -> Iterator[str]:
    listed = learnt.proposal.listed
    words = counted(len(listed), "entry", "entries")
    yield f"proposed {words}, applied nowhere"
    for one in listed:
        yield f"  + {one.file}:{one.line}  {'.'.join(one.entry.place.path[1:])}  {one.entry.text}"
        yield f"      for {_who(one.asked)}"
        for note in one.entry.notes:
            yield f"      wider: {note}"
        for change in one.beyond:
            shown = example(change.witness) if change.witness else change.detail
            yield f"      wider: also {change.action} {shown} (risk {change.risk}: {change.why})"
    for found in learnt.proposal.warnings:
        yield f"  ! {found.code}: {found.message}"


def _refused(refused: tuple[Refused, ...]) -> Iterator[str]:
    total = sum(one.asked.count for one in refused)
    yield f"refused  {counted(total, 'request')}, for which nothing is proposed"
    held = sorted(refused, key=lambda one: one.reason.code)
    for code, some in groupby(held, key=lambda one: one.reason.code):
        group = list(some)
        yield f"  {code}: {counted(sum(one.asked.count for one in group), 'request')}"
        for one in group[:_MOST_OF_A_KIND]:
            yield f"    {_asked(one.asked)}: {one.reason.why}"
        if len(group) > _MOST_OF_A_KIND:
            yield f"    and {len(group) - _MOST_OF_A_KIND:,} different ones more"


def _who(asked: tuple[Asked, ...]) -> str:
    total = sum(one.count for one in asked)
    return f"{counted(total, 'request')}, such as {_asked(asked[0])}"


def _asked(asked: Asked) -> str:
    request = asked.request
    more = ", …" if asked.count > len(asked.seqs) else ""
    records = f"records {', '.join(map(str, asked.seqs))}{more}"
    return f"{records}: {request.agent} {request.type} {request.action} {example(request)}"


def proposal_json(found: Gathered, learnt: Learnt, text: bytes) -> dict[str, Any]:
    """The stable JSON form; `proposal` is the diff or spec itself."""
    checked = found.verification
    return {
        "log": None if checked is None else {
            "origin": checked.origin, "size": checked.size, "root": checked.root,
            "anchored": checked.anchored,
        },
        "decisions": dict(found.origins),
        "granted": found.granted,
        "left_out": dict(sorted(found.left_out.items())),
        "crowded_out": found.crowded_out,
        "proposal": text.decode(),
        "entries": [_listed_json(one) for one in learnt.proposal.listed],
        "warnings": [one.as_json() for one in learnt.proposal.warnings],
        "refused": [
            {**_asked_json(one.asked), "code": one.reason.code, "why": one.reason.why}
            for one in learnt.proposal.refused
        ],
    }  # fmt: skip


def _listed_json(one: Listed) -> dict[str, Any]:
    return {
        "file": one.file,
        "line": one.line,
        "list": list(one.entry.place.path),
        "value": one.entry.value,
        "asked": [_asked_json(held) for held in one.asked],
        "notes": list(one.entry.notes),
        "beyond": [change_json(change) for change in one.beyond],
    }


def _asked_json(asked: Asked) -> dict[str, Any]:
    return {"request": asked.request.as_input(), "count": asked.count, "records": list(asked.seqs)}
