"""Requests for models, tools, system actions and agents. Layer: analyze (pure).

LANGUAGE.md sections 6 and 8.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.analyze.boundary.around import Around, bounded
from wilkc.analyze.boundary.globs import edits, glob_texts
from wilkc.analyze.boundary.meeting import meeting_text
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.analyze.boundary.around import Bounds
    from wilkc.language.names import NamePattern
    from wilkc.language.schemas import Check
    from wilkc.plan.model import LlmPlan, NameLists, Permissions, ToolPlan

NOT_CANONICAL: Final = ("", "e\u0301", "a\0", "a\nb", "x" * 1_025, "\x7f", "\u202e", "\ufeff", "K")
_NO_OBJECTS: Final[tuple[Any, ...]] = ([], None, 1)
_NUMBERS: Final[tuple[Any, ...]] = (0, -1, 1.5, "1", None, True)


def named_requests(agent: str, permissions: Permissions, bounds: Bounds) -> Iterator[Request]:
    """Requests around the lists of every system action, tool call and agent operation."""
    for kind, lists in sorted(permissions.named.items()):
        for action, held in sorted(lists.items()):
            for name in _names(held, bounds):
                yield Request(agent, action, kind, name)
    yield from bounded(_tools(agent, permissions.tools), bounds.extras)
    for kind, action in (("system", "install"), ("tool", "call"), ("agent", "message")):
        for name in bounded(NOT_CANONICAL, bounds.extras):
            yield Request(agent, action, kind, name)
        yield Request(agent, "other", kind, "a")


def llm_requests(agent: str, plan: LlmPlan, bounds: Bounds) -> Iterator[Request]:
    """Requests around model names, tokens and the rate."""
    for name in _names(plan.models, bounds):
        yield Request(agent, "request", "llm", name)
    model = _plain(plan.models)
    most = plan.max_tokens.value if plan.max_tokens else 100
    for tokens in bounded((most, most + 1, most - 1, *_NUMBERS), bounds.extras):
        yield Request(agent, "request", "llm", model, {"max_tokens": tokens})
    limit = plan.rate.value if plan.rate else 10
    for used in bounded((limit, limit - 1, limit + 1, *_NUMBERS), bounds.extras):
        usage = {"usage": {f"{agent}/llm": used}}
        yield Request(agent, "request", "llm", model, {}, usage)
    for name in bounded(NOT_CANONICAL, bounds.extras):
        yield Request(agent, "request", "llm", name)
    for wrong in bounded(_NO_OBJECTS, bounds.extras):
        yield Request(agent, "request", "llm", model, {}, {"usage": wrong})
    yield Request(agent, "train", "llm", model)


@lru_cache(maxsize=16_384)
def around_name(pattern: NamePattern) -> Around[str]:
    """Names that a pattern takes, and names one code point away."""
    members = tuple(text for text in glob_texts(pattern.glob) if text) or ("x",)
    return Around(members, edits(members[0]))


def _names(lists: NameLists, bounds: Bounds) -> Iterator[str]:
    for rule in (*lists.allow, *lists.block):
        for pattern in rule.patterns:
            yield from around_name(pattern).within(bounds)
    yield from bounded(_meetings(lists), bounds.meetings)


def _meetings(lists: NameLists) -> Iterator[str]:
    for allow in lists.allow:
        for block in lists.block:
            for one in allow.patterns:
                for other in block.patterns:
                    text = meeting_text(one.glob, other.glob)
                    if text:
                        yield from (text, text.swapcase())


def _plain(lists: NameLists) -> str:
    return around_name(lists.allow[0].patterns[0]).members[0] if lists.allow else "a"


def _tools(agent: str, plan: ToolPlan) -> Iterator[Request]:
    signers = sorted(plan.signed.values) if plan.signed else []
    signed = {"signed_by": signers[0]} if signers else {}
    for rule in plan.arguments:
        name = around_name(rule.patterns[0]).members[0]
        yield Request(agent, "call", "tool", name, dict(signed))
        for place, checks in rule.schema.checks.items():
            if len(place) <= 1:
                for value in (value for check in checks for value in _values(check)):
                    given = {place[0]: value} if place else value
                    yield Request(agent, "call", "tool", name, {**signed, "arguments": given})
    for signer in (*signers, "other", "", 1, None):
        yield Request(agent, "call", "tool", "a", {"signed_by": signer})


def _values(check: Check) -> tuple[Any, ...]:
    wanted = check.wanted
    match check.keyword:
        case "minimum" | "maximum":
            return (wanted - 1, wanted, wanted + 1)
        case "minLength" | "maxLength":
            return tuple("é" * count for count in range(max(wanted - 1, 0), min(wanted + 2, 999)))
        case "minItems" | "maxItems":
            return tuple([0] * count for count in range(max(wanted - 1, 0), min(wanted + 2, 999)))
        case "enum":
            return (*wanted, "other", True, 1)
        case "required" | "closed":
            return ({}, dict.fromkeys(wanted, "a"), dict.fromkeys((*wanted, "other"), "a"))
        case "x-glob":
            return tuple(text for one in wanted for text in (*glob_texts(one.glob), *edits("a")))
        case _:
            return ({}, [], "a", 1, 1.5, 1.0, True, None)
