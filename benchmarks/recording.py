"""Putting decisions on record, against what the disk and the signatures take in the same rounds.

The bar of the design is a formula: with t the median of a write of one record's bytes and its
fdatasync, and B records in a commit, a commit may take (t + B * c) / 0.7, where c is 55 us in
mode event and 20 us in mode checkpoint. A ratio below 1 to the formula's time holds the bar.

usage: python benchmarks/recording.py FOLDER MODE RECORDS

Run by itself it is one of two shards: it opens a log in the folder, waits for a line, and prints
how long its records took and how many syncs they shared.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.audit_log import UnsyncedDisk
from benchmarks.deciding import examples_sidecar
from benchmarks.guarding import FILE, PATIENT, asked_bytes, asking, connected
from benchmarks.measure import beside, side_by_side
from wilkc.core.contract import Decision, Request, RuleRef, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings, Places, create_log
from wilkc.runtime.audit.minimise import kinds_in
from wilkc.runtime.disk import Disk
from wilkc.runtime.guard import Guard
from wilkc.runtime.guard.pool import Pool
from wilkc.runtime.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row
    from wilkc.core.audit_settings import Mode

T_NAME: Final = "a write of one record's bytes and its fdatasync"
SIGNED: Final = "100 Ed25519 signatures, processor time"
CALLERS: Final = 64
COST_US: Final = {"event": 55.0, "checkpoint": 20.0}
SHARE: Final = 0.7
SYNCS: Final = 15
"""Syncs of which the median is t in a round."""
REQUEST: Final = Request("reviewer", "read", "file", "./src/app.ts")
RULE: Final = RuleRef("fs.read.allow.0", "reviewer.yaml", 6, 9, "./src/**")
ALLOW: Final = Decision(
    allow=True, reason="PERMISSION_GRANTED", detail="allowed", message="m", rule=RULE,
    revision="r1" * 32,
)  # fmt: skip
DENY: Final = denial("PERMISSION_DENIED", "no_rule_matches", "m", revision="r1" * 32)
INPUT: Final = b'{"input":"' + b"x" * 280 + b'"}'


class CountingDisk(Disk):
    """The real disk, whose syncs of data are counted."""

    def __init__(self) -> None:
        self.syncs = 0

    def datasync(self, fd: int) -> None:
        """Sync, and count it."""
        self.syncs += 1
        super().datasync(fd)


@dataclass
class Bench:
    """A log, opened, and a plain file beside it on the same disk."""

    folder: Path
    mode: Mode
    disk: Disk
    logger: AuditLogger = field(init=False)

    def __post_init__(self) -> None:
        """Make and open the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = AuditSettings(mode=self.mode, reserve_bytes=0, min_free_bytes=0, wait_ms=60_000)
        places = Places(*(self.folder / one for one in ("log", "keys", "provider", "root")))
        create_log(places, "example.org/bench/record", settings)
        self.logger = AuditLogger.open(
            places.directory, places.keys, provider=places.provider, settings=settings,
            disk=self.disk,
        )  # fmt: skip

    @property
    def record_bytes(self) -> int:
        """Bytes of a record on the mean, with all that is stored for it."""
        paths = (self.folder / "log").glob("seg-*")
        size = sum(path.stat().st_size for path in paths)
        return size // max(1, self.logger.intent(REQUEST, DENY, input_bytes=INPUT).seq)

    def record(self) -> None:
        """One record: a denial, with its sealed input."""
        self.logger.intent(REQUEST, DENY, latency_us=210, input_bytes=INPUT)

    def records(self, count: int) -> None:
        """So many, one after the other."""
        for _ in range(count):
            self.record()


