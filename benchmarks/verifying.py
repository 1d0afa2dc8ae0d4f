"""Verifying and indexing an audit log against reading and hashing the same bytes.

usage: python benchmarks/verifying.py [RECORDS]

Run by itself it is the long measurement: it writes a log of WILK_SOAK_RECORDS (10 million)
records, about 1.1 kB each, verifies a tenth of it and all of it, and fails if the peak of
memory grows by more than 32 MB between the two.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.audit_log import write_log
from benchmarks.measure import beside
from wilkc.runtime.audit import Options, verify
from wilkc.runtime.audit.query import update_index

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row

FLOOR: Final = "reading and hashing the same bytes (SHA-256)"
RECORDS: Final = 20_000
SOAKED: Final = 10_000_000
MAX_GROWTH_MB: Final = 32.0


def verifying(rounds: int, *, small: bool) -> list[Row]:
    """Milliseconds for 1,000 records."""
    records = 1_000 if small else RECORDS
    with tempfile.TemporaryDirectory() as name:
        log, root = write_log(Path(name), records, "event")
        index = Path(name) / "index"
        actions: dict[str, Callable[[], object]] = {
            FLOOR: partial(_hash, log),
            "audit verify without event signatures, 1,000 records": partial(
                verify, log, root, options=Options(signatures="none")
            ),
            "audit verify, 1,000 records": partial(verify, log, root),
            "audit index built, 1,000 records": partial(_index, log, index),
        }
        taken: dict[str, list[float]] = {what: [] for what in actions}
        for _ in range(rounds):
            for what, action in actions.items():
                started = time.perf_counter()
                action()
                taken[what].append((time.perf_counter() - started) * 1e6 / records)
    return beside(FLOOR, taken, {})


def peak_mb(log: Path, root: str) -> float:
    """The most memory that `wilkc audit verify` ever held, in megabytes."""
    command = [sys.executable, "-m", "wilkc.cli.main", "audit", "verify", str(log), "--root", root]
    process = subprocess.Popen([*command, "--signatures", "none"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the log does not verify: exit {process.returncode}")
    return used.ru_maxrss * 1024 / 1e6


def main() -> None:
    """Verify a tenth and all; fail if memory grows with the log."""
    records = int(os.environ.get("WILK_SOAK_RECORDS", SOAKED))
    peaks = []
    for count in (records // 10, records):
        with tempfile.TemporaryDirectory() as name:
            log, root = write_log(Path(name), count, "checkpoint")
            started = time.perf_counter()
            peaks.append(peak_mb(log, root))
            rate = count / (time.perf_counter() - started)
        print(f"{count:,} records: {rate:,.0f}/s, peak of memory {peaks[-1]:.0f} MB", flush=True)
    if peaks[1] - peaks[0] > MAX_GROWTH_MB:
        raise SystemExit(f"memory grew by {peaks[1] - peaks[0]:.0f} MB with the log")


def _hash(log: Path) -> None:
    digest = hashlib.sha256()
    for path in sorted(log.glob("seg-*")):
        digest.update(path.read_bytes())


def _index(log: Path, index: Path) -> None:
    index.unlink(missing_ok=True)
    update_index(log, index)


if __name__ == "__main__":
    main()
