"""A filter whose policy is a set of names, and whose record is a list."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.adapters.mcp import Filter, Gate, Listing
from wilkc.core.contract import Decision, denial
from wilkc.runtime.guard import PermissionDenied

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from wilkc.adapters.mcp.filter import Passing
    from wilkc.core.contract import Request
    from wilkc.runtime.guard import SecurityContext

GRANTED = Decision(True, "PERMISSION_GRANTED", "allowed", "allowed by `x`", revision="r")
REFUSED = denial(
    "PERMISSION_DENIED", "no_rule_matches", "blocked by `mcp__s__secret_tool`", revision="r"
)


@dataclass
class NotedAction:
    """Stands for an action of the guard."""

    policy: Policy
    resource: str
    properties: Mapping[str, Any]
    details: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Self:
        if self.policy.broken:
            raise OSError("broken")
        decision = self.policy.decision(self.resource)
        self.policy.events.append(("asked", self.resource, decision.allow))
        if not decision.allow:
            raise PermissionDenied(decision)
        return self

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        self.policy.events.append(("ended", self.resource, str(error or "")))


@dataclass
class Policy:
    """Permits the resources it names; notes what is asked, and what became of it."""

    permitted: set[str] = field(default_factory=set)
    refusal: Decision = REFUSED
    broken: bool = False
    events: list[tuple[Any, ...]] = field(default_factory=list)
    arguments: list[Mapping[str, Any]] = field(default_factory=list)
    listed: list[Request] = field(default_factory=list)

    def decision(self, resource: str) -> Decision:
        return GRANTED if resource in self.permitted else self.refusal

    def action(
        self,
        resource: str,
        action: str | None = None,
        *,
        properties: Mapping[str, Any],
        security: SecurityContext | None,
    ) -> Any:
        assert action is not None
        assert security is None
        self.arguments.append(properties)
        return NotedAction(self, resource, properties)

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        self.listed += requests
        return [self.decision(f"{one.type}:{one.id}") for one in requests]


@dataclass
class Between:
    """A filter, with what it was asked to drop."""

    policy: Policy
    logged: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        gate, listing = Gate(self.policy), Listing(self.policy, "a", counts=False)
        self.filter = Filter("s", gate, listing, self.logged.append)

    def client(self, **members: Any) -> Passing:
        return self.filter.from_client(said(**members))

    def server(self, **members: Any) -> Passing:
        return self.filter.from_server(said(**members))

    def call(self, name: str, identity: int = 1, **more: Any) -> Passing:
        return self.client(id=identity, method="tools/call", params={"name": name, **more})


def said(**members: Any) -> bytes:
    """A message as somebody writes it."""
    return json.dumps({"jsonrpc": "2.0", **members}).encode()


def code(passing: Passing) -> int:
    """The error code of what the client is told; nothing goes to the server."""
    assert passing.to_server == b""
    found: int = json.loads(passing.to_client)["error"]["code"]
    return found


@pytest.fixture
def policy() -> Policy:
    """See `Policy`; permits the tool `ok`."""
    return Policy({"tool:mcp__s__ok"})


@pytest.fixture
def between(policy: Policy) -> Between:
    """See `Between`."""
    return Between(policy)
