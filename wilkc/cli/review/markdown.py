"""A review as the comment on a pull request. Layer: cli.

GitHub Flavored Markdown. Texts of specs stand in `<code>` elements, where GitHub looks for no
mentions, issues or emoji, and in them every character that means something to Markdown or
HTML is a character reference (CommonMark 0.31, section 2.5): such a reference never opens a
structure. What does not fit into a comment is left out from the end, the riskiest standing
first, and the comment says how much that is.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from wilkc.cli.review.text import gate_line
from wilkc.cli.review.views import (
    ClauseView,
    GroupView,
    PlaceView,
    changed_groups,
    remarks,
    summary,
    verdict,
)
from wilkc.cli.review.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wilkc.cli.review.links import Links
    from wilkc.cli.review.model import Review

MARKER: Final = "<!-- wilk-review -->"
"""The first line, by which a comment is found again to be replaced."""
MAX_COMMENT: Final = 65_536
"""Characters that GitHub takes; counted here in bytes, of which there are never fewer."""
APART: Final = 20
"""Up to so many changed agents each has a row of its own."""
_ROWS_BYTES: Final = 30_000
_MORE_BYTES: Final = 1_000
_REMARKS_BYTES: Final = 4_000
_ACTIVE: Final = re.compile(
    r"[^A-Za-z0-9 ,;/.\-\u0080-\U0010ffff]|(?<=www)\.|(?<![0-9A-Za-z])-|^ | (?= )"
)
_HEADS: Final = (
    "The policies say what AI agents may do. Each example is a request that only one of the two "
    "versions grants: where an agent is wider, the new one; where it is only narrower, the "
    "old one.\n\n"
    "| agent | wider | narrower | risk | example |\n|---|---:|---:|---|---|\n"
)


def markdown(review: Review, links: Links) -> str:
    """The comment, at most `MAX_COMMENT` long, with a newline at the end."""
    groups = changed_groups(review, links, apart_up_to=APART)
    head = f"{MARKER}\n### Policy review: {verdict(review)}\n\n"
    tail = _tail(review)
    room = MAX_COMMENT - _size(head) - _size(tail)
    rows, rows_left = _fitting(map(_row, groups), min(room, _ROWS_BYTES))
    table = f"{_HEADS}{''.join(rows)}\n" if groups else ""
    room -= _size(table) + 2 * _MORE_BYTES
    details, details_left = _fitting((_details(one, review) for one in groups), room)
    parts = [head, table]
    if rows_left:
        parts.append(_more(groups[len(rows) :], "in the table", review))
    parts.extend(details)
    if details_left:
        parts.append(_more(groups[len(details) :], "in detail", review))
    return "".join([*parts, tail])


def code(text: str) -> str:
    """A text of a spec, as it is, in a `<code>` element that stands in Markdown."""
    return f"<code>{_plain(text)}</code>"


def _plain(text: str) -> str:
    return _ACTIVE.sub(lambda found: f"&#{ord(found[0])};", text)


def _fitting(parts: Iterable[str], room: int) -> tuple[list[str], int]:
    """The parts from the first on that fit, and how many do not."""
    taken: list[str] = []
    left = 0
    for part in parts:
        if left or _size(part) > room:
            left += 1
            continue
        room -= _size(part)
        taken.append(part)
    return taken, left


def _size(text: str) -> int:
    return len(text.encode("utf-8"))


def _row(group: GroupView) -> str:
    bold = f"**{group.risk}**" if group.risk in {"high", "medium"} else group.risk
    example = f"{_plain(group.asked)} {code(group.example)}" if group.example else ""
    named = f"{_plain(group.names)}{_aside(group)}"
    return f"| {named} | {group.wider or ''} | {group.narrower or ''} | {bold} | {example} |\n"


def _aside(group: GroupView) -> str:
    word = group.status.partition(",")[0]
    return f" ({word})" if word in {"new", "removed", "moved"} else ""


def _details(group: GroupView, review: Review) -> str:
    risk = f" · risk {group.risk}" if group.risk != "none" else ""
    head = f"<b>{escape(group.names)}</b> · {group.status}{risk}"
    lines = [f"<details><summary>{head}</summary>\n", *_body(group)]
    agents = "".join(f" --agent {agent}" for agent in group.agents[:1])
    lines.append(
        f"\nShow it again: <code>{_plain(review.command + agents)}</code>\n\n</details>\n\n"
    )
    return "\n".join(lines)


def _body(group: GroupView) -> Iterator[str]:
    if len(group.agents) > 1:
        number = counted(len(group.agents), "agent")
        yield f"Alike for {number}: {_plain(listed(group.agents, 30))}\n"
    for clause in group.clauses:
        yield from _clause(clause)
    yield from (f"- {_plain(note)}" for note in group.notes)


def _clause(clause: ClauseView) -> Iterator[str]:
    what = f"**{clause.kind}**: {_plain(clause.what)}"
    if clause.example:
        what += f", for example {code(clause.example)}"
    if clause.detail:
        what += f", {code(clause.detail)}"
    yield f"- {what}"
    yield from (f"  - {_place(place)}" for place in clause.places)
    if clause.risk != "none":
        yield f"  - risk {clause.risk}: {_plain(clause.why)}"


def _place(place: PlaceView) -> str:
    at = code(place.at)
    where = f'<a href="{escape(place.link)}">{at}</a>' if place.link else at
    return f"{place.word} {code(place.text)} in {where}"


def _more(left: Sequence[GroupView], where: str, review: Review) -> str:
    agents = sum(len(one.agents) for one in left)
    wider = sum(len(one.agents) for one in left if one.widens)
    risk = left[0].risk
    return (
        f"\n**{counted(agents, 'more agent')}** ({wider:,} wider, risk {risk} or less) did not fit "
        f"here {where}; all of it: <code>{_plain(review.command)}</code>\n\n"
    )


def _tail(review: Review) -> str:
    gate = [f"**{gate_line(review)}**\n"] if review.fail_on else []
    pair = f"{code(review.old.version.label)} → {code(review.new.version.label)}"
    found = remarks(review)
    notes, left = _fitting((f"- {_plain(one)}\n" for one in found), _REMARKS_BYTES)
    if left:
        notes.append(f"- and {counted(left, 'more remark')}\n")
    if not found:
        notes = ["- not compared: nothing was left out\n"]
    lines = [*gate, f"{summary(review)}\n", f"Compared {pair}\n", *notes]
    return "\n" + "\n".join(lines[: -len(notes)]) + "\n" + "".join(notes)
