"""Which entry a comment belongs to. Layer: syntax.

A comment at the end of a line belongs to what begins last before it. A comment on a line of
its own belongs to the entry after it; after the last entry of a group, to the group whose
entries stand no further right than the comment. Comments at the head of a document stay
there, but for those that a blank line divides from it.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from wilkc.syntax.layout.model import Comment, Group, Point, Sheet

if TYPE_CHECKING:
    from collections.abc import Iterable

_Chain = list[tuple[Group, int]]
"""Groups from the root inwards that are open at a place, each with the number of its last
entry that begins before it, or -1."""


def attach(sheets: list[Sheet], comments: Iterable[Comment]) -> list[Sheet]:
    """The documents that hold anything, with each comment at its place."""
    place = 0
    for comment in comments:
        while place + 1 < len(sheets) and sheets[place + 1].start < comment.at:
            place += 1
        if sheets:
            _attach(sheets[place], comment)
    for sheet in sheets:
        _cut_header(sheet)
    return _with_content(sheets)


def _attach(sheet: Sheet, comment: Comment) -> None:
    chain = _open_at(sheet.root, comment.at)
    group, last = chain[-1]
    if not comment.alone and (last >= 0 or len(chain) > 1):
        holder, number = chain[-1] if last >= 0 else chain[-2]
        entry = holder.entries[number]
        if entry.beside is None:
            entry.beside = comment
        else:
            entry.before.append(comment)
    elif last < 0 and group.entries:
        group.entries[0].before.append(comment)
    elif last < 0 and len(chain) > 1:
        holder, number = chain[-2]
        holder.entries[number].before.append(comment)
    elif last < 0:
        sheet.header.append(comment)
    else:
        _attach_after(chain, comment)


def _open_at(root: Group, at: Point) -> _Chain:
    chain: _Chain = []
    group: Group | None = root
    while group is not None:
        last = bisect_left(group.entries, at, key=lambda entry: entry.at) - 1
        chain.append((group, last))
        value = group.entries[last].value if last >= 0 else None
        inside = isinstance(value, Group) and (not value.flow or value.start < at < value.end)
        group = value if isinstance(value, Group) and inside else None
    return chain


def _attach_after(chain: _Chain, comment: Comment) -> None:
    """Put it before the next entry, or at the end of a group that has ended."""
    ended: list[Group] = []
    following = None
    for group, last in reversed(chain):
        if last + 1 < len(group.entries):
            following = group.entries[last + 1]
            break
        ended.append(group)
        if group.flow:
            break
    if ended and ended[-1].flow:
        ended[-1].tail.append(comment)
        return
    # Entries of a group stand further right than those around it, or it is not told apart.
    outer = following.at.column if following else -1
    parents = [*(group.column for group in ended[1:]), outer]
    for group, parent in zip(ended, parents, strict=False):
        if parent < group.column <= comment.at.column:
            group.tail.append(comment)
            return
    if following is not None:
        following.before.append(comment)
    else:
        ended[-1].tail.append(comment)


def _cut_header(sheet: Sheet) -> None:
    if not sheet.root.entries:
        return
    first = sheet.root.entries[0]
    blanks = [*(comment.blank for comment in first.before), first.blank]
    cut = max((n for n, blank in enumerate(blanks) if blank and n > 0), default=0)
    sheet.gap = cut > 0
    cut = cut or len(first.before)
    sheet.header, first.before = [*sheet.header, *first.before[:cut]], first.before[cut:]
    first.leads_blank = False


def _with_content(sheets: list[Sheet]) -> list[Sheet]:
    """Documents that hold nothing but comments give these to the next one, or to the last."""
    kept: list[Sheet] = []
    waiting: list[Comment] = []
    for sheet in sheets:
        if sheet.root.entries:
            sheet.gap = sheet.gap if sheet.header else bool(waiting)
            sheet.header = [*waiting, *sheet.header]
            waiting = []
            kept.append(sheet)
        else:
            waiting += [*sheet.header, *sheet.root.tail]
    if kept:
        kept[-1].root.tail.extend(waiting)
    return kept
