"""What a revoked agent asks for is denied before anybody decides; so is what nobody can look up."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from wilkc.core.contract import Decision, Request
from wilkc.core.errors import UnavailableError
from wilkc.identity import Identity, create_identity, open_revocations
from wilkc.identity.revocation import LOOK_SECONDS
from wilkc.opa import is_answer
from wilkc.runtime.guard.pool import Pool
from wilkc.runtime.guard.unrevoked import Unrevoked
from wilkc.runtime.guard.unrevoked_async import AsyncUnrevoked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wilkc.identity import Revocations


@dataclass
class Point:
    """Allows everything, and keeps who was asked about and in what time."""

    asked: list[str] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)
    closed: bool = False

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        self.asked.append(request.agent)
        self.seconds.append(seconds)
        return _granted(request)

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        self.asked += [one.agent for one in requests]
        return [_granted(one) for one in requests]

    def close(self) -> None:
        self.closed = True


@dataclass
class AsyncPoint:
    """The same, for coroutines."""

    point: Point

    async def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        return self.point.decide(request, seconds=seconds)


def _granted(request: Request) -> Decision:
    return Decision(
        allow=True, reason="PERMISSION_GRANTED", detail="allowed", message=request.agent,
        revision="r",
    )  # fmt: skip


def _ask(agent: str) -> Request:
    return Request(agent, "call", "tool", "search", {}, {})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "who"
    create_identity(path)
    return path


@pytest.fixture
def revocations(folder: Path) -> Revocations:
    """As a program opens them that only asks for decisions."""
    return open_revocations(folder)


@pytest.fixture
def point() -> Point:
    return Point()


@pytest.fixture
def unrevoked(point: Point, revocations: Revocations) -> Unrevoked:
    return Unrevoked(point, revocations)


@pytest.mark.parametrize("kind", ["agent", "principal"])
def test_a_revoked_agent_is_denied_from_the_next_question_on(
    folder: Path, unrevoked: Unrevoked, point: Point, kind: str
) -> None:
    identity = Identity(folder)
    assert unrevoked.decide(_ask("coder")).allow
    identity.revocations.revoke(kind, "coder")  # type: ignore[arg-type]
    found = unrevoked.decide(_ask("coder"))
    assert (found.allow, found.reason, found.detail) == (
        False, "PERMISSION_DENIED", "agent_revoked",
    )  # fmt: skip
    assert is_answer(found)
    assert unrevoked.decide(_ask("reviewer")).allow
    identity.revocations.restore(kind, "coder")  # type: ignore[arg-type]
    assert unrevoked.decide(_ask("coder")).allow
    assert point.asked == ["coder", "reviewer", "coder"]
    identity.close()


def test_of_many_each_has_its_own_answer(
    revocations: Revocations, unrevoked: Unrevoked, point: Point
) -> None:
    revocations.revoke("agent", "b")
    found = unrevoked.decide_many([_ask(one) for one in "abcb"])
    assert [one.detail for one in found] == ["allowed", "agent_revoked", "allowed", "agent_revoked"]
    assert [one.message for one in found if one.allow] == ["a", "c"]
    assert unrevoked.decide_many([_ask("b")])[0].detail == "agent_revoked"
    assert unrevoked.decide_many([]) == []
    assert point.asked == ["a", "c"]


@pytest.mark.parametrize("fault", ["gone", "open", "cut", "link"])
def test_a_list_that_cannot_be_read_is_no_answer(
    folder: Path, unrevoked: Unrevoked, point: Point, fault: str
) -> None:
    table = folder / "revoked.table"
    assert unrevoked.decide(_ask("coder")).allow
    data = table.read_bytes()
    # Another file in its place, as whoever restores it from somewhere would leave it.
    table.rename(folder / "old")
    if fault != "gone":
        table.write_bytes(data[:100] if fault == "cut" else data)
        table.chmod(0o644 if fault == "open" else 0o600)
    if fault == "link":
        table.rename(folder / "elsewhere")
        table.symlink_to(folder / "elsewhere")
    time.sleep(LOOK_SECONDS)
    for found in (unrevoked.decide(_ask("coder")), *unrevoked.decide_many([_ask("coder")])):
        assert (found.allow, found.detail) == (False, "revocations_unavailable")
        assert not is_answer(found)
    assert point.asked == ["coder"]
    table.unlink(missing_ok=True)
    (folder / "old").rename(table)
    assert unrevoked.decide(_ask("coder")).allow


def test_a_fault_of_the_list_itself_is_a_denial(
    unrevoked: Unrevoked, revocations: Revocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> bool:
        raise ZeroDivisionError(given)

    monkeypatch.setattr(revocations, "is_revoked", broken)
    assert unrevoked.decide(_ask("coder")).detail == "revocations_unavailable"


def test_an_identity_that_is_none_is_not_opened(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot open the identity"):
        open_revocations(tmp_path / "none")
    folder.chmod(0o755)
    with pytest.raises(UnavailableError, match="closed to everybody"):
        open_revocations(folder)
    folder.chmod(0o700)
    assert not open_revocations(folder).is_revoked("agent", "coder", 0)


def test_the_time_is_for_both(
    unrevoked: Unrevoked, revocations: Revocations, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server of a fleet may be slow."""

    def slow(*given: object) -> bool:
        time.sleep(0.2)
        return given == ()

    monkeypatch.setattr(revocations, "is_revoked", slow)
    assert unrevoked.decide(_ask("coder"), seconds=10).allow
    assert unrevoked.decide(_ask("coder")).allow
    first, second = point.seconds
    assert first is not None
    assert first <= 9.8
    assert second is None
    unrevoked.close()
    assert point.closed


def test_an_event_loop_has_the_same_answers_and_never_waits(
    unrevoked: Unrevoked, revocations: Revocations, point: Point, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = Pool()
    asking = AsyncUnrevoked(AsyncPoint(point), unrevoked, pool)
    held = threading.Event()

    def hangs(*given: object) -> bool:
        held.wait(30)
        return given == ()

    async def ask_all() -> list[str]:
        found = [await asking.decide(_ask("coder")), await asking.decide(_ask("coder"), seconds=10)]
        revocations.revoke("agent", "coder")
        found.append(await asking.decide(_ask("coder"), seconds=10))
        monkeypatch.setattr(revocations, "is_revoked", hangs)
        began = time.monotonic()
        found.append(await asking.decide(_ask("reviewer"), seconds=0.1))
        assert time.monotonic() - began < 10
        held.set()
        return [one.detail for one in found]

    assert asyncio.run(ask_all()) == ["allowed", "allowed", "agent_revoked", "late_answer"]
    assert point.asked == ["coder", "coder"]
    pool.close()
