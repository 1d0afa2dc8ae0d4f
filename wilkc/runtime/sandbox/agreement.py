"""Kernel and policy must say the same of every mount. Layer: runtime.

Asked in one batch, of the revision that the plan came from: a path of every mount must be
allowed, and every path hidden by a rule must be denied. One odd answer and nothing starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.core.contract import Request
from wilkc.runtime.sandbox.ports import decide_all
from wilkc.runtime.sandbox.refusal import SandboxRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Decision
    from wilkc.runtime.sandbox.ports import DecisionPoint


def file_request(
    agent: str, action: str, names: Sequence[str], *, directory: bool = False, size: int = 0
) -> Request:
    """The question about one file, by its canonical name and its aliases."""
    properties: dict[str, object] = {"directory": True} if directory else {"size": size}
    if len(names) > 1:
        properties["aliases"] = list(names[1:])
    return Request(agent, action, "file", names[0], properties)


def require_agreement(
    point: DecisionPoint,
    revision: str,
    allowed: Sequence[Request],
    denied: Sequence[Request],
) -> None:
    """Ask about every mount and every cut-out.

    Args:
        point: the decision point.
        revision: digest of the bundle that the plan came from.
        allowed: requests that must be allowed (W1, W2).
        denied: requests that must be denied (W3).

    Raises:
        SandboxRefusedError: an answer differs, or comes from another revision.
    """
    requests = [*allowed, *denied]
    try:
        answers = decide_all(point, requests)
    except ValueError as error:
        raise _disagreement(str(error)) from error
    for number, (request, answer) in enumerate(zip(requests, answers, strict=True)):
        if answer.revision != revision:
            raise _disagreement(_other_revision(answer))
        if answer.allow is not (number < len(allowed)):
            said = "allows" if answer.allow else "denies"
            raise _disagreement(
                f"the policy {said} `{request.action}` of `{request.id}`, the plan says otherwise"
            )


def _other_revision(answer: Decision) -> str:
    if not answer.revision:
        return f"the decision point gave no answer: {answer.message}"
    return f"the decision point answers from another revision, {answer.revision[:12]}"


def _disagreement(text: str) -> SandboxRefusedError:
    return SandboxRefusedError(
        "sandbox.disagrees_with_policy",
        text,
        help_text="serve the bundle that this plan belongs to, and try again",
    )
