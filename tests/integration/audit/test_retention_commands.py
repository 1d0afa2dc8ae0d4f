"""`wilkc audit prune`, `backup`, `restore-check`, `recover`: on a real log, and their refusals."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import run_wilkc
from wilkc.core.contract import Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log
from wilkc.runtime.audit.clock import Clock

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

DAY_US = 86_400_000_000
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0, retention_days=7, wait_ms=10_000)
REQUEST = Request("reviewer", "read", "file", "./src/a.ts")
DENY = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1")


class _Ago(Clock):
    """Both clocks, so many days ago."""

    def __init__(self, days: int) -> None:
        self._days = days

    def wall_us(self) -> int:
        return super().wall_us() - self._days * DAY_US

    def boot_us(self) -> int:
        return super().boot_us() + (100 - self._days) * DAY_US


def _wilkc(*arguments: object) -> subprocess.CompletedProcess[str]:
    done = run_wilkc("audit", *arguments)
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def log(tmp_path: Path) -> Any:
    """A log with a segment of 20 days ago; its place and its root key."""
    place = tmp_path / "log"
    places = Places(place, tmp_path / "log.keys", tmp_path / "log.keys.provider", tmp_path / "root")
    root = create_log(places, "example.org/old/test", SETTINGS, clock=_Ago(20))
    for days in (20, 0):
        with AuditLogger.open(
            place, places.keys, provider=places.provider, settings=SETTINGS, clock=_Ago(days)
        ) as logger:
            logger.intent(REQUEST, DENY)
            logger.roll()
    return place, root


def test_a_segment_is_pruned_once_the_clock_is_believed(log: Any, tmp_path: Path) -> None:
    place, root = log
    assert "past their time  records 0 to" in _wilkc("prune", place, "--dry-run").stdout
    # The tests' boot clock is a hundred days on, so the real one seems to have been set.
    refused = _wilkc("prune", place)
    assert (refused.returncode, refused.stdout) == (6, "")
    assert "nothing is pruned: the clock went" in refused.stderr
    skipped = _wilkc("housekeeping", place)
    assert skipped.returncode == 0
    assert "skipped  expiry and pruning: the clock went" in skipped.stdout
    pruned = _wilkc("prune", place, "--clock-is-right")
    assert pruned.returncode == 0, pruned.stderr
    assert pruned.stdout.startswith("pruned  records 0 to")
    assert _wilkc("prune", place).stdout == "nothing to prune\n"
    assert _wilkc("verify", place, "--root", root).returncode == 54
    assert _wilkc("verify", place, "--root", root, "--accept-pruned").returncode == 0
    copy = tmp_path / "copy"
    assert _wilkc("backup", place, copy).returncode == 0
    checked = _wilkc("restore-check", place, copy, "--root", root)
    assert checked.returncode == 0, checked.stdout
    assert "OK_UNANCHORED" in checked.stdout
    # The log's own keys are gone with the host, whatever they are called here.
    assert "no trial" in checked.stdout
    own, restored = tmp_path / "log.keys", tmp_path / "restored.keys"
    shutil.copytree(own, restored)
    for keys, trial in ((own, False), (restored, True)):
        checked = _wilkc(
            "restore-check", place, copy, "--root", root, "--restored-keys", keys,
            "--restored-provider", tmp_path / "log.keys.provider",
        )  # fmt: skip
        assert checked.returncode == 0, checked.stderr
        assert ("no trial" not in checked.stdout) == trial


def test_a_backup_without_its_keys_is_no_backup(log: Any, tmp_path: Path) -> None:
    place, root = log
    copy, keys = tmp_path / "copy", tmp_path / "other.keys"
    assert _wilkc("backup", place, copy).returncode == 0
    shutil.copytree(tmp_path / "log.keys", keys)
    (keys / "deks.jsonl").write_bytes(b"")
    found = _wilkc(
        "restore-check", place, copy, "--root", root, "--restored-keys", keys,
        "--restored-provider", tmp_path / "log.keys.provider",
    )  # fmt: skip
    assert found.returncode == 53
    assert "does not open" in found.stdout
    segment = next(copy.glob("seg-*.jsonl"))
    segment.chmod(0o600)
    segment.write_bytes(segment.read_bytes().replace(b"a.ts", b"b.ts", 1))
    assert _wilkc("restore-check", place, copy, "--root", root).returncode == 5
    assert _wilkc("backup", place, copy).returncode == 5


def test_a_loss_is_accepted_by_the_root_key_alone(log: Any, tmp_path: Path) -> None:
    place, root = log
    last = max(place.glob("seg-*.jsonl"))
    last.unlink()
    assert _wilkc("recover", place).returncode == 5
    (tmp_path / "other").write_text("PRIVATE+KEY+x\n")
    for arguments, code in (
        (("--accept-loss",), 2),
        (("--root-key", tmp_path / "root"), 2),
        (("--accept-loss", "--root-key", tmp_path / "other"), 2),
        (("--accept-loss", "--root-key", tmp_path / "nowhere"), 2),
    ):
        assert _wilkc("recover", place, *arguments).returncode == code
    accepted = _wilkc("recover", place, "--accept-loss", "--root-key", tmp_path / "root")
    assert accepted.returncode == 0, accepted.stderr
    assert "every verification shows it" in accepted.stdout
    verified = _wilkc("verify", place, "--root", root)
    assert verified.returncode == 0
    assert "1 times reanchored segment" in verified.stdout
    again = _wilkc("recover", place, "--accept-loss", "--root-key", tmp_path / "root")
    assert again.returncode == 2
    assert "nothing is lost" in again.stderr


def test_no_name_in_a_backup_controls_a_terminal(log: Any, tmp_path: Path) -> None:
    place, root = log
    assert _wilkc("backup", place, tmp_path / "copy").returncode == 0
    (tmp_path / "copy" / "seg-\x1b]0;x\x07").touch()
    done = _wilkc("restore-check", place, tmp_path / "copy", "--root", root)
    assert done.returncode == 54
    assert "seg-·]0;x·" in done.stdout
    assert "\x1b" not in done.stdout
