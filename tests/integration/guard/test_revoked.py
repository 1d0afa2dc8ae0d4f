"""An agent that is revoked elsewhere is stopped within a second wherever its guard is asked."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.integration.guard.conftest import PATIENT, Log, Served
from wilkc.identity import create_identity, open_revocations
from wilkc.runtime import Guard, PermissionDenied
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

READ = ("file:./src/app.ts", "read")


@pytest.fixture
def who(tmp_path: Path) -> Path:
    create_identity(tmp_path / "who")
    return tmp_path / "who"


@pytest.fixture
def guard(served: Served, workspace: Path, log: Log, who: Path) -> Iterator[Guard]:
    made = Guard(
        served.socket,
        log.recorder(),
        workspace=workspace,
        rates=MemoryStore(),
        seconds=PATIENT,
        bundle=lambda: served.bundle,
        revocations=open_revocations(who),
    )
    yield made
    made.close()


def _change(who: Path, word: str) -> None:
    """In a process of its own."""
    program = (
        "import pathlib, sys\n"
        "from wilkc.identity import open_revocations\n"
        "getattr(open_revocations(pathlib.Path(sys.argv[1])), sys.argv[2])('agent', 'worker')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(who), word], check=True)


def test_it_is_denied_on_record_and_others_are_not(guard: Guard, who: Path, log: Log) -> None:
    async def check() -> str:
        return (await guard.check_async(*READ, agent="worker")).detail

    assert guard.check(*READ, agent="worker").allow
    assert asyncio.run(check()) == "allowed"
    _change(who, "revoke")
    time.sleep(1)
    for resource, action in (READ, ("tool:search", "call"), ("shell:ls", "execute")):
        found = guard.check(resource, action, agent="worker", properties=_properties(resource))
        assert (found.allow, found.reason, found.detail) == (
            False, "PERMISSION_DENIED", "agent_revoked",
        ), resource  # fmt: skip
    assert asyncio.run(check()) == "agent_revoked"
    with pytest.raises(PermissionDenied, match="revoked"), guard.action(*READ, agent="worker"):
        pytest.fail("it began")
    ended = guard.run(["ls"], agent="worker")
    assert (ended.outcome.kind, ended.decision.detail) == ("denied", "agent_revoked")
    assert guard.check(*READ, agent="nobody").detail == "unknown_agent"
    _change(who, "restore")
    time.sleep(1)
    assert guard.check(*READ, agent="worker").allow
    details = [one["decision"]["detail"] for one in log.records() if one["phase"] == "intent"]
    assert details == [
        "allowed", "allowed", *["agent_revoked"] * 6, "unknown_agent", "allowed",
    ]  # fmt: skip


def _properties(resource: str) -> dict[str, list[str]]:
    return {"argv": ["ls"]} if resource.startswith("shell:") else {}


def test_a_list_that_is_gone_denies(guard: Guard, who: Path) -> None:
    assert guard.check(*READ, agent="worker").allow
    (who / "revoked.table").unlink()
    time.sleep(1)
    found = guard.check(*READ, agent="worker")
    assert (found.allow, found.reason, found.detail) == (
        False, "VALIDATION_ERROR", "revocations_unavailable",
    )  # fmt: skip
    assert "revoked.table" in found.message
