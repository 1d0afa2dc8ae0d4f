"""Decisions as text for a person. Layer: cli."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wilkc.core.contract import Condition, Decision, RuleRef


def decision_text(decision: Decision, *, colour: bool) -> str:
    """The answer, why, by which line, under which conditions and by which revision."""
    word, hue = ("allowed", "green") if decision.allow else ("denied ", "red")
    head = click.style(word, fg=hue) if colour else word
    lines = [f"{decision.reason} · {decision.message}"]
    if not decision.allow:
        lines.append(f"detail    {decision.detail}")
    if decision.rule is not None:
        lines.append(f"rule      {_rule(decision.rule)}")
    lines += [f"condition {condition_text(condition)}" for condition in decision.conditions]
    lines.append(f"revision  {decision.revision or 'none'}")
    return f"{head}   " + "\n".join(map(printable, lines))


def printable(text: str) -> str:
    """The text with what a terminal would act on made visible."""
    return "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in text)


def _rule(rule: RuleRef) -> str:
    return f"{rule.file}:{rule.line}:{rule.column}   '{rule.text}'"


def condition_text(condition: Condition) -> str:
    """A condition as its type and properties."""
    properties = (f"{name}={value}" for name, value in sorted(condition.properties.items()))
    return " ".join([condition.type, *properties])
