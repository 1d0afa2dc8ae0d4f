"""A decision point that grants by name, behind a server in this process."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.adapters.authzen import AuthzenServer, AuthzenSettings, Service, Vocabulary
from wilkc.core.contract import Condition, Decision, denial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wilkc.core.contract import Request


@dataclass
class Point:
    """Grants reading `./yes…`, with the conditions it is given, and remembers what it was asked."""

    conditions: tuple[Condition, ...] = ()
    asked: list[Request] = field(default_factory=list)
    before: Callable[[Request], object] = lambda _: None

    def decide(self, request: Request) -> Decision:
        self.asked.append(request)
        self.before(request)
        if request.action != "read" or not request.id.startswith("./yes"):
            return denial("PERMISSION_DENIED", "no_rule_matches", "no", revision="r1")
        return Decision(
            allow=True,
            reason="PERMISSION_GRANTED",
            detail="allowed",
            message="yes",
            conditions=self.conditions,
            revision="r1",
        )

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        return [self.decide(request) for request in requests]


def asked(path: str = "./yes", **changes: Any) -> dict[str, Any]:
    """An evaluation request that the point would grant."""
    return {
        "subject": {"type": "agent", "id": "a"},
        "action": {"name": "read"},
        "resource": {"type": "file", "id": path},
        **changes,
    }


@pytest.fixture
def point() -> Point:
    """See `Point`."""
    return Point()


@pytest.fixture
def service(point: Point) -> Service:
    """A service over the point, with the language's own words."""
    return Service(point, Vocabulary())


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket, with mode 0700."""
    with tempfile.TemporaryDirectory(prefix="wilk-test-") as name:
        yield Path(name)


@pytest.fixture
def logged() -> list[str]:
    """What the server logged."""
    return []


@pytest.fixture
def place(service: Service, folder: Path, logged: list[str]) -> Iterator[Path]:
    """The socket of a server over the point."""
    settings = AuthzenSettings(folder / "authzen.sock", log=logged.append)
    with AuthzenServer(service, settings) as server:
        yield server.socket
