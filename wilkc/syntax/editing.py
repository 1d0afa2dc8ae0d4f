"""Small changes of a text that leave the rest as it is, comments included. Layer: syntax.

What a change means is not known here: whoever asks for it reads the text again and compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from wilkc.syntax.comments import Place, comment_places, extent, scan
from wilkc.syntax.ignores import speaks_to_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.spans import Span

_STARTS: Final = (
    yaml.BlockMappingStartToken, yaml.BlockSequenceStartToken,
    yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken,
)  # fmt: skip
_ENDS: Final = (yaml.BlockEndToken, yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)


def without_item(data: bytes, span: Span) -> bytes | None:
    """A text without one item of a list, or None where more would have to be touched.

    A comment beside an item that goes keeps its line, unless it speaks to Wilk.

    Args:
        data: YAML that `read_documents` takes.
        span: where the item stands.
    """
    text = data.decode("utf-8")
    end = "\r\n" if "\r\n" in text else "\n"
    lines = _without(text.replace("\r\n", "\n").split("\n"), (span.line - 1, span.column - 1))
    return None if lines is None else end.join(lines).encode("utf-8")


def with_line_above(data: bytes, span: Span, line: str) -> bytes | None:
    """A text with a new line above a key that begins its line, or None where it does not.

    Comments for Wilk directly above stay with the key.
    """
    text = data.decode("utf-8")
    lines = text.split("\n")
    at = span.line - 1
    indent = lines[at][: span.column - 1]
    if indent.strip(" "):
        return None
    end = "\r" if lines[at].endswith("\r") else ""
    while at > 0 and _is_word_to_us(lines, at - 1):
        at -= 1
    return "\n".join([*lines[:at], f"{indent}{line}{end}", *lines[at:]]).encode("utf-8")


def _without(lines: list[str], place: Place) -> list[str] | None:
    tokens = scan("\n".join(lines))
    first = next(
        (
            number
            for number, token in enumerate(tokens)
            if extent(token)[0] == place
            and isinstance(
                tokens[number - 1],
                yaml.BlockEntryToken | yaml.FlowEntryToken | yaml.FlowSequenceStartToken,
            )
        ),
        None,
    )
    if first is None:
        return None
    last = _last(tokens, first)
    if isinstance(tokens[first - 1], yaml.BlockEntryToken):
        return _without_lines(lines, tokens, first, last)
    return _without_words(lines, tokens, first, last)


def _last(tokens: Sequence[Any], first: int) -> int:
    depth = 0
    for number in range(first, len(tokens)):
        depth += isinstance(tokens[number], _STARTS)
        depth -= isinstance(tokens[number], _ENDS)
        if depth == 0:
            return number
    return first


def _without_lines(
    lines: list[str], tokens: Sequence[Any], first: int, last: int
) -> list[str] | None:
    """Without an item that begins with a dash: all its lines go."""
    line, column = extent(tokens[first - 1])[0]
    end = max(extent(token)[1] for token in tokens[first : last + 1] if _is_seen(token))
    comments = [at for at in comment_places(lines, tokens) if line <= at[0] <= end[0]]
    behind = lines[end[0]][end[1] :].strip()
    in_block = any(
        getattr(token, "style", None) in {"|", ">"} for token in tokens[first : last + 1]
    )
    if lines[line][:column].strip() or in_block or (behind and not behind.startswith("#")):
        return None
    kept = [
        " " * column + lines[at[0]][at[1] :].rstrip()
        for at in comments
        if not speaks_to_us(lines, at)
    ]
    follows = isinstance(tokens[last + 1], yaml.BlockEntryToken)
    leads = isinstance(tokens[first - 2], yaml.BlockSequenceStartToken | yaml.ValueToken)
    if leads and not follows:
        kept.append(" " * (column + 2) + "[]")
    above = line
    while above > 0 and _is_word_to_us(lines, above - 1):
        above -= 1
    return [*lines[:above], *kept, *lines[end[0] + 1 :]]


def _is_word_to_us(lines: Sequence[str], number: int) -> bool:
    """Whether a comment for Wilk stands alone on a line: it speaks of the next one."""
    indent = len(lines[number]) - len(lines[number].lstrip())
    return speaks_to_us(lines, (number, indent))


def _is_seen(token: Any) -> bool:
    start, end = extent(token)
    return start != end


def _without_words(
    lines: list[str], tokens: Sequence[Any], first: int, last: int
) -> list[str] | None:
    """Without an item between brackets, and without one comma beside it."""
    start, end = extent(tokens[first])[0], extent(tokens[last])[1]
    cuts = [(start, end)]
    if isinstance(tokens[last + 1], yaml.FlowEntryToken):
        comma = extent(tokens[last + 1])
        after = extent(tokens[last + 2])[0]
        together = start[0] == comma[1][0] == after[0]
        cuts = [(start, after)] if together else [(start, end), comma]
    elif isinstance(tokens[first - 1], yaml.FlowEntryToken):
        comma = extent(tokens[first - 1])
        cuts = [(comma[0], end)] if comma[0][0] == end[0] else [(start, end), comma]
    changed = list(lines)
    for low, high in sorted(cuts, reverse=True):
        if low[0] != high[0]:
            return None
        line = changed[low[0]]
        changed[low[0]] = line[: low[1]] + line[max(low[1], high[1]) :]
    touched = {low[0] for low, _ in cuts}
    return [
        line.rstrip() if number in touched else line
        for number, line in enumerate(changed)
        if number not in touched or (line.strip() and not _is_word_to_us(changed, number))
    ]
