"""A report over a large audit log: its time, its peak of memory, and what the rules take.

usage: python benchmarks/reporting.py [RECORDS]

Writes a log of 1,000,000 records (about 1.1 kB each) and reports on it from its checkpoint, with
and without each record's own signature. Fails if the second takes two minutes or 300 MB.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.audit_log import write_log
from wilkc.runtime.audit import unverified_records
from wilkc.runtime.compliance.judging import Judge

RECORDS: Final = 1_000_000
MOST_SECONDS: Final = 120.0
MOST_MB: Final = 300.0
MOST_RULES_US: Final = 30.0
JUDGED: Final = 20_000


def report(log: Path, root: str, *more: str) -> tuple[float, float]:
    """Seconds and the most megabytes of one report."""
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
    return time.perf_counter() - started, used.ru_maxrss * 1024 / 1e6


def rules_us(log: Path) -> float:
    """Microseconds of processor time that all rules take for a record."""
    records = [record for record, _ in zip(unverified_records(log), range(JUDGED), strict=False)]
    judge = Judge()
    started = time.process_time()
    for record in records:
        judge.take(record)
    return (time.process_time() - started) * 1e6 / len(records)


def main() -> None:
    """Report, and fail where a bar is not held."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as name:
        log, root = write_log(Path(name), records, "event")
        for what, more in (("all signatures", ()), ("the checkpoint's", ("--no-signatures",))):
            seconds, peak = report(log, root, *more)
            print(f"{records:,} records, {what}: {seconds:.1f} s, {peak:.0f} MB", flush=True)
        # Last: a process begins with the peak of the one that it is forked from.
        rules = rules_us(log)
        print(f"rules: {rules:.1f} us a record", flush=True)
    if rules > MOST_RULES_US or seconds > MOST_SECONDS or peak > MOST_MB:
        raise SystemExit("a bar is not held")


if __name__ == "__main__":
    main()
