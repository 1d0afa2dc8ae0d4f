"""What the compiler and the enforcement shim agree on. Layer: core (leaf).

The shapes follow the AuthZEN Authorization API 1.0 (evaluation request and decision) with
the reasons of Wilk's permission model. All values are frozen; `properties` and `context`
are plain JSON values and must not be changed after construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

Reason = Literal[
    "PERMISSION_GRANTED",
    "PERMISSION_DENIED",
    "NO_PERMISSIONS",
    "RATE_LIMIT_EXCEEDED",
    "VALIDATION_ERROR",
]
SANDBOX_CONDITION: Final = "shell.sandbox"
"""Id of the condition that a command runs in the sandbox of the spec it names."""

Json = Any
"""A decoded JSON value: None, bool, int, float, str, list or dict with text keys."""


@dataclass(frozen=True, slots=True)
class Request:
    """May this agent do this action to this resource?

    Attributes:
        agent: id of the asking agent.
        action: name of the action, for example `read`.
        type: resource type, for example `file`.
        id: the resource as text, for example `./src/a.ts`.
        properties: what the decision rests on beside `id`: `argv`, `commands`, `host`, …
        context: circumstances: `cwd`, `usage`, …
        subject: further subject properties; `type` is always `agent`.
    """

    agent: str
    action: str
    type: str
    id: str
    properties: dict[str, Json] = field(default_factory=dict)
    context: dict[str, Json] = field(default_factory=dict)
    subject: dict[str, Json] = field(default_factory=dict)

    def as_input(self) -> dict[str, Json]:
        """The AuthZEN evaluation request, which is also OPA's `input`."""
        subject: dict[str, Json] = {"type": "agent", "id": self.agent}
        if self.subject:
            subject["properties"] = self.subject
        resource: dict[str, Json] = {"type": self.type, "id": self.id}
        if self.properties:
            resource["properties"] = self.properties
        return {
            "subject": subject,
            "action": {"name": self.action},
            "resource": resource,
            "context": self.context,
        }


class RuleRef(NamedTuple):
    """The YAML entry that decided; a tuple for the reason that a span is one.

    Attributes:
        id: stable within a spec, for example `fs.read.allow.0`.
        file: the spec's path as given to the compiler.
        line: from 1.
        column: from 1, in code points.
        text: the entry as written, or empty.
    """

    id: str
    file: str
    line: int
    column: int
    text: str = ""

    def as_json(self) -> dict[str, Json]:
        """The `rule` member of a decision's context."""
        return {
            "id": self.id, "file": self.file, "line": self.line, "column": self.column,
            "text": self.text,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Condition:
    """An obligation; an enforcement point that cannot fulfil it must deny."""

    id: str
    type: str
    properties: dict[str, Json] = field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        """One element of `conditions` in a decision's context."""
        return {"id": self.id, "type": self.type, "properties": self.properties}


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one request.

    Attributes:
        allow: whether the action may happen, provided all conditions are met.
        reason: one of the five reasons.
        detail: a stable code that says more than the reason.
        message: one sentence for a person or a model.
        rule: the deciding entry, or None when none matched.
        conditions: obligations of a grant; empty for a denial.
        revision: digest of the bundle that decided, or empty when there was none.
    """

    allow: bool
    reason: Reason
    detail: str
    message: str
    rule: RuleRef | None = None
    conditions: tuple[Condition, ...] = ()
    revision: str = ""

    def as_json(self) -> dict[str, Json]:
        """The AuthZEN decision with Wilk's context members."""
        return {
            "decision": self.allow,
            "context": {
                "reason": self.reason,
                "detail": self.detail,
                "message": self.message,
                "rule": self.rule.as_json() if self.rule else None,
                "conditions": [condition.as_json() for condition in self.conditions],
                "revision": self.revision,
            },
        }


def denial(reason: Reason, detail: str, message: str, *, revision: str = "") -> Decision:
    """A denial that no single YAML entry caused."""
    return Decision(allow=False, reason=reason, detail=detail, message=message, revision=revision)
