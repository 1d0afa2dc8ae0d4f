"""The meaning of name lists: models, system actions, tools and agents. Layer: plan (reference).

LANGUAGE.md sections 6 and 8. Blocks of models and tools ignore case; allows never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Condition
from wilkc.core.errors import RequestError
from wilkc.core.numbers import whole_number
from wilkc.core.verdict import Verdict
from wilkc.language.names import name_matches, parse_name
from wilkc.plan.model import NameLists

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Request
    from wilkc.language.names import NamePattern
    from wilkc.plan.model import LlmPlan, Rule

SECONDS_PER_HOUR: Final = 3600
NOTHING: Final = NameLists()
LIST_KEYS: Final[Mapping[str, str]] = {"system": "system", "agent": "agents"}


def judge_llm(plan: LlmPlan, request: Request) -> Verdict:
    """The verdict on one request to a language model."""
    name = parse_name(request.id)
    if request.action != "request":
        return Verdict("unmatched", "unknown_action", list="llm")
    verdict = _judge_lists(plan.models, name, "llm.allowed_models", "llm.blocked_models")
    if verdict.outcome != "granted":
        return verdict
    asked = request.properties.get("max_tokens")
    if plan.max_tokens and asked is not None and asked > plan.max_tokens.value:
        return Verdict(
            "exceeded", "too_many_tokens", plan.max_tokens.id, "llm.max_tokens_per_request"
        )
    return Verdict("granted", "allowed", verdict.rule, verdict.list, _llm_conditions(plan, asked))


def judge_named(lists: Mapping[str, NameLists], request: Request) -> Verdict:
    """The verdict on a system action, a tool call or an operation on an agent."""
    if request.type == "tool":
        keys = ("tools.allowed", "tools.blocked")
    else:
        key = f"{LIST_KEYS[request.type]}.{request.action}"
        keys = (key, key)
    return _judge_lists(lists.get(request.action, NOTHING), parse_name(request.id), *keys)


def check_llm_properties(request: Request) -> None:
    """Refuse a `max_tokens` that is not a whole number from 0.

    Raises:
        RequestError: it is something else.
    """
    asked = request.properties.get("max_tokens", 0)
    if whole_number(asked) is None:
        raise RequestError("tokens_not_a_number", "`max_tokens` must be a whole number")


def _judge_lists(lists: NameLists, name: str, allow_key: str, block_key: str) -> Verdict:
    blocked = _first(lists.block, name, fold=True)
    if blocked:
        return Verdict("blocked", "blocked", blocked, block_key)
    allowed = _first(lists.allow, name, fold=False)
    if not allowed:
        return Verdict("unmatched", "no_rule_matches", list=allow_key)
    return Verdict("granted", "allowed", allowed, allow_key)


def _first(rules: Iterable[Rule[NamePattern]], name: str, *, fold: bool) -> str:
    for rule in rules:
        if any(name_matches(pattern, name, fold=fold) for pattern in rule.patterns):
            return rule.id
    return ""


def _llm_conditions(plan: LlmPlan, asked: int | None) -> tuple[Condition, ...]:
    conditions = []
    if plan.content_filtering:
        conditions.append(Condition(plan.content_filtering.id, "content_filter"))
    if plan.max_tokens and asked is None:
        tokens = {"max_tokens": plan.max_tokens.value}
        conditions.append(Condition(plan.max_tokens.id, "max_tokens", tokens))
    if plan.rate:
        window = {"key": "llm", "limit": plan.rate.value, "window_seconds": SECONDS_PER_HOUR}
        conditions.append(Condition(plan.rate.id, "rate_limit", window))
    return tuple(conditions)
