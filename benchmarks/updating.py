"""Decisions while one bundle after the other is put in force.

Two policies take turns. Each grants what the other denies, so that an answer that goes by one
and names the other would show; such an answer, or none, ends the measurement.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.deciding import START_SECONDS, verified
from benchmarks.fleet import FIRST, Fleet, fleet
from benchmarks.measure import beside
from wilkc.bundle import generate_key
from wilkc.cli.library import read_library
from wilkc.core.contract import Request
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from benchmarks.measure import Row
    from wilkc.bundle import VerifiedBundle

CALLERS: Final = 32
PATIENT: Final = 30.0
"""Seconds for a decision: a slow one is to be measured, not refused."""
PROFILES: Final = 128
"""As many as make a bundle of 1.5 MB."""
ACTIVATIONS: Final = 100
QUIET_SECONDS: Final = 0.5
QUIET: Final = f"a decision, {CALLERS} callers, no update"
UPDATING: Final = f"a decision, {CALLERS} callers, while a 1.5 MB bundle is put in force"


@dataclass
class _Asked:
    """What the callers were told: when they asked, and how many milliseconds it took."""

    wanted: dict[str, Request]
    """Revision to the one request that it grants."""
    answers: list[tuple[float, float]] = field(default_factory=list)
    failed: int = 0
    mixed: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, sidecar: Sidecar) -> None:
        """Ask both requests by turns, until the end."""
        while not self.ended.is_set():
            for request in self.wanted.values():
                started = time.perf_counter()
                decision = sidecar.point.decide(request)
                self.answers.append((started, (time.perf_counter() - started) * 1000))
                if decision.reason == "VALIDATION_ERROR":
                    self.failed += 1
                elif decision.allow is not (self.wanted[decision.revision] is request):
                    self.mixed += 1


def updating(activations: int = ACTIVATIONS) -> list[Row]:
    """The answers' times while nothing changes, and while a bundle is put in force.

    Raises:
        RuntimeError: an answer failed, or went by another policy than it named.
    """
    key, library = generate_key(), read_library()
    one = fleet({5: PROFILES})
    other = Fleet(one.plan, dict(reversed(list(one.pieces.items()))), one.sources)
    bundles = [verified(each.bound(PROFILES, library), key) for each in (one, other)]
    numbers = (FIRST, FIRST + PROFILES - 1)
    wanted = {
        bundle.revision: Request("agent-0", "write", "file", f"./out{number}/x.md", {"size": 1})
        for bundle, number in zip(bundles, numbers, strict=True)
    }
    asked = _Asked(wanted)
    settings = SidecarSettings(
        opa=find_opa().path, start_seconds=START_SECONDS, answer_seconds=PATIENT
    )
    with Sidecar(bundles[0], {"bench": key.public()}, settings) as sidecar:
        callers = [threading.Thread(target=asked.ask, args=(sidecar,)) for _ in range(CALLERS)]
        for caller in callers:
            caller.start()
        try:
            while len(asked.answers) < CALLERS:
                time.sleep(QUIET_SECONDS)
            spans = _activate(sidecar, bundles, activations)
        finally:
            asked.ended.set()
            for caller in callers:
                caller.join()
    return _rows(asked, spans, len(bundles[0].archive))


def _activate(
    sidecar: Sidecar, bundles: list[VerifiedBundle], activations: int
) -> list[tuple[float, float]]:
    """From when to when each bundle was being put in force."""
    spans = []
    for number in range(activations):
        time.sleep(QUIET_SECONDS)
        started = time.perf_counter()
        sidecar.publish(bundles[(number + 1) % 2])
        spans.append((started, time.perf_counter()))
    return spans


def _rows(asked: _Asked, spans: list[tuple[float, float]], size: int) -> list[Row]:
    if asked.failed or asked.mixed:
        raise RuntimeError(f"{asked.failed} answers failed, {asked.mixed} were mixed")
    taken: dict[str, list[float]] = {QUIET: [], UPDATING: []}
    for started, took in asked.answers:
        ended = started + took / 1000
        beside_one = any(started < until and since < ended for since, until in spans)
        taken[UPDATING if beside_one else QUIET].append(took)
    each = sum(until - since for since, until in spans) / len(spans)
    also = (
        f"{len(spans)} activations of {size / 1e6:.1f} MB, {each * 1000:.0f} ms each; "
        f"0 failed, 0 mixed of {len(asked.answers):,} answers"
    )
    return beside(QUIET, taken, {UPDATING: also})
