"""Rules of Gemini CLI in their order become entries. Layer: importers (pure).

There the rule of the highest priority decides; here a block always wins. A denial is compared with
each rule that allows: one of a higher priority in the same file keeps what it allows; of others the
denial takes all, or is blocked as widely. Between files a denial always wins, as nobody knows here
which of them goes first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.importers.gemini.rules import (
    AGENT,
    ANY,
    SECTIONS,
    SHELL,
    Named,
    Prefix,
    covers,
    is_name,
    touches,
)
from wilkc.importers.prefixes import allowed_prefix, block_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.importers.draft import Draft
    from wilkc.importers.gemini.available import Available
    from wilkc.importers.gemini.rules import Rule

_ANYTHING: Final = "it allows anything: say what it is needed for"
_SEVERAL: Final = "it allows every tool whose name begins so, of other servers too: name the tools"

_OUTRANKED: Final = "rules that go before it allow the rest, and nothing else is allowed"
MAX_RULES: Final = 2000
"""Of all files: each is compared with each."""


def merge(rules: Iterable[Rule], available: Available, draft: Draft) -> None:
    """Add what the rules of all files mean together, or less.

    Raises:
        UsageError: there are more than `MAX_RULES`.
    """
    given = list(rules)
    if len(given) > MAX_RULES:
        raise UsageError(f"{given[MAX_RULES].place}: more than {MAX_RULES} rules")
    allows = [one for rule in given if rule.allows for one in _sayable(rule, available, draft)]
    for denial in given:
        if not denial.allows:
            allows = _denied(denial, allows, draft)
    for rule in allows:
        if isinstance(rule.target, Prefix):
            name, entry = "shell.allowed_commands", allowed_prefix(rule.target.words)
        else:
            name, entry = "tools.allowed", rule.target.pattern
        draft.allow(name, entry, rule.place, shown=rule.shown)


def _sayable(rule: Rule, available: Available, draft: Draft) -> list[Rule]:
    """What of a rule that allows can be carried over; the rest is told."""
    why = rule.why_not or _whole(rule) or available.outranked(rule)
    if why:
        draft.leave_out(rule.place, rule.shown, why)
        return []
    left, why = available.narrowed(rule.target)
    if why:
        draft.leave_out(rule.place, rule.shown, why)
    return [replace(rule, target=one) for one in left]


def _whole(rule: Rule) -> str:
    """Why a rule allows more than can be said, or empty."""
    if isinstance(rule.target, Prefix):
        return "" if rule.target.words else _ANYTHING
    name = rule.target.pattern
    if name in {ANY, AGENT} or name in SECTIONS:
        return _ANYTHING
    if ANY in name:
        return _SEVERAL
    return "" if is_name(name) else "it is not the name of one tool"


def _denied(denial: Rule, allows: list[Rule], draft: Draft) -> list[Rule]:
    """The rules that are left beside a denial, which is blocked where that is wanted."""
    kept, outranked, partly = [], False, False
    for rule in allows:
        if touches(denial.target, rule.target):
            if rule.file == denial.file and rule.priority > denial.priority:
                outranked = True
            elif covers(denial.target, rule.target):
                draft.leave_out(rule.place, rule.shown, f"it is denied by {denial.place}")
                continue
            else:
                partly = True
        kept.append(rule)
    if partly or not outranked:
        _block(denial, draft)
    else:
        draft.leave_out(denial.place, denial.shown, _OUTRANKED)
    return kept


def _block(denial: Rule, draft: Draft) -> None:
    target = denial.target
    if isinstance(target, Prefix) and target.words:
        block_prefix(draft, target.words, denial.place, denial.shown)
        return
    pattern = SHELL if isinstance(target, Prefix) else target.pattern
    emptied = {section for tool, section in SECTIONS.items() if covers(Named(pattern), Named(tool))}
    for section in sorted(emptied):
        draft.empty(section, denial.place, denial.shown)
    if pattern not in SECTIONS:
        draft.block("tools.blocked", pattern, denial.place, shown=denial.shown)
