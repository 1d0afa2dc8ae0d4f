"""What a hook prints and exits with, for each verdict and harness. Layer: adapters. Pure.

The one code that blocks in every harness is 2 with the reason on standard error. No other code
than 0 and 2 is ever used, and 2 never comes without a reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.hooks.client import DENIED, Answer, one_line
from wilkc.adapters.hooks.confining import is_command
from wilkc.adapters.hooks.harnesses import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.adapters.hooks.confining import Confined
    from wilkc.adapters.hooks.model import Call, Harness, Verdict
    from wilkc.core.contract import Decision

UNMATCHED: Final = frozenset({"no_rule_matches"})
"""Details of denials that a person may be asked about: no block stands against them."""

_NOT_REWRITTEN: Final = "wilk: denied: the command cannot be run in the sandbox here"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on a call.

    Attributes:
        decision: the decision that holds.
        harness: who is answered, or None where it is not known.
        call: what was judged, or None where it could not be read.
        confined: how the command of the call runs, or None where it runs none or is not confined.
    """

    decision: Decision
    harness: Harness | None = None
    call: Call | None = None
    confined: Confined | None = None


def answer(judged: Judged, options: Mapping[str, Any]) -> Answer:
    """What is printed and how the process ends.

    Args:
        judged: the verdict.
        options: those of the hook, see `wilkc.adapters.hooks.options`.
    """
    decision, harness, call = judged.decision, judged.harness, judged.call
    if decision.allow is True and harness is not None and call is not None:
        if judged.confined is not None and not judged.confined.wrapped:
            return _rewritten(harness, call, judged.confined, options)
        if options["skip-prompt"] and harness.skipping is not None:
            return Answer(0, harness.skipping(call), "")
        return Answer(0, harness.allowed, "")
    reason = reason_of(decision)
    if harness is not None and call is not None and _may_ask(judged, harness, call, options):
        asking = harness.asking
        if asking is not None:
            return Answer(0, asking(call, reason), "")
    printed = "" if harness is None else harness.denied(reason)
    return Answer(DENIED, printed, reason)


def reason_of(decision: Decision) -> str:
    """A denial in one line, which is never empty."""
    place = ""
    if decision.rule is not None:
        place = f" ({decision.rule.file}:{decision.rule.line}:{decision.rule.column})"
    said = decision.message or decision.detail or "no reason was given"
    return one_line(f"wilk: denied: {said}{place} [{decision.detail}]")


def refusing(named: str | None, reason: str) -> Answer:
    """The answer where nothing was judged."""
    harness = BY_NAME.get(named or "")
    printed = "" if harness is None else harness.denied(reason)
    return Answer(DENIED, printed, reason)


def _rewritten(
    harness: Harness, call: Call, confined: Confined, options: Mapping[str, Any]
) -> Answer:
    """An allow of what is not confined yet never leaves the input as it is."""
    rewriting = harness.rewriting
    verdict: Verdict = "allow" if options["skip-prompt"] else "ask"
    printed = None if rewriting is None else rewriting(call, confined.given, verdict)
    if printed is None:
        return Answer(DENIED, harness.denied(_NOT_REWRITTEN), _NOT_REWRITTEN)
    return Answer(0, printed, "")


def _may_ask(judged: Judged, harness: Harness, call: Call, options: Mapping[str, Any]) -> bool:
    wanted = options["ask-unmatched"] and not options["unattended"]
    # Whoever says yes would have the command run outside of the sandbox.
    wanted = wanted and not (options["confine"] and is_command(harness, call))
    return bool(wanted and judged.decision.detail in UNMATCHED and harness.asks(call))
