"""Real disks that are full, and directories that this user cannot write."""

from __future__ import annotations

import os
import stat
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from wilkc.core.contract import Decision, Request
from wilkc.core.errors import UnavailableError, WilkError
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REQUEST = Request("reviewer", "read", "file", "./src/a.ts")
ALLOW = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", revision="r1"
)
SETTINGS = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=10_000)
NOBODY = 65534


@pytest.fixture
def tiny(tmp_path: Path, require: Callable[[str, str], None]) -> Iterator[Path]:
    """A file system of 256 KiB."""
    if os.geteuid() != 0:
        require("root", "only root can mount a small file system")
    place = tmp_path / "tiny"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "wilk-test", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        require("mount", f"a small file system cannot be mounted: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_denies_and_recovers(tiny: Path, tmp_path: Path) -> None:
    places = Places(tiny / "log", tmp_path / "keys", tmp_path / "provider", tmp_path / "root")
    root = create_log(places, "example.org/full/test", SETTINGS)
    logger = AuditLogger.open(
        places.directory, places.keys, provider=places.provider, settings=SETTINGS
    )
    first = logger.intent(REQUEST, ALLOW)
    filler = tiny / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while file.write(b"x" * 4096) == 4096:
            pass
    refused = 0
    for _ in range(20):
        with suppress(UnavailableError):
            logger.intent(REQUEST, ALLOW)
            continue
        refused += 1
    assert refused > 10
    filler.unlink()
    first.outcome("success")
    logger.intent(REQUEST, ALLOW).outcome("success")
    logger.close()
    checkpoint = (places.directory / "checkpoint").read_text(encoding="utf-8")
    found = verify(places.directory, root, {"the newest": checkpoint})
    assert (found.verdict, found.reasons) == ("OK", ())
    assert found.lost == refused


def _asked_as_nobody(places: Places) -> str:
    """What happens when an ordinary user records a decision; in a child of this process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        text = "recorded"
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            logger = AuditLogger.open(
                places.directory, places.keys, provider=places.provider, shared=True
            )
            logger.intent(REQUEST, ALLOW)
        except WilkError as error:
            text = f"{type(error).__name__}: {error.message}"
        finally:
            os.write(writing, text.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as file:
        return file.read()


def test_a_log_of_someone_else_cannot_be_written(
    tmp_path: Path, require: Callable[[str, str], None]
) -> None:
    if os.geteuid() != 0:
        require("root", "only root can become another user")
    places = Places(tmp_path / "log", tmp_path / "keys", tmp_path / "provider", tmp_path / "root")
    create_log(places, "example.org/other/test", SETTINGS)
    for path in (*places.keys.rglob("*"), places.keys, places.provider):
        os.chown(path, NOBODY, NOBODY)
    for path in (places.directory, *places.directory.iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o644)
    closed = [path for path in tmp_path.parents if stat.S_IMODE(path.stat().st_mode) == 0o700]
    for path in (tmp_path, *closed):
        path.chmod(0o755)
    answer = _asked_as_nobody(places)
    assert answer.startswith("UnavailableError: audit_unavailable: the audit log at ")
    assert answer.endswith("cannot be written: Permission denied")
    places.directory.chmod(0o700)
    assert _asked_as_nobody(places).startswith("UnavailableError: audit_unavailable: ")
    places.keys.chmod(0o700)
    os.chown(places.keys, 0, 0)
    places.directory.chmod(0o755)
    assert _asked_as_nobody(places).startswith("UnavailableError: cannot read ")