def recording(rounds: int, *, small: bool) -> list[Row]:
    """All rows of the writer; milliseconds for one record unless the name says otherwise."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        each = 2 if small else 40
        return [
            *_processor(folder, rounds),
            *_serial(folder, rounds * 20),
            *_guarded(folder, rounds * 20),
            *_together(folder, rounds, each),
        ]


def synced(folder: Path, size: int) -> Callable[[], None]:
    """What writes so many bytes to a file of the folder, and syncs them."""
    fd = os.open(folder / "plain", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    data = b"x" * size

    def write() -> None:
        os.write(fd, data)
        os.fdatasync(fd)

    return write


def _processor(folder: Path, rounds: int) -> list[Row]:
    """What a record takes of the processor, where the disk does not wait."""
    bench, key = Bench(folder / "processor", "event", UnsyncedDisk()), SigningKey.generate()
    texts = "file:./src/part-20261129/app.ts\nreviewer\nreq-8812-2231\nsession-77120931\n"
    actions: dict[str, Callable[[], object]] = {
        SIGNED: lambda: [key.sign(INPUT) for _ in range(100)],
        "100 signed records without the sync, processor time": partial(bench.records, 100),
        "looking for personal data and secrets in 100 records, processor time": lambda: [
            kinds_in(texts) for _ in range(100)
        ],
    }
    taken: dict[str, list[float]] = {what: [] for what in actions}
    for _ in range(rounds * 3):
        for what, action in actions.items():
            started = time.process_time()
            action()
            taken[what].append((time.process_time() - started) * 1000)
    size = bench.record_bytes
    bench.logger.close()
    also = {
        what: f"{min(times) * 10:.0f} µs each at best" + f", {size} bytes" * ("records w" in what)
        for what, times in taken.items()
    }
    return beside(SIGNED, taken, also)


def _serial(folder: Path, rounds: int) -> list[Row]:
    """One caller: each record has a sync of its own."""
    bench = Bench(folder / "serial", "event", Disk())
    bench.record()
    size = bench.record_bytes
    write = synced(folder / "serial", size)
    name = "a signed record, durable, one caller"
    taken: dict[str, list[float]] = {T_NAME: [], name: []}
    for _ in range(rounds):
        for what, action in ((T_NAME, write), (name, bench.record)):
            started = time.perf_counter()
            action()
            taken[what].append((time.perf_counter() - started) * 1000)
    bench.logger.close()
    t_us, median = (statistics.median(taken[what]) * 1000 for what in (T_NAME, name))
    also = {
        T_NAME: f"{size} bytes",
        name: f"t + {median - t_us:.0f} µs; {_formula_ms(t_us, 1, 'event') * 1000 / median:.2f}"
        " of the bar's rate",
    }
    return beside(T_NAME, taken, also)


def _guarded(folder: Path, rounds: int) -> list[Row]:
    """An action from the question to its outcome, against what nobody can do without."""
    workspace = folder / "guarded"
    file = workspace / "src" / "app.ts"
    file.parent.mkdir(parents=True)
    file.write_text("x", encoding="ascii")
    bench = Bench(workspace, "event", Disk())
    with examples_sidecar() as sidecar:
        guard = Guard(
            sidecar.socket, bench.logger, agent="reviewer", workspace=workspace, seconds=PATIENT
        )

        def act() -> None:
            with guard.action(FILE, "read"):
                pass

        act()
        ask = partial(asking, connected(sidecar.socket), asked_bytes(str(workspace)))
        write = synced(workspace, bench.record_bytes)
        floor = "a raw decision and two writes with their fdatasync"

        def least() -> None:
            ask()
            write()
            write()

        rows = side_by_side(
            (floor, least), {"a guarded action: decision, intent, outcome": act}, rounds
        )
        guard.close()
    bench.logger.close()
    return rows


def _together(folder: Path, rounds: int, each: int) -> list[Row]:
    """Many callers, whose records share syncs."""
    rows: list[Row] = []
    cases: tuple[tuple[str, Mode, Callable[[Bench, int], None]], ...] = (
        (f"{CALLERS} asyncio tasks, mode event", "event", _tasks),
        (f"{CALLERS} asyncio tasks, mode checkpoint", "checkpoint", _tasks),
        (f"{CALLERS} threads, mode event", "event", _threads),
    )
    for name, mode, work in cases:
        disk = CountingDisk()
        bench = Bench(folder / name.replace(" ", "-"), mode, disk)
        run = partial(_counted, bench, disk, work, each)
        rows += _against_formula(name, mode, bench.folder, run, rounds, CALLERS * each)
        bench.logger.close()
    for shards in (1, 2):
        name = f"{shards} shard{'s' * (shards > 1)}, {CALLERS} threads each, mode checkpoint"
        run = partial(_shards, folder / f"shards-{shards}", shards, CALLERS * each)
        rows += _against_formula(
            name, "checkpoint", folder, run, min(rounds, 3), shards * CALLERS * each
        )
    return rows


def _counted(
    bench: Bench, disk: CountingDisk, work: Callable[[Bench, int], None], each: int
) -> tuple[float, int]:
    """Seconds and syncs of a round."""
    before, started = disk.syncs, time.perf_counter()
    work(bench, each)
    return time.perf_counter() - started, disk.syncs - before


def _against_formula(  # noqa: PLR0913, PLR0917  # a case and how to run it
    name: str,
    mode: Mode,
    folder: Path,
    run: Callable[[], tuple[float, int]],
    rounds: int,
    records: int,
) -> list[Row]:
    """A case beside what the formula allows for the syncs that it needed."""
    write = synced(folder, 1400)
    floor = f"the bar for {name}"
    taken: dict[str, list[float]] = {floor: [], name: []}
    batches, syncs_us = [], []
    run()
    for _ in range(rounds):
        t_us = _sync_us(write)
        seconds, syncs = run()
        batch = records / max(1, syncs)
        taken[floor].append(_formula_ms(t_us, batch, mode))
        taken[name].append(seconds * 1000 / records)
        batches.append(batch)
        syncs_us.append(t_us)
    also = {
        floor: f"t = {statistics.median(syncs_us):.0f} µs",
        name: f"{1000 / statistics.median(taken[name]):,.0f} records/s,"
        f" {statistics.median(batches):.0f} in a commit",
    }
    return beside(floor, taken, also)


def _formula_ms(t_us: float, batch: float, mode: Mode) -> float:
    """Milliseconds that the bar allows for one record."""
    return (t_us + batch * COST_US[mode]) / (SHARE * batch) / 1000


def _sync_us(write: Callable[[], None]) -> float:
    times = []
    for _ in range(SYNCS):
        started = time.perf_counter()
        write()
        times.append((time.perf_counter() - started) * 1e6)
    return statistics.median(times)


def _threads(bench: Bench, each: int) -> None:
    def work() -> None:
        bench.records(each)

    callers = [threading.Thread(target=work) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()


def _tasks(bench: Bench, each: int) -> None:
    """As a guard does it: what waits for the disk is left to its threads."""
    pool = Pool()

    async def work() -> None:
        for _ in range(each):
            await pool.run(bench.record)

    async def everybody() -> None:
        await asyncio.gather(*(work() for _ in range(CALLERS)))

    asyncio.run(everybody())
    pool.close()


def _shards(folder: Path, shards: int, records: int) -> tuple[float, int]:
    """So many processes, each with a log of its own."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        command = [sys.executable, __file__]
        running = [
            subprocess.Popen(
                [*command, str(Path(name) / str(one)), "checkpoint", str(records)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )
            for one in range(shards)
        ]  # fmt: skip
        for process in running:
            assert process.stdout is not None  # noqa: S101  # piped above
            process.stdout.readline()
        started = time.perf_counter()
        told = [process.communicate("go\n")[0].split() for process in running]
        seconds = time.perf_counter() - started
    if any(process.returncode for process in running):
        raise SystemExit("a shard could not write")
    return min(seconds, max(float(one[0]) for one in told)), sum(int(one[1]) for one in told)


def main() -> None:
    """One shard."""
    folder, mode, records = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    disk = CountingDisk()
    bench = Bench(folder, "checkpoint" if mode == "checkpoint" else "event", disk)
    bench.record()
    print("ready", flush=True)
    sys.stdin.readline()
    seconds, syncs = _counted(bench, disk, _threads, records // CALLERS)
    print(seconds, syncs, flush=True)
    bench.logger.close()


if __name__ == "__main__":
    main()
