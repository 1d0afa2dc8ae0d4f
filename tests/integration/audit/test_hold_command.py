"""`wilkc audit hold`: placing, listing and releasing, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.commands import run_wilkc
from wilkc.runtime.audit import AuditLogger

if TYPE_CHECKING:
    from pathlib import Path


def _log(folder: Path) -> tuple[Path, str]:
    place = folder / "a log"
    made = run_wilkc(
        "audit", "init", place, "--origin", "example.org/held/test", "--reserve", "4KiB",
        "--root-key", folder / "root",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return place, made.stdout.strip()


def test_a_hold_is_placed_listed_and_released(tmp_path: Path) -> None:
    log, root = _log(tmp_path)
    placed = run_wilkc("audit", "hold", "place", log, "--agent", "reviewer", "--first", "3")
    assert placed.returncode == 0, placed.stderr
    name = placed.stdout.strip()
    assert "held  agent reviewer, records from 3 on, on record as 1" in placed.stderr
    named = run_wilkc("audit", "hold", "place", log, "--last", "9", "--id", "case-7")
    assert named.stdout == "case-7\n"
    lines = run_wilkc("audit", "hold", "list", log).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [name, "case-7"]
    assert lines[1].endswith("records from 0 to 9")
    listed = run_wilkc("audit", "hold", "list", log, "-f", "json").stdout.splitlines()
    assert json.loads(listed[0])["selector"] == {
        "agent": "reviewer", "first": 3, "last": None, "subject": None,
    }  # fmt: skip
    assert run_wilkc("audit", "hold", "release", log, name).returncode == 0
    again = run_wilkc("audit", "hold", "release", log, name)
    assert (again.returncode, again.stdout) == (2, "")
    assert "no hold" in again.stderr
    left = run_wilkc("audit", "hold", "list", log).stdout.splitlines()
    assert [line.split()[0] for line in left] == ["case-7"]
    assert run_wilkc("audit", "verify", log, "--root", root).returncode == 0


def test_a_hidden_hold_is_listed_by_nobody_who_asks_for_verified_ones(tmp_path: Path) -> None:
    log, _ = _log(tmp_path)
    assert run_wilkc("audit", "hold", "place", log, "--last", "9", "--id", "case-7").returncode == 0
    listed = run_wilkc("audit", "hold", "list", log, "--verified")
    assert (listed.returncode, listed.stdout.split()[0], listed.stderr) == (0, "case-7", "")
    (path,) = log.glob("seg-*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"hold.placed"', b'"hold.placet"'))
    hidden = run_wilkc("audit", "hold", "list", log)
    assert (hidden.returncode, hidden.stdout) == (0, "")
    assert hidden.stderr.startswith("not verified")
    refused = run_wilkc("audit", "hold", "list", log, "--verified")
    assert (refused.returncode, refused.stdout) == (5, "")


def test_what_no_person_can_mean_is_refused(tmp_path: Path) -> None:
    log, _ = _log(tmp_path)
    for arguments, message in (
        ((), "names a range, an agent or a subject"),
        (("--subject", "alice"), "a subject's token"),
        (("--first", "4", "--last", "3"), "comes before the first"),
        (("--id", "Case 7", "--last", "3"), "cannot name a hold"),
    ):
        done = run_wilkc("audit", "hold", "place", log, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert run_wilkc("audit", "hold", "list", tmp_path / "nowhere").returncode == 2


def test_a_writer_at_work_is_named(tmp_path: Path) -> None:
    log, _ = _log(tmp_path)
    keys = log.with_name(f"{log.name}.keys")
    with AuditLogger.open(log, keys, provider=keys.with_name(f"{keys.name}.provider")):
        done = run_wilkc("audit", "hold", "place", log, "--first", "0")
        assert done.returncode == 7
        assert "another writer holds the log" in done.stderr
    assert run_wilkc("audit", "hold", "list", log).stdout == ""
