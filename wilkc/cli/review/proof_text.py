"""Verdicts on guardrails, for people and for machines. Layer: cli."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from wilkc.analyze.prove import verdict_json
from wilkc.cli.review.words import counted, example, listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wilkc.analyze.prove import Outcome, Verdict
    from wilkc.cli.review.confirming import Confirmation
    from wilkc.compiler import LeftOut

_WORDS: Final[dict[Outcome, tuple[str, str]]] = {
    "holds": ("holds", "green"),
    "broken": ("BROKEN", "red"),
    "inconclusive": ("NOT DECIDED", "red"),
}
_WIDTH: Final = max(len(word) for word, _ in _WORDS.values())


def proof_text(
    verdicts: Sequence[Verdict],
    confirmed: Confirmation,
    left_out: Sequence[LeftOut],
    *,
    colour: bool,
) -> str:
    """Every verdict with its witness, and a line that counts them."""
    lines = [line for one in verdicts for line in _lines(one, colour=colour)]
    lines += [
        f"not compared: {visible(one.file)} of the old version: {visible(one.why, 300)}"
        for one in left_out
    ]
    return "\n".join([*lines, "", f"{_counts(verdicts)}; {confirmed}"])


def proof_json(
    verdicts: Sequence[Verdict], confirmed: Confirmation, left_out: Sequence[LeftOut]
) -> str:
    """The stable JSON form of `wilkc prove -f json`."""
    entries = [entry for one in verdicts for entry in verdict_json(one)]
    document = {
        "proved": all(one.outcome == "holds" for one in verdicts),
        "verdicts": sorted(entries, key=lambda entry: (entry["guardrail"], entry["agent"])),
        "left_out": [{"file": one.file, "why": one.why} for one in left_out],
        "confirmed": confirmed.as_json(),
    }
    return json.dumps(document, indent=2, ensure_ascii=True)


def _lines(verdict: Verdict, *, colour: bool) -> Iterator[str]:
    word, hue = _WORDS[verdict.outcome]
    shown = word.ljust(_WIDTH)
    head = click.style(shown, fg=hue) if colour else shown
    place = f"   ({visible(str(verdict.span))})" if verdict.span else ""
    yield f"{head}  {visible(verdict.guardrail)}   {listed(verdict.agents)}{place}"
    indent = " " * (_WIDTH + 2)
    if verdict.witness is not None:
        asked = f"{verdict.witness.type} {visible(verdict.witness.action)}"
        yield f"{indent}{asked}  e.g.  {example(verdict.witness)}"
    if verdict.rule is not None:
        rule = verdict.rule
        yield f"{indent}{visible(rule.file)}:{rule.line}  '{visible(rule.text)}'"
    if verdict.why:
        yield f"{indent}{visible(verdict.why, 300)}"


def _counts(verdicts: Sequence[Verdict]) -> str:
    agents = {agent for one in verdicts for agent in one.agents}
    guardrails = {(one.guardrail, one.span) for one in verdicts}
    bad = {(one.guardrail, one.span) for one in verdicts if one.outcome != "holds"}
    result = f"{len(bad)} not proved" if bad else "proved"
    return f"{counted(len(guardrails), 'guardrail')} for {counted(len(agents), 'agent')}: {result}"
