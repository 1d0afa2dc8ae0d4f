"""Housekeeping does what is due, says what it left, and can be repeated."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import fill
from tests.unit.runtime.audit.retention.conftest import WEEK, Later, made, open_at
from wilkc.runtime.alerts import Engine, seen_in
from wilkc.runtime.audit import Event
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.retention import House, keep_house
from wilkc.runtime.compliance.judging import Judge

if TYPE_CHECKING:
    from pathlib import Path

DAILY = replace(WEEK, segment_seconds=86_400)


@pytest.mark.parametrize("shared", [False, True])
def test_whatever_is_due_is_done_once(aged: Any, tmp_path: Path, shared: bool) -> None:
    house = House(root=aged.root, backup=tmp_path / "copy")
    with open_at(aged, Later(12), shared=shared) as logger:
        first = keep_house(logger, house)
        again = keep_house(logger, house)
    assert [line.split()[0] for line in first.done] == [
        "pruned", "pruned", "backed", "verified", "checked",
    ]  # fmt: skip
    assert (again.done, again.skipped, again.bad) == ([], [], [])


def test_a_segment_is_sealed_by_its_age(tmp_path: Path) -> None:
    log = made(tmp_path / "daily", DAILY)
    with open_at(log, Later(0), settings=DAILY) as logger:
        fill(logger)
        assert "sealed a segment" not in keep_house(logger, House()).done
    for shared in (True, False):
        with open_at(log, Later(2 + shared), settings=DAILY, shared=shared) as logger:
            fill(logger)
    count = len(log.segments())
    with open_at(log, Later(9), settings=DAILY, shared=True) as logger:
        assert keep_house(logger, House()).done[0] == "sealed a segment"
    assert len(log.segments()) == count + 1


def test_where_the_clock_is_in_doubt_nothing_is_destroyed(aged: Any, tmp_path: Path) -> None:
    files = {path.name for path in aged.segments()}
    with open_at(aged, Later(400)) as logger:
        keys = {key.kid for key in logger.means.keys.data.keys}
        chores = keep_house(logger, House(backup=tmp_path / "copy", doubt="the clock moved"))
        assert {key.kid for key in logger.means.keys.data.keys} == keys
    assert "expiry and pruning: the clock moved" in chores.skipped
    assert [line.split()[0] for line in chores.done][-1] == "backed"
    assert files <= {path.name for path in aged.segments()}


def test_what_does_not_verify_is_told(aged: Any) -> None:
    path = aged.segments()[1]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"./src/a.ts", b"./src/b.ts", 1))
    with open_at(aged, Later(6)) as logger:
        chores = keep_house(logger, House(root=aged.root))
        assert [line.split()[0] for line in chores.bad] == ["verified"]
        # A bad verdict does not count as done: the next time it is looked at again.
        assert keep_house(logger, House(root=aged.root)).bad
    told = [one for one in aged.records() if one["action"]["type"] == "verify.done"]
    assert [one["result"]["status"] for one in told] == ["failure", "failure"]


def test_it_is_verified_each_week(tmp_path: Path) -> None:
    log = made(tmp_path / "log")
    clock = Later(0)
    with open_at(log, clock) as logger:
        verified = []
        for day in (0, 1, 6, 8, 9):
            clock.days = day
            done = keep_house(logger, House(root=log.root)).done
            verified.append(any(line.startswith("verified") for line in done))
    assert verified == [True, False, False, True, False]


def test_its_own_checks_of_the_backup_are_no_trial_of_a_restore(tmp_path: Path) -> None:
    """They open it with the keys that are here, though nobody may have taken a copy of them."""
    settings = replace(DAILY, retention_days=400)
    log = made(tmp_path / "log", settings)
    clock = Later(0)
    with open_at(log, clock, settings=settings) as logger:
        for day in range(0, 101, 10):
            clock.days = day
            fill(logger)
            keep_house(logger, House(root=log.root, backup=tmp_path / "copy"))
    judge, engine, found = Judge(), Engine(), set()
    for record in log.records():
        found |= {one.rule for one in judge.take(record)}
        found |= {one.rule for one in engine.take(seen_in(record))}
    assert {"R14", "A15"} <= found
    checks = [one for one in log.records() if one["action"]["details"].get("kind") == "restore"]
    assert len(checks) >= 3
    assert {one["result"]["status"] for one in checks} == {"warning"}


def test_a_forged_verification_puts_none_off(tmp_path: Path) -> None:
    """When it was last in order stands beside the keys, which the log's directory is not."""
    log = made(tmp_path / "log")
    with open_at(log, Later(0)) as logger:
        details = {"kind": "log", "root": "0" * 64, "size": 1, "verdict": "OK"}
        logger.system(Event("verify.done", "log:x", WILK, details=details, clear=True))
        assert keep_house(logger, House(root=log.root)).done[-1].startswith("verified")
        noted = log.places.keys / "checked.json"
        other = f'{{"log":"{logger.means.now()}","v":"wilk.checked/v2"}}'.encode()
        for text in (b"", b"{}", b'{"log":1,"v":"wilk.checked/v1"}', b'{"log":"9","v":"x"}', other):
            noted.write_bytes(text)
            assert keep_house(logger, House(root=log.root)).done[-1].startswith("verified")
        assert keep_house(logger, House(root=log.root)).done == []


def test_what_cannot_be_believed_stops_only_what_destroys(aged: Any) -> None:
    """The rest is done all the same, and the whole is told as bad."""
    path = aged.segments()[2]
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"./src/a.ts", b"./src/b.ts", 1))
    before = len(aged.keys().data.keys)
    with open_at(aged, Later(60)) as logger:
        chores = keep_house(logger, House(root=aged.root))
    assert [line.split(":")[0] for line in chores.bad[:2]] == ["expiry", "pruning"]
    assert all("nothing is destroyed" in line for line in chores.bad[:2])
    assert chores.bad[2].startswith("verified")
    assert len(aged.keys().data.keys) == before
    assert list(aged.directory.glob("*.pruned")) == []
