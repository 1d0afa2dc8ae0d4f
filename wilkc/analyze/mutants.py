"""An entry changed a little, in every way that a slip of its author could. Layer: analyze (pure).

Only the text is changed, and read again as its list reads it, so a mutant is always something
that could have been written.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW
from wilkc.language.commands import command_words, parse_command_rule
from wilkc.language.globs import lex
from wilkc.language.hosts import MAX_PORT, parse_host_rule
from wilkc.language.names import parse_name_rule
from wilkc.language.paths import parse_path_rule
from wilkc.language.paths.rules import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.rule_lists import ListKey
    from wilkc.language.atoms import Effect
    from wilkc.language.globs import Token
    from wilkc.plan.model import Rule

    Texts = Iterator[tuple["Change", str]]

Change = Literal["dropped", "widened", "narrowed"]
_ROOTS: Final = frozenset({"", ".", "~"})


@dataclass(frozen=True, slots=True)
class Mutant:
    """One changed entry.

    Attributes:
        change: what was done to it.
        text: the entry now; empty where it was dropped.
        rule: the entry now, or None.
    """

    change: Change
    text: str
    rule: Rule[Any] | None


def mutants(key: ListKey, rule: Rule[Any]) -> tuple[Mutant, ...]:
    """The entry dropped, and every way to widen or narrow it by one step, without doubles."""
    found = {rule.patterns: Mutant("dropped", "", None)}
    for change, text, patterns in _changed(key, rule):
        if patterns not in found:
            made = replace(rule, text=text, patterns=patterns)
            found[patterns] = Mutant(change, text, made)
    return tuple(found.values())


def _changed(key: ListKey, rule: Rule[Any]) -> Iterator[tuple[Change, str, tuple[Any, ...]]]:
    if key.action == "port":
        yield from _ports(rule.patterns)
        return
    texts = {"file": path_texts, "network": host_texts}.get(key.type, name_texts)(rule.text)
    if key.type == "shell":
        texts = command_texts(rule.text, key.effect)
    for change, text in texts:
        try:
            yield change, text, _parse(key, text)
        except PatternError:
            continue


def _parse(key: ListKey, text: str) -> tuple[Any, ...]:
    match key.type:
        case "file":
            return parse_path_rule(text, key.effect)
        case "shell":
            return parse_command_rule(text, key.effect)
        case "network":
            return parse_host_rule(text)
        case _:
            return parse_name_rule(text)


def path_texts(text: str) -> Texts:
    """A segment as `*`, `*` as `**` and back, one alternative less, `?` for a star."""
    tokens = lex(text, CODES, separator="/")
    for start, end in _segments(tokens, len(text)):
        segment, before, after = text[start:end], text[:start], text[end:]
        if segment == "**":
            yield "narrowed", f"{before}*{after}"
        elif segment == "*":
            yield "widened", f"{before}**{after}"
        elif segment not in _ROOTS:
            yield "widened", f"{before}*{after}"
    yield from _inside(text, tokens, separator=True)


def name_texts(text: str) -> Texts:
    """The whole name as `*`, one alternative less, `?` for a star."""
    if text != "*":
        yield "widened", "*"
    yield from _inside(text, lex(text, CODES, separator=""), separator=False)


def host_texts(text: str) -> Texts:
    """One label more or less, or a block of addresses twice or half as large."""
    (pattern,) = parse_host_rule(text)
    if pattern.shape == "block":
        block = ipaddress.ip_network(pattern.text)
        if block.prefixlen:
            yield "widened", str(block.supernet())
        if block.prefixlen < block.max_prefixlen:
            yield "narrowed", str(next(block.subnets()))
    elif pattern.shape == "suffix":
        yield "widened", "*"
        yield "narrowed", f"*.www.{pattern.text}"
        yield "narrowed", f"www.{pattern.text}"
    elif pattern.shape == "name":
        parent = pattern.text.partition(".")[2]
        yield "widened", f"*.{parent}" if parent else "*"


def command_texts(text: str, effect: Effect) -> Texts:
    """An argument as `*`, one word less or more, and what `path_texts` does to each word."""
    words = command_words(text)
    for place, (start, end) in enumerate(words):
        word, before, after = text[start:end], text[:start], text[end:]
        last = place == len(words) - 1
        if place == 0:
            continue
        if word == "*" and last and effect == ALLOW:
            yield "narrowed", before.rstrip(" \t")
        elif word != "*":
            yield "widened", f"{before}*{after}"
            if not set(word) & set("'\"\\"):
                yield from ((change, f"{before}{one}{after}") for change, one in _word_texts(word))
    if effect == ALLOW and text[slice(*words[-1])] != "*":
        yield "widened", f"{text} *"


def _word_texts(word: str) -> Texts:
    try:
        yield from path_texts(word)
    except PatternError:
        return


def _ports(patterns: tuple[Any, ...]) -> Iterator[tuple[Change, str, tuple[Any, ...]]]:
    ((low, high),) = patterns
    wide = (max(low - 1, 1), min(high + 1, MAX_PORT))
    yield "widened", f"{wide[0]}-{wide[1]}", (wide,)
    if low < high:
        yield "narrowed", f"{low}-{high - 1}", ((low, high - 1),)


def _inside(text: str, tokens: tuple[Token, ...], *, separator: bool) -> Texts:
    for token in tokens:
        alone = separator and _is_segment(text, token.start, token.end)
        beside = (
            text[token.start - 1 : token.start] == "*" or text[token.end : token.end + 1] == "*"
        )
        if token.kind == "star" and not alone and not beside:
            yield "narrowed", f"{text[: token.start]}?{text[token.end :]}"
    for start, end, inside in _alternatives(tokens):
        for place in range(len(inside)):
            left = [text[slice(*one)] for number, one in enumerate(inside) if number != place]
            held = left[0] if len(left) == 1 else "{" + ",".join(left) + "}"
            yield "narrowed", f"{text[:start]}{held}{text[end:]}"


def _is_segment(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start] in {"", "/"} and text[end : end + 1] in {"", "/"}


def _segments(tokens: tuple[Token, ...], length: int) -> Iterator[tuple[int, int]]:
    """Offsets of the segments; a slash inside braces ends none."""
    start = depth = 0
    for token in tokens:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if token.kind == "separator" and depth == 0:
            yield start, token.start
            start = token.end
    yield start, length


def _alternatives(
    tokens: tuple[Token, ...],
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Each outermost group of braces: its offsets, and those of its alternatives."""
    depth = start = before = 0
    inside: list[tuple[int, int]] = []
    for token in tokens:
        if token.kind == "open":
            depth += 1
            if depth == 1:
                start, before, inside = token.start, token.end, []
        elif token.kind in {"comma", "close"} and depth == 1:
            inside.append((before, token.start))
            before = token.end
        if token.kind == "close":
            depth -= 1
            if depth == 0:
                yield start, token.end, inside
