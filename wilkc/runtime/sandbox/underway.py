"""One launch under way, and taking down what it set up. Layer: runtime.

Every step of taking down is its own: what one meets is kept for the outcome, and the next one is
taken all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.runtime.sandbox.binds import Bases
from wilkc.runtime.sandbox.groups import Group
from wilkc.runtime.sandbox.kept import discard
from wilkc.runtime.sandbox.record import Facts
from wilkc.runtime.sandbox.resolve import remove_made
from wilkc.runtime.sandbox.state import Note, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.runtime.sandbox.attending import Streams
    from wilkc.runtime.sandbox.job import Job
    from wilkc.runtime.sandbox.lifted import Masks
    from wilkc.runtime.sandbox.observer import Observer
    from wilkc.runtime.sandbox.ports import NetworkWay


@dataclass(slots=True)
class Run:
    """One launch under way; what is set must be taken down again.

    Attributes:
        job: what is launched.
        streams: take its output.
        bwrap: absolute path of bubblewrap.
        observer: is told while it runs.
        facts: gathered for the outcome.
        bases: open mounts, and what was made for them.
        group: control group.
        disks: numbers of the disks that it can reach.
        note: of what it leaves on the host.
        way: out of its network.
        masks: what must stay mounted while it runs.
        wound_up: whether everything is taken down, and what was left is judged.
        begun: whether the command may have begun, so that what it did has to be judged.
    """

    job: Job
    streams: Streams
    bwrap: str
    observer: Observer
    facts: Facts = field(default_factory=Facts)
    bases: Bases = field(default_factory=Bases)
    group: Group = field(default_factory=lambda: Group(""))
    disks: tuple[str, ...] = ()
    note: Note | None = None
    way: NetworkWay | None = None
    masks: Masks | None = None
    begun: bool = False
    wound_up: bool = False

    @property
    def bare(self) -> bool:
        """Whether there is no boundary but the user and the filter."""
        return self.job.plan.isolation == "process"


def clean_up(run: Run) -> None:
    """Take everything down; never raises."""
    for name, step in _STEPS:
        try:
            step(run)
        except Exception as error:  # noqa: BLE001  # no failure of one step hides another
            run.facts.failures.append(f"{name}: {error}")


def _measure(run: Run) -> None:
    run.facts.memory_peak = run.group.memory_peak()
    run.facts.memory_kills = run.group.memory_kills()
    run.facts.pids_refused = run.group.pids_refused()


def _kill(run: Run) -> None:
    run.group.kill()


def _close_way(run: Run) -> None:
    if run.way is not None:
        try:
            run.way.close()
        finally:
            run.facts.egress = run.way.record()


def _remove_group(run: Run) -> None:
    run.facts.failures += run.group.remove()


def _discard_private(run: Run) -> None:
    if run.bare and run.facts.prepared is not None:
        run.facts.failures += discard(run.facts.prepared.view.lent, run.job)


def _close_mounts(run: Run) -> None:
    run.facts.reports = tuple(run.bases.reports)
    run.bases.close()


def _remove_left(run: Run) -> None:
    if run.note is not None:
        run.facts.failures += settle(run.note)
    else:
        run.facts.failures += remove_made(run.bases.made)


_STEPS: Final[tuple[tuple[str, Callable[[Run], None]], ...]] = (
    ("use of the group", _measure),
    ("end of the group", _kill),
    ("end of the proxy", _close_way),
    ("removal of the group", _remove_group),
    ("removal of private directories", _discard_private),
    ("end of the mounts", _close_mounts),
    ("removal of what was made", _remove_left),
)
