"""Asking for a long time at half of the peak: does memory grow?

usage: python benchmarks/soaking.py

WILK_SOAK_MINUTES says how long, by default 30. Watched are OPA and this process, which is shim
and supervisor at once: guard, counters, a real audit log, and the sidecar. Exits with 1 if an
answer was wrong, or if memory grows by more than MAX_SLOPE even when the error of the slope is
taken off. The first fifth of the time is left out, as caches fill.
"""

from __future__ import annotations

import math
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.deciding import examples_sidecar
from benchmarks.process import memory_mb, opa_of
from wilkc.runtime import Guard, SharedLog
from wilkc.runtime.audit import AuditSettings, Places, create_log
from wilkc.runtime.limits import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SLOPE: Final = 10.0
"""Megabytes an hour; a leak of a hundred bytes for each answer would be several times that."""
JUDGED_MINUTES: Final = 3.0
"""A shorter run says nothing: what is warming up looks like a leak."""
CALLERS: Final = 8
BLOCKS: Final = 20
"""Means over so many parts of the time are compared: samples close to each other go together."""
WARMING: Final = 0.2
ASKED: Final = (
    ("file:./src/app.ts", "read", True),
    ("file:./src/.git/config", "read", False),
    ("shell:timeout 5 sudo id", "execute", False),
)


@dataclass(frozen=True)
class Slope:
    """How fast something grows, in megabytes an hour, and twice the standard error of that."""

    value: float
    error: float

    @property
    def over(self) -> bool:
        """Whether it grows faster than it may."""
        return self.value - self.error > MAX_SLOPE


@dataclass
class Callers:
    """Ask so many times a second all together; 0 asks as often as possible."""

    guard: Guard
    rate: float
    answers: int = 0
    wrong: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """One caller, until the end."""
        due = time.monotonic()
        while not self.ended.is_set():
            for resource, action, allowed in ASKED:
                self.wrong += self.guard.check(resource, action).allow is not allowed
                self.answers += 1
            if self.rate:
                due += len(ASKED) * CALLERS / self.rate
                self.ended.wait(max(0.0, due - time.monotonic()))

    def during(self, seconds: float, watched: dict[str, Path]) -> dict[str, list[float]]:
        """The memory of what is watched, while all of them ask."""
        threads = [threading.Thread(target=self.run) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        found: dict[str, list[float]] = {name: [] for name in watched}
        pause = min(1.0, seconds / (4 * BLOCKS))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(pause)
            for name, process in watched.items():
                found[name].append(memory_mb(process, "VmRSS"))
        self.ended.set()
        for thread in threads:
            thread.join()
        return found


def slope_of(samples: Sequence[float], hours: float) -> Slope:
    """The slope of the least squares through the means of equal parts of the time.

    Args:
        samples: megabytes, at equal distances.
        hours: from the first to the last.
    """
    kept = samples[int(len(samples) * WARMING) :]
    size = len(kept) // BLOCKS
    means = [statistics.fmean(kept[n * size : (n + 1) * size]) for n in range(BLOCKS)]
    step = hours * (1 - WARMING) / BLOCKS
    times = [(n + 0.5) * step for n in range(BLOCKS)]
    value, base = statistics.linear_regression(times, means)
    left = sum((mean - base - value * at) ** 2 for at, mean in zip(times, means, strict=True))
    spread = sum((at - statistics.fmean(times)) ** 2 for at in times)
    return Slope(value, 2 * math.sqrt(left / (BLOCKS - 2) / spread))


def soak(minutes: float) -> int:
    """Ask at half of the peak for so long, and say what memory did."""
    with tempfile.TemporaryDirectory() as name, examples_sidecar() as sidecar:
        folder = Path(name)
        (folder / "src" / ".git").mkdir(parents=True)
        (folder / "src" / "app.ts").write_text("x", encoding="ascii")
        places = Places(*(folder / one for one in ("log", "keys", "provider", "root")))
        settings = AuditSettings(reserve_bytes=0, min_free_bytes=0, wait_ms=60_000)
        create_log(places, "example.org/soak", settings)
        log = SharedLog(places.directory, places.keys, places.provider, settings)
        guard = Guard(
            sidecar.socket, log, agent="reviewer", workspace=folder, rates=MemoryStore(), seconds=30
        )
        watched = {"shim and supervisor": Path("/proc/self"), "OPA": opa_of(sidecar)}
        peak = Callers(guard, 0)
        seconds = min(60.0, minutes * 10)
        peak.during(seconds, watched)
        half = peak.answers / seconds / 2
        callers = Callers(guard, half)
        found = callers.during(minutes * 60, watched)
        guard.close()
    wrong = peak.wrong + callers.wrong
    print(f"{callers.answers:,} answers in {minutes:g} min, {wrong} of them wrong; half of the "
          f"peak is {half:.0f}/s")  # fmt: skip
    return max(int(wrong > 0), _judge(found, minutes))


def _judge(found: dict[str, list[float]], minutes: float) -> int:
    slopes = {name: slope_of(samples, minutes / 60) for name, samples in found.items()}
    for name, slope in slopes.items():
        print(
            f"{name}: {found[name][-1]:.0f} MB, grows by {slope.value:.1f} ± {slope.error:.1f} "
            f"MB an hour"
        )
    if minutes < JUDGED_MINUTES:
        print(f"not judged: shorter than {JUDGED_MINUTES:g} min")
        return 0
    over = any(slope.over for slope in slopes.values())
    print(f"{'too much' if over else 'fine'}: at most {MAX_SLOPE:g} MB an hour")
    return int(over)


if __name__ == "__main__":
    sys.exit(soak(float(os.environ.get("WILK_SOAK_MINUTES", "30"))))
