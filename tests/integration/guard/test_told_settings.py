"""A guard records as the policy in force says, and denies where nobody can tell what that is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.integration.guard.conftest import PATIENT, SMALL, Log, Served
from wilkc.runtime import Guard, SharedLog
from wilkc.runtime.audit.settings import SETTINGS_FILE, keep_settings
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path

READ = ("file:./src/app.ts", "read")


@pytest.fixture
def guard(served: Served, workspace: Path, log: Log) -> Guard:
    """A guard whose log was told nothing by its caller."""
    places = log.places
    recorder = SharedLog(places.directory, places.keys, places.provider)
    return Guard(served.socket, recorder, agent="worker", workspace=workspace, seconds=PATIENT)


def test_it_records_as_the_log_is_told_now(guard: Guard, log: Log) -> None:
    with guard.action(*READ) as begun:
        keep_settings(log.places.keys, replace(SMALL, seal_resources=True), Disk())
        assert guard.check(*READ).allow
        # What began before ends all the same.
    assert begun.recorded
    resources = [one["action"]["resource"] for one in log.records()]
    assert resources == ["file:./src/app.ts", "file", "file:./src/app.ts"]
    assert log.verify().verdict == "OK"


def test_it_denies_where_the_settings_are_damaged(guard: Guard, log: Log) -> None:
    assert guard.check(*READ).allow
    path = log.places.keys / SETTINGS_FILE
    kept = path.read_bytes()
    path.write_bytes(b"{}")
    denied = guard.check(*READ)
    assert (denied.allow, denied.detail) == (False, "audit_unavailable")
    path.write_bytes(kept)
    assert guard.check(*READ).allow
