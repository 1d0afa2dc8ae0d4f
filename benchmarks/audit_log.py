"""Writes a large audit log at once, without a sync for each record.

usage: python benchmarks/audit_log.py FOLDER RECORDS MODE
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from wilkc.core.audit_settings import MIB
from wilkc.runtime.audit import Actor, AuditSettings, Places, create_log
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.means import Means
from wilkc.runtime.audit.record import Draft
from wilkc.runtime.audit.sampling import LeftOut
from wilkc.runtime.audit.writer import LogWriter
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import KeyStore, open_provider

BATCH: Final = 256
AGENTS: Final = 1000
SEALED: Final = "A" * 400
PROGRESS_SECONDS: Final = 20.0


class UnsyncedDisk(Disk):
    """A disk that does not wait: what is measured is reading."""

    def datasync(self, fd: int) -> None:
        """Nothing."""


def write_log(
    folder: Path, records: int, mode: str, *, segment_bytes: int = 64 * MIB
) -> tuple[Path, str]:
    """A log of about so many records, half intents and half outcomes; its root key."""
    settings = AuditSettings(
        mode="checkpoint" if mode == "checkpoint" else "event",
        reserve_bytes=0,
        min_free_bytes=0,
        segment_bytes=segment_bytes,
    )
    places = Places(folder / "log", folder / "keys", folder / "prov", folder / "root")
    disk = UnsyncedDisk()
    root = create_log(places, "example.org/bench/audit", settings, disk=disk)
    keys = KeyStore(places.keys, open_provider(places.provider, ()), disk)
    means = Means(places.directory, keys, settings, disk, Clock())
    writer = LogWriter(means, LeftOut())
    writer.open(0)
    told = time.monotonic()
    for start in range(0, records, BATCH):
        if time.monotonic() - told >= PROGRESS_SECONDS:
            told = time.monotonic()
            print(f"  {start:,} of {records:,} records written", file=sys.stderr, flush=True)
        batch: list[Draft] = []
        for number in range(start, min(start + BATCH, records), 2):
            intent = _intent(means, number)
            batch += [intent, _outcome(means, intent)]
        writer.append(batch)
    writer.close()
    return places.directory, root


def _intent(means: Means, number: int) -> Draft:
    return Draft(
        id=means.new_id(),
        phase="intent",
        record_class="access",
        actor=Actor("agent", f"agent-{number // 2 % AGENTS}"),
        type="file.read",
        resource=f"file:./src/module-{number % 997}/file.py",
        status="success",
        risk="low",
        decision={
            "allow": True, "conditions": [], "decision_id": None, "detail": "allowed",
            "latency_us": 210, "reason": "PERMISSION_GRANTED", "revision": "r1" * 16,
            "rule": "fs.read.allow.0",
        },
        tags=("soc2",),
        sealed={"input": _envelope()},
    )  # fmt: skip


def _outcome(means: Means, intent: Draft) -> Draft:
    return Draft(
        id=means.new_id(),
        phase="outcome",
        record_class="operation",
        actor=intent.actor,
        type=intent.type,
        resource=intent.resource,
        status="success",
        risk="low",
        ref=intent.id,
        details={"bytes": 3},
    )


def _envelope() -> dict[str, object]:
    return {"alg": "A256GCM", "blob": None, "ct": SEALED, "kid": "0" * 32, "n": "A" * 16}


if __name__ == "__main__":
    _, key = write_log(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
    print(key)
