"""The meaning of `tools` for one call. Layer: plan (reference). LANGUAGE.md section 8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import RequestError
from wilkc.core.verdict import Verdict
from wilkc.language.names import name_matches
from wilkc.language.schemas import conforms
from wilkc.plan.judges.names import judge_named

if TYPE_CHECKING:
    from wilkc.core.contract import Request
    from wilkc.plan.model import Permissions, ToolPlan


def judge_tool(permissions: Permissions, request: Request) -> Verdict:
    """The verdict on calling one tool: its name, then whose signature it bears, then how."""
    verdict = judge_named(permissions.named.get(request.type, {}), request)
    if verdict.outcome != "granted":
        return verdict
    return _exceeded(permissions.tools, request) or verdict


def check_tool_properties(request: Request) -> None:
    """Refuse properties of the wrong type.

    Raises:
        RequestError: `arguments` is no object, or `signed_by` no text.
    """
    if not isinstance(request.properties.get("arguments", {}), dict):
        raise RequestError("arguments_not_object", "`arguments` must be an object")
    if not isinstance(request.properties.get("signed_by", ""), str):
        raise RequestError("signer_not_text", "`signed_by` must be the id of a key")


def _exceeded(plan: ToolPlan, request: Request) -> Verdict | None:
    if plan.signed and request.properties.get("signed_by") not in plan.signed.values:
        return Verdict("exceeded", "signature_required", plan.signed.id, "tools.signed")
    arguments = request.properties.get("arguments", {})
    for rule in plan.arguments:
        # As a block does: a tool in other letters is no other tool.
        concerned = any(name_matches(one, request.id, fold=True) for one in rule.patterns)
        if concerned and not conforms(rule.schema, arguments):
            return Verdict("exceeded", "arguments_not_allowed", rule.id, "tools.arguments")
    return None
