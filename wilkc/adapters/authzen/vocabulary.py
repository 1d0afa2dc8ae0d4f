"""What callers' words mean in Wilk's language. Layer: adapters (pure).

AuthZEN leaves the types of subjects and resources to who runs the decision point. Wilk's
language knows agents, and a closed list of resource types. The operator says which other words
mean an agent, and which types of resources are used through named operations, which are then
asked about as calls of a tool. No word means anything of itself: what is not declared has no
permissions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import RequestError, UsageError
from wilkc.language.requests import canonical_request, check_request, known_members, read_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json

AGENT: Final = "agent"
OWN_TYPES: Final = frozenset(
    {"file", "shell", "network", "llm", "data", "system", "tool", "agent"}
)  # fmt: skip
"""Resource types of the language, which keep their meaning (LANGUAGE.md section 2)."""
_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which words beside the language's own are understood.

    Attributes:
        subjects: types of subjects that are agents of the specs, by their id.
        tools: types of resources whose actions are tools, each named `TYPE:ACTION`.
    """

    subjects: frozenset[str] = frozenset({AGENT})
    tools: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for word in sorted(self.subjects | self.tools):
            # Without a colon, so that a tool's name falls into type and action in one way only.
            if not _WORD.fullmatch(word):
                raise UsageError(
                    f"`{word}` cannot name a type",
                    help_text="use letters, digits, `.`, `_` and `-`, for example `user`",
                )
        for word in sorted(self.tools & OWN_TYPES):
            raise UsageError(f"the type `{word}` has its own meaning and cannot be a tool's")


def read_question(raw: Json, vocabulary: Vocabulary) -> Request | Decision:
    """The request that an evaluation object means, or the denial of one that nobody judges.

    Unknown members are ignored.

    Args:
        raw: the decoded object.
        vocabulary: the words understood.

    Raises:
        RequestError: a member is missing, mistyped, too large or too deep: the caller's error.
    """
    if not isinstance(raw, dict):
        raise RequestError("malformed_request", "an evaluation must be an object")
    known = known_members(raw)
    kind = _subject_type(known)
    action = known.get("action")
    request = read_request(known | {"subject": {**known["subject"], "type": AGENT}})
    if kind not in vocabulary.subjects:
        return denial(
            "NO_PERMISSIONS", "unknown_agent", "subjects of this type have no permissions"
        )
    if request.type in vocabulary.tools:
        request = _tool_call(request, action.get("properties", {}) if action else {})
        check_request(request)
    try:
        return canonical_request(request)
    except RequestError as error:
        return denial("VALIDATION_ERROR", error.detail, error.message)


def _subject_type(known: Mapping[str, Json]) -> str:
    subject = known.get("subject")
    if not isinstance(subject, dict):
        raise RequestError("malformed_request", "`subject` must be an object")
    if not isinstance(subject.get("type"), str):
        raise RequestError("malformed_request", "`subject.type` must be text")
    return str(subject["type"])


def _tool_call(request: Request, action: Mapping[str, Json]) -> Request:
    """A foreign action on a foreign resource: all that the caller said of it is its arguments."""
    arguments = {
        "id": request.id,
        "subject": request.subject,
        "action": dict(action),
        "resource": request.properties,
    }
    return replace(
        request,
        type="tool",
        action="call",
        id=f"{request.type}:{request.action}",
        properties={"arguments": arguments},
    )
