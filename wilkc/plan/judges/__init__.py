"""One judge per category: together the meaning of a spec. Room: plan (reference)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.errors import RequestError
from wilkc.plan.judges.data import check_data_properties, judge_data
from wilkc.plan.judges.files import check_file_properties, judge_file
from wilkc.plan.judges.names import check_llm_properties, judge_llm, judge_named
from wilkc.plan.judges.network import judge_network
from wilkc.plan.judges.shell import judge_shell
from wilkc.plan.judges.tools import check_tool_properties, judge_tool

if TYPE_CHECKING:
    from wilkc.core.contract import Request
    from wilkc.core.verdict import Verdict
    from wilkc.plan.judges.shell import Beside
    from wilkc.plan.model import Permissions

__all__ = ["check_properties", "judge"]

_CHECKS = {
    "data": check_data_properties,
    "file": check_file_properties,
    "llm": check_llm_properties,
    "tool": check_tool_properties,
}
MAX_TEXT = 10_000


def judge(
    permissions: Permissions, request: Request, *, fold: bool, beside: Beside = ()
) -> Verdict:
    """The verdict of the category that the request's type belongs to.

    Args:
        permissions: what one spec grants and blocks.
        request: what is asked.
        fold: whether its paths ignore case.
        beside: the file rules of the agent's other specs, whose blocks hide scripts as well.

    Raises:
        RequestError: the request is not canonical for its type.
    """
    match request.type:
        case "file":
            return judge_file(permissions.file, request, fold=fold)
        case "shell":
            return judge_shell(permissions, request, fold=fold, beside=beside)
        case "network":
            return judge_network(permissions.network, request)
        case "llm":
            return judge_llm(permissions.llm, request)
        case "data":
            return judge_data(permissions.data, request)
        case "tool":
            return judge_tool(permissions, request)
        case _:
            return judge_named(permissions.named.get(request.type, {}), request)


def check_properties(request: Request) -> None:
    """Refuse a request that is not of the shape that its type demands.

    Raises:
        RequestError: with the detail that names what is wrong.
    """
    for text in (request.agent, request.action, request.type):
        if not text or len(text) > MAX_TEXT:
            raise RequestError("malformed_request", "agent, type or action is empty or too long")
    if not isinstance(request.context.get("usage", {}), dict):
        raise RequestError("malformed_request", "`context.usage` must be an object")
    _CHECKS.get(request.type, _no_check)(request)


def _no_check(request: Request) -> None:
    """Types whose judge itself reads all their properties."""
    del request
