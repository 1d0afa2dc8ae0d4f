"""The soak runs and says what memory did; a leak is found, and noise is none."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soaking import MAX_SLOPE, slope_of

ROOT = Path(__file__).parents[2]
SAMPLES = 1800


def test_a_short_soak(opa: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "soaking.py"],
        capture_output=True,
        check=False,
        env={**os.environ, "WILK_SOAK_MINUTES": "0.1", "WILK_OPA": str(opa)},
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^[0-9,]+ answers in 0\.1 min, 0 of them wrong", done.stdout)
    assert len(re.findall(r"grows by -?[0-9.]+ ± [0-9.]+ MB an hour", done.stdout)) == 2
    assert done.stdout.endswith("not judged: shorter than 3 min\n")


def test_a_short_verification_of_many_records() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "verifying.py"],
        capture_output=True,
        check=False,
        env={**os.environ, "WILK_SOAK_RECORDS": "3000"},
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(
        r"^3,000 records verified in [0-9,]+ s: [0-9,]+/s, .*peak of memory [0-9]+ MB$",
        done.stdout,
        re.MULTILINE,
    )


@pytest.mark.parametrize(("growth", "over"), [(0.0, False), (-50.0, False), (3 * MAX_SLOPE, True)])
def test_a_leak_is_told_from_noise(growth: float, over: bool) -> None:
    chance = random.Random(1)
    samples = [
        100 + growth * place / SAMPLES / 2 + chance.uniform(-2, 2) + 20 / (1 + place / 20)
        for place in range(SAMPLES)
    ]
    slope = slope_of(samples, 0.5)
    assert slope.over is over
    assert abs(slope.value - growth) < slope.error + 5
