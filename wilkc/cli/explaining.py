"""Explanations as text and as JSON. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from wilkc.cli.decision_text import condition_text, printable
from wilkc.cli.diagnostics import excerpt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.analyze.explain import Explanation
    from wilkc.analyze.nearest import Nearest
    from wilkc.analyze.suggest import Suggestion

_INDENT: Final = " " * 9
_HELD: Final = {True: "holds   ", False: "fails   ", None: "missing "}
"""What a request shows of a test."""
_MOST_CHANGES: Final = 4
"""Differences that are told one by one."""


def explanation_text(found: Explanation, sources: Mapping[str, bytes], *, colour: bool) -> str:
    """The answer, the line that decided, what is nearest, and what could be added."""
    decision = found.decision
    word, hue = ("allowed", "green") if decision.allow else ("denied", "red")
    head = click.style(word, fg=hue) if colour else word
    lines = [f"{head}  " + printable(f"{decision.reason} · {decision.message}")]
    lines += map(printable, _lines(found, sources))
    return "\n".join(lines)


def _lines(found: Explanation, sources: Mapping[str, bytes]) -> Iterator[str]:
    decision = found.decision
    if found.span is not None:
        yield from excerpt(found.span, sources)
    if not decision.allow:
        yield f"detail   {decision.detail}"
    for condition in decision.conditions:
        yield f"under    {condition_text(condition)}"
    if found.spec:
        others = [name for name in found.specs if name != found.spec]
        beside = f"   (the agent also has {', '.join(others)})" if others else ""
        yield f"spec     {found.spec}{beside}"
    yield from _block_lines(found)
    for test, held in found.conditions:
        yield f"{_HELD[held]} {test}"
    if found.nearest is not None:
        yield from _nearest_lines(found.nearest)
    if found.suggestion is not None:
        yield from _suggestion_lines(found.suggestion)
    if found.no_suggestion:
        yield f"no entry helps: {found.no_suggestion}"


def _block_lines(found: Explanation) -> Iterator[str]:
    for block in found.blocks[1:]:
        yield f"also     blocked by '{block.text}'   {block.file}:{block.line}:{block.column}"
    if found.unblocked is not None:
        many = "these blocks" if len(found.blocks) > 1 else "this block"
        answer = "allowed" if found.unblocked.allow else "denied"
        yield f"without  {many} it would be {answer}: {found.unblocked.message}"


def _nearest_lines(near: Nearest) -> Iterator[str]:
    span = near.rule.span
    count = f"{near.edits} edit{'' if near.edits == 1 else 's'} away"
    yield f"nearest  '{near.rule.text}'   {span}   {count}"
    if near.changes:
        yield f"{_INDENT}{near.text}"
        first, *further = near.changes[:_MOST_CHANGES]
        yield f"{_INDENT}{_marks(near)} {_wish(near, first.start, first.wanted)}"
        for change in further:
            yield f"{_INDENT}{' ' * change.start}{_wish(near, change.start, change.wanted)}"
    if near.other:
        yield f"{_INDENT}the rule is for {near.other}"
    if not near.complete:
        yield f"{_INDENT}the list is long: not every rule of it was compared"


def _marks(near: Nearest) -> str:
    """A line that underlines every difference; a place where something is missing is one wide."""
    marks = [" "] * (max(max(one.end, one.start + 1) for one in near.changes))
    for change in near.changes:
        for place in range(change.start, max(change.end, change.start + 1)):
            marks[place] = "^"
    return "".join(marks)


def _wish(near: Nearest, start: int, wanted: str) -> str:
    if not wanted:
        return "the rule has nothing here"
    where = " at the end" if start >= len(near.text) else ""
    return f"the rule wants `{wanted.replace(chr(0), ' ')}`{where}"


def _suggestion_lines(suggestion: Suggestion) -> Iterator[str]:
    many = len(suggestion.edits) > 1
    what = "smallest changes that together" if many else "a smallest change that"
    yield f"{what} would allow exactly this   (a suggestion: review it)"
    for edit in suggestion.edits:
        place = f"{edit.span.file}:{edit.span.line}"
        yield f"{_INDENT}{place}, in `{'.'.join(edit.path)}`"
        yield f"{_INDENT}  - {edit.text}"
    for note in suggestion.notes:
        yield f"{_INDENT}note: {note}"


def explanation_json(found: Explanation) -> dict[str, Any]:
    """The stable JSON form of an explanation."""
    near, suggestion = found.nearest, found.suggestion
    return {
        "request": found.request.as_input(),
        **found.decision.as_json(),
        "spec": found.spec or None,
        "specs": list(found.specs),
        "blocks": [block.as_json() for block in found.blocks],
        "without_blocks": None if found.unblocked is None else found.unblocked.as_json(),
        "conditions_of_entry": [{"test": test, "holds": held} for test, held in found.conditions],
        "nearest": None if near is None else _nearest_json(near),
        "suggestion": None if suggestion is None else _suggestion_json(suggestion),
        "no_suggestion": found.no_suggestion or None,
    }


def _nearest_json(near: Nearest) -> dict[str, Any]:
    span = near.rule.span
    return {
        "rule": near.rule.id,
        "text": near.rule.text,
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "edits": near.edits,
        "asked": near.text,
        "changes": [
            {"start": one.start, "end": one.end, "wanted": one.wanted} for one in near.changes
        ],
        "other": near.other or None,
        "complete": near.complete,
    }


def _suggestion_json(suggestion: Suggestion) -> dict[str, Any]:
    edits = [
        {
            "file": edit.span.file,
            "line": edit.span.line,
            "path": list(edit.path),
            "value": edit.value,
            "yaml": edit.text,
        }
        for edit in suggestion.edits
    ]
    return {"edits": edits, "notes": list(suggestion.notes), "verified": True}
