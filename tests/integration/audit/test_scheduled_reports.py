"""Reports of months that ended: issued once, signed, on record, and told of where they are late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.cli.housekeeping import Housed
from wilkc.cli.recording import open_keys, open_recorder
from wilkc.cli.scheduled_reports import OverdueError, Wishes, issue_due
from wilkc.core.errors import WilkError
from wilkc.runtime.audit import (
    Actor,
    AuditSettings,
    Event,
    Places,
    create_log,
    unverified_records,
)
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.compliance import open_report

if TYPE_CHECKING:
    from pathlib import Path

SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0, wait_ms=10_000)


class Past(Clock):
    """The clock of the month before."""

    def wall_us(self) -> int:
        first = datetime.now(UTC).replace(day=1)
        return int((first - timedelta(days=1)).timestamp()) * 1_000_000


@pytest.fixture
def housed(tmp_path: Path) -> Housed:
    """A log that began in the month before."""
    places = Places(tmp_path / "log", tmp_path / "log.keys", tmp_path / "log.keys.provider",
                    tmp_path / "root")  # fmt: skip
    root = create_log(places, "example.org/reports/test", SMALL, clock=Past())
    (tmp_path / "reports").mkdir()
    return Housed(str(places.directory), root=root)


def _issued(housed: Housed) -> list[dict[str, Any]]:
    return [
        one["action"]["details"] for one in unverified_records(_log(housed))
        if one["action"]["type"] == "report.issued"
    ]  # fmt: skip


def _log(housed: Housed) -> Path:
    from pathlib import Path  # noqa: PLC0415  # a type elsewhere

    return Path(housed.directory)


def test_what_is_due_is_issued_once(housed: Housed, tmp_path: Path) -> None:
    wishes = Wishes(str(tmp_path / "reports"), ("SOC2", "GDPR"))
    issue_due(housed, wishes)
    names = sorted(one.name for one in (tmp_path / "reports").iterdir())
    month = f"{Past().wall_us() and datetime.now(UTC).replace(day=1) - timedelta(days=1):%Y-%m}"
    assert names == [
        f"GDPR-{month}.dsse.json", f"GDPR-{month}.md",
        f"SOC2-{month}.dsse.json", f"SOC2-{month}.md",
    ]  # fmt: skip
    before = [one.stat().st_mtime_ns for one in sorted((tmp_path / "reports").iterdir())]
    issue_due(housed, wishes)
    assert [one.stat().st_mtime_ns for one in sorted((tmp_path / "reports").iterdir())] == before
    assert sorted(one["standard"] for one in _issued(housed)) == ["GDPR", "SOC2"]
    key = open_keys(housed.directory, None, None).signing_key("report", "")
    body = open_report((tmp_path / "reports" / names[0]).read_bytes(), key.public)
    assert body["standard"] == "GDPR"


def test_one_that_is_on_record_and_not_there_is_issued_again(
    housed: Housed, tmp_path: Path
) -> None:
    wishes = Wishes(str(tmp_path / "reports"), ("SOC2",))
    issue_due(housed, wishes)
    next((tmp_path / "reports").glob("*.dsse.json")).unlink()
    issue_due(housed, wishes)
    assert len(_issued(housed)) == 2
    assert len(list((tmp_path / "reports").glob("*.dsse.json"))) == 1


def test_there_is_none_of_a_log_that_does_not_verify(housed: Housed, tmp_path: Path) -> None:
    segment = max(_log(housed).glob("seg-*.jsonl"))
    segment.write_bytes(segment.read_bytes().replace(b'"success"', b'"failure"', 1))
    with pytest.raises(OverdueError) as failed:
        issue_due(housed, Wishes(str(tmp_path / "reports"), ("SOC2",)))
    assert failed.value.overdue is (datetime.now(UTC) - timedelta(days=3) >= _month_end())
    assert list((tmp_path / "reports").iterdir()) == []
    assert _issued(housed) == []


def test_one_that_cannot_be_written_keeps_no_other_waiting(housed: Housed, tmp_path: Path) -> None:
    with pytest.raises(WilkError):
        issue_due(housed, Wishes(str(tmp_path / "gone"), ("GDPR", "SOC2")))
    assert sorted(one["standard"] for one in _issued(housed)) == ["GDPR", "SOC2"]


@pytest.fixture
def kept(housed: Housed, tmp_path: Path) -> Path:
    """A checkpoint kept elsewhere, of the month before; the log goes on after it."""
    path = tmp_path / "kept checkpoint"
    path.write_bytes((_log(housed) / "checkpoint").read_bytes())
    with open_recorder(housed.directory, None, None) as logger:
        logger.system(Event("policy.activated", "policy:org", Actor("system", "wilk"), clear=True))
    return path


def _days_after(days: int) -> type[Clock]:
    class After(Clock):
        """The clock some days after the month of the log's beginning."""

        def wall_us(self) -> int:
            return int((_month_end() + timedelta(days=days)).timestamp()) * 1_000_000

    return After


def test_one_waits_until_its_checkpoint_reaches_the_end_of_the_month(
    housed: Housed, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.cli.scheduled_reports.Clock", _days_after(1))
    wishes = Wishes(str(tmp_path / "reports"), ("SOC2",), str(kept))
    issue_due(housed, wishes)
    assert (_issued(housed), list((tmp_path / "reports").iterdir())) == ([], [])
    kept.write_bytes((_log(housed) / "checkpoint").read_bytes())
    issue_due(housed, wishes)
    assert [one["standard"] for one in _issued(housed)] == ["SOC2"]


def test_one_that_waits_for_days_is_told_of(
    housed: Housed, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.cli.scheduled_reports.Clock", _days_after(4))
    with pytest.raises(OverdueError, match="not the end of the month") as failed:
        issue_due(housed, Wishes(str(tmp_path / "reports"), ("SOC2",), str(kept)))
    assert failed.value.overdue
    assert _issued(housed) == []


def test_one_of_a_log_that_does_not_go_on_waits_for_nothing(housed: Housed, tmp_path: Path) -> None:
    kept = tmp_path / "kept checkpoint"
    kept.write_bytes((_log(housed) / "checkpoint").read_bytes())
    issue_due(housed, Wishes(str(tmp_path / "reports"), ("SOC2",), str(kept)))
    assert len(_issued(housed)) == 1


def _month_end() -> datetime:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
