"""Verifying, indexing and reporting on an audit log against reading and hashing its bytes.

usage: python benchmarks/verifying.py [RECORDS]

Run by itself it is the long measurement: it writes a log of WILK_SOAK_RECORDS (10 million)
records, about 1.1 kB each, in TMPDIR, verifies a tenth of it and all of it, and fails if the
peak of memory grows by more than 32 MB between the two. It says how far it is every 20 seconds.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.audit_log import AGENTS, write_log
from benchmarks.measure import beside, side_by_side
from wilkc.core.audit_settings import MIB
from wilkc.runtime.audit import Options, verify
from wilkc.runtime.audit.query import Filter, query, update_index
from wilkc.runtime.compliance import Wanted, make_report, read_period

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row

FLOOR: Final = "reading and hashing the same bytes (SHA-256)"
RECORDS: Final = 20_000
QUERIES: Final = 50
SOAKED: Final = 10_000_000
MAX_GROWTH_MB: Final = 32.0


def verifying(rounds: int, *, small: bool) -> list[Row]:
    """Milliseconds for 1,000 records: of the processor, but for what several processes do."""
    records = 1_000 if small else RECORDS
    with tempfile.TemporaryDirectory() as name:
        log, root = write_log(Path(name), records, "event", segment_bytes=4 * MIB)
        index = Path(name) / "index"
        actions: dict[str, Callable[[], object]] = {
            FLOOR: partial(_hash, log),
            "audit verify without event signatures, 1,000 records": partial(
                verify, log, root, options=Options(signatures="none")
            ),
            "audit verify, 1,000 records": partial(verify, log, root),
            "audit index built, 1,000 records": partial(_index, log, index),
            "audit report without event signatures, 1,000 records": partial(_report, log, root),
        }
        taken: dict[str, list[float]] = {what: [] for what in actions}
        for _ in range(rounds):
            for what, action in actions.items():
                started = time.process_time()
                action()
                taken[what].append((time.process_time() - started) * 1e6 / records)
        also = {
            what: f"{1e6 / statistics.median(times):,.0f} in a second of the processor"
            for what, times in taken.items()
        }
        also[FLOOR] += f", {sum(map(_size, log.glob('seg-*'))) // records} bytes each"
        return [
            *beside(FLOOR, taken, also),
            *_together(log, root, rounds),
            *_queries(log, index),
        ]


def _together(log: Path, root: str, rounds: int) -> list[Row]:
    """Elapsed milliseconds for the whole log."""
    return side_by_side(
        ("audit verify by one process", partial(verify, log, root)),
        {
            "audit verify by two processes": partial(verify, log, root, options=Options(jobs=2)),
        },
        rounds,
    )


def _queries(log: Path, index: Path) -> list[Row]:
    """One agent's records, by an index that is up to date."""
    path = log / "seg-00000000000000000000.jsonl"
    wanted = Filter(actor="agent-7")
    select = "SELECT seq, offset FROM event WHERE actor = 'agent-7' AND segment = 0 ORDER BY seq"

    def bare() -> None:
        with closing(sqlite3.connect(index)) as base, path.open("rb") as file:
            for _, offset in base.execute(select):
                file.seek(offset)
                file.readline()

    return side_by_side(
        ("a bare select of SQLite and the lines that it names", bare),
        {f"audit query of an agent of {AGENTS:,}": lambda: list(query(log, index, wanted))},
        QUERIES,
    )


def peak_mb(log: Path, root: str) -> tuple[float, float]:
    """The most memory that `wilkc audit verify` held, in megabytes, and its processor seconds."""
    command = [sys.executable, "-m", "wilkc.cli.main", "audit", "verify", str(log), "--root", root]
    process = subprocess.Popen([*command, "--signatures", "none"], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"the log does not verify: exit {process.returncode}")
    return used.ru_maxrss * 1024 / 1e6, used.ru_utime + used.ru_stime


def main() -> None:
    """Verify a tenth and all; fail if memory grows with the log."""
    records = int(os.environ.get("WILK_SOAK_RECORDS", SOAKED))
    peaks = []
    for count in (records // 10, records):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as name:
            log, root = write_log(Path(name), count, "checkpoint")
            print(f"{count:,} records written in {time.perf_counter() - began:,.0f} s", flush=True)
            started = time.perf_counter()
            peak, processor = peak_mb(log, root)
            peaks.append(peak)
            seconds = time.perf_counter() - started
        print(
            f"{count:,} records verified in {seconds:,.0f} s: {count / seconds:,.0f}/s, "
            f"{count / processor:,.0f} in a second of the processor, peak of memory {peak:.0f} MB",
            flush=True,
        )
    if peaks[1] - peaks[0] > MAX_GROWTH_MB:
        raise SystemExit(f"memory grew by {peaks[1] - peaks[0]:.0f} MB with the log")


def _hash(log: Path) -> None:
    digest = hashlib.sha256()
    for path in sorted(log.glob("seg-*")):
        digest.update(path.read_bytes())


def _size(path: Path) -> int:
    return path.stat().st_size


def _report(log: Path, root: str) -> None:
    checkpoint = (log / "checkpoint").read_text(encoding="utf-8")
    period = read_period("2000-01-01", "2099-12-31")
    make_report(log, root, Wanted("SOC2", period, checkpoint, signatures=False))


def _index(log: Path, index: Path) -> None:
    index.unlink(missing_ok=True)
    update_index(log, index)


if __name__ == "__main__":
    main()
