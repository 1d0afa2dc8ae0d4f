"""Writers that are killed at any moment: nothing acknowledged is missing, all of it verifies."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wilkc.runtime.audit import (
    AuditLogger,
    AuditSettings,
    Places,
    create_log,
    unverified_records,
    verify,
)

WRITER = Path(__file__).with_name("writer.py")
KILLED = Path(__file__).with_name("killed.py")
SEED = 20_261_124
KILLS = int(os.environ.get("WILK_KILLS", "14"))
"""Writers killed in each mode; `make soak` kills 200."""
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0)


def _start(places: Places, mode: str, shared: str) -> subprocess.Popen[bytes]:
    paths = (WRITER, places.directory, places.keys, places.provider)
    command = [sys.executable, *map(str, paths), mode, shared]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _places(folder: Path) -> Places:
    return Places(folder / "log", folder / "keys", folder / "provider", folder / "root")


def _acknowledged(writer: subprocess.Popen[bytes]) -> list[str]:
    """What a killed writer had acknowledged, but for a line cut short."""
    output = writer.communicate()[0].decode()
    return output.rpartition("\n")[0].split()


@pytest.mark.parametrize(("mode", "threads"), [("event", 1), ("event", 16), ("checkpoint", 16)])
def test_sigkill_loses_nothing_acknowledged(tmp_path: Path, mode: str, threads: int) -> None:
    """Writers with one thread, and ones whose threads share their syncs; across many segments."""
    print(f"seed {SEED}")
    places = _places(tmp_path)
    root = create_log(places, "example.org/kill/test", SETTINGS)
    paths = (KILLED, places.directory, places.keys, places.provider)
    done = subprocess.run(
        [sys.executable, *map(str, (*paths, mode, threads, KILLS, SEED))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    _require_whole(places, root, set(done.stdout.split()))
    assert len(list(places.directory.glob("seg-*.jsonl"))) > 1


def test_sigkill_of_processes_that_share_a_log(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chosen = random.Random(SEED)
    places = _places(tmp_path)
    root = create_log(places, "example.org/kill/test", SETTINGS)
    acknowledged: set[str] = set()
    for _ in range(max(3, KILLS // 5)):
        writer = _start(places, "event", "shared")
        assert writer.stdout is not None
        acknowledged.add(writer.stdout.readline().decode().strip())
        time.sleep(chosen.uniform(0, 0.15))
        writer.kill()
        acknowledged |= set(_acknowledged(writer))
    _require_whole(places, root, acknowledged)


def _require_whole(places: Places, root: str, acknowledged: set[str]) -> None:
    """Nothing acknowledged is missing, all of it verifies, and all that was cut off is closed."""
    with AuditLogger.open(places.directory, places.keys, provider=places.provider) as logger:
        assert logger.origin == "example.org/kill/test"
    checkpoint = (places.directory / "checkpoint").read_text(encoding="utf-8")
    found = verify(places.directory, root, {"the newest": checkpoint})
    assert (found.verdict, found.reasons) == ("OK", ())
    records = list(unverified_records(places.directory))
    assert len(acknowledged) > 2
    assert acknowledged - {record["id"] for record in records} == set()
    intents = [one["id"] for one in records if one["phase"] == "intent"]
    outcomes = [one["ref"] for one in records if one["phase"] == "outcome"]
    assert sorted(intents) == sorted(outcomes)


def test_several_processes_share_a_log(tmp_path: Path) -> None:
    places = _places(tmp_path)
    root = create_log(places, "example.org/share/test", SETTINGS)
    writers = [_start(places, "event", "shared") for _ in range(3)]
    for writer in writers:
        assert writer.stdout is not None
        for _ in range(6):
            writer.stdout.readline()
    for writer in writers:
        writer.kill()
        writer.communicate()
    with AuditLogger.open(places.directory, places.keys, provider=places.provider):
        pass
    assert verify(places.directory, root).verdict == "OK_UNANCHORED"
