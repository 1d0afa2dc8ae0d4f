"""A recovery that is itself killed, at each of its steps: the next one ends what it began."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.core.contract import Decision, Request
from wilkc.runtime.audit import (
    AuditLogger,
    AuditSettings,
    Places,
    create_log,
    unverified_records,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = Path(__file__).with_name("recovering.py")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)
REQUEST = Request("reviewer", "read", "file", "./src/a.ts")
TORN = b'{"event":{"v":"wilk.aud'
MOST_STEPS = 200


def _torn(places: Places) -> None:
    """A line of which only the beginning came to the disk."""
    with max(places.directory.glob("seg-*.jsonl")).open("ab") as file:
        file.write(TORN)


def _stateless(places: Places) -> None:
    """The place was not kept."""
    (places.directory / "state").unlink()


def _both(places: Places) -> None:
    _torn(places)
    _stateless(places)


@pytest.fixture
def crashed(tmp_path: Path) -> tuple[Places, str]:
    """A log whose writer was killed between an intent and its outcome."""
    places = _places(tmp_path / "crashed")
    settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
    root = create_log(places, "example.org/kill/test", settings)
    program = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from wilkc.core.contract import Decision, Request\n"
        "from wilkc.runtime.audit import AuditLogger\n"
        "log, keys, provider = map(Path, sys.argv[1:])\n"
        "logger = AuditLogger.open(log, keys, provider=provider)\n"
        "allow = Decision(True, 'PERMISSION_GRANTED', 'allowed', 'm', revision='r1')\n"
        "logger.intent(Request('reviewer', 'read', 'file', './a'), allow)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    paths = (places.directory, places.keys, places.provider)
    done = subprocess.run([sys.executable, "-c", program, *map(str, paths)], check=False)
    assert done.returncode == -signal.SIGKILL
    return places, root


@pytest.mark.parametrize("damage", [_torn, _stateless, _both])
def test_a_recovery_may_be_killed_at_any_step(
    crashed: tuple[Places, str], tmp_path: Path, damage: Callable[[Places], None]
) -> None:
    broken, root = crashed
    damage(broken)
    seen = (
        [one["id"] for one in unverified_records(broken.directory)]
        if damage is _stateless
        else None
    )
    for step in range(MOST_STEPS):
        places = _places(tmp_path / str(step))
        shutil.copytree(broken.directory.parent, places.directory.parent, dirs_exist_ok=True)
        done = _recover(places, step)
        assert done in {0, -signal.SIGKILL}, step
        # Once more, to the end, and a record on top.
        with AuditLogger.open(places.directory, places.keys, provider=places.provider) as logger:
            logger.intent(REQUEST, ALLOW).outcome("success")
        _require_whole(places, root, step)
        records = list(unverified_records(places.directory))
        if seen is not None:
            assert [one["id"] for one in records][: len(seen)] == seen
        if damage is not _stateless:
            kept = [one.read_bytes() for one in (places.directory / "quarantine").iterdir()]
            assert TORN in kept, step
        shutil.rmtree(places.directory.parent)
        if done == 0:
            break
    else:
        pytest.fail("the recovery did not end")
    assert step > 5


def _require_whole(places: Places, root: str, step: int) -> None:
    text = (places.directory / "checkpoint").read_text()
    found = verify(places.directory, root, {"the newest": text})
    assert found.verdict == "OK", (step, found.reasons)
    records: list[dict[str, Any]] = list(unverified_records(places.directory))
    unknown = [one for one in records if one["result"]["error"] == "outcome_unknown"]
    assert len(unknown) == 1, step
    intents = [one["id"] for one in records if one["phase"] == "intent"]
    refs = [one["ref"] for one in records if one["phase"] == "outcome"]
    assert sorted(refs) == sorted(intents), step


def _recover(places: Places, step: int) -> int:
    paths = (PROGRAM, places.directory, places.keys, places.provider, step)
    return subprocess.run([sys.executable, *map(str, paths)], check=False).returncode


def _places(folder: Path) -> Places:
    folder.mkdir(exist_ok=True)
    return Places(folder / "log", folder / "keys", folder / "provider", folder / "root")
