"""A report over a large audit log: its time, its peak of memory, and what the rules take.

usage: python benchmarks/reporting.py [RECORDS]

Writes a log of 1,000,000 records (about 1.1 kB each) and reports on it from its checkpoint, with
each record's own signature by two processes, and without by one. Then it indexes the log, and
asks for one agent's records. Fails if a report takes two minutes or 300 MB, or a query 0.1 s.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.audit_log import write_log
from wilkc.runtime.audit import unverified_records
from wilkc.runtime.audit.query import Filter, query, update_index
from wilkc.runtime.compliance.judging import Judge

RECORDS: Final = 1_000_000
MOST_SECONDS: Final = 120.0
MOST_MB: Final = 300.0
MOST_RULES_US: Final = 30.0
JUDGED: Final = 20_000
MOST_QUERY_SECONDS: Final = 0.1
QUERIES: Final = 20


def report(log: Path, root: str, *more: str) -> tuple[float, float, float]:
    """Seconds, those of the processors, and the most megabytes of a process, of one report."""
    command = [
        sys.executable, "-m", "wilkc.cli.main", "audit", "report", "SOC2", str(log),
        "--root", root, "--checkpoint", str(log / "checkpoint"),
        "--from", "2000-01-01", "--to", "2099-12-31", *more,
    ]  # fmt: skip
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"there is no report: exit {process.returncode}")
    processor = used.ru_utime + used.ru_stime
    return time.perf_counter() - started, processor, used.ru_maxrss * 1024 / 1e6


def rules_us(log: Path) -> float:
    """Microseconds of processor time that all rules take for a record."""
    records = [record for record, _ in zip(unverified_records(log), range(JUDGED), strict=False)]
    judge = Judge()
    started = time.process_time()
    for record in records:
        judge.take(record)
    return (time.process_time() - started) * 1e6 / len(records)


def asked_seconds(log: Path, index: Path, records: int) -> tuple[float, float]:
    """Microseconds of processor time to index a record, and seconds to find those of an agent."""
    started = time.process_time()
    update_index(log, index)
    index_us = (time.process_time() - started) * 1e6 / records
    times = []
    processor = time.process_time()
    for number in range(QUERIES):
        started = time.perf_counter()
        update_index(log, index)
        found = sum(1 for _ in query(log, index, Filter(actor=f"agent-{number}")))
        times.append(time.perf_counter() - started)
    spent = (time.process_time() - processor) / QUERIES
    print(f"{found} records of an agent: {spent:.3f} s of the processor", flush=True)
    return index_us, statistics.median(times)


def main() -> None:
    """Report, and fail where a bar is not held."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    seconds = peak = 0.0
    with tempfile.TemporaryDirectory() as name:
        log, root = write_log(Path(name), records, "event")
        for what, more in (
            ("all signatures, two processes", ("--jobs", "2")),
            ("the checkpoint's", ("--no-signatures",)),
        ):
            taken, processor, held = report(log, root, *more)
            seconds, peak = max(seconds, taken), max(peak, held)
            print(
                f"{records:,} records, {what}: {taken:.1f} s, {processor:.1f} s of the processors, "
                f"{held:.0f} MB",
                flush=True,
            )
        # Last: a process begins with the peak of the one that it is forked from.
        rules = rules_us(log)
        print(f"rules: {rules:.1f} us a record", flush=True)
        index_us, asked = asked_seconds(log, Path(name) / "index", records)
        print(f"index: {index_us:.1f} us a record; query of an agent: {asked:.3f} s", flush=True)
    held = seconds <= MOST_SECONDS and peak <= MOST_MB and asked <= MOST_QUERY_SECONDS
    if rules > MOST_RULES_US or not held:
        raise SystemExit("a bar is not held")


if __name__ == "__main__":
    main()
