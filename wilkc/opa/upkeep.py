"""How the audit log beside a sidecar is looked after, as its process tells it. Layer: opa. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEMBERS: Final = {
    "age_seconds": (int, float), "failures": (int,), "problem": (str,), "runs": (int,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChoreCondition:
    """How work on the log fares that comes again and again.

    Attributes:
        runs: how often it was done or tried.
        failures: how often it failed.
        age_seconds: how long ago it was done last; -1 where it never was.
        problem: why it failed last, or empty.
    """

    runs: int
    failures: int
    age_seconds: float
    problem: str


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The process that does such work.

    Attributes:
        problem: why nothing is known of it now, or empty.
        restarts: how often it ended by itself.
        chores: as it told last.
    """

    problem: str
    restarts: int
    chores: Mapping[str, ChoreCondition]

    @property
    def well(self) -> bool:
        """Whether it runs, and nothing that it does failed last."""
        return not self.problem and not any(one.problem for one in self.chores.values())


def read_chores(value: Any) -> dict[str, ChoreCondition]:
    """How chores fare: name to condition.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(value, dict) or not all(_is_chore(one) for one in value.values()):
        raise ValueError("not how chores fare")
    return {name: ChoreCondition(**one) for name, one in value.items()}


def read_upkeep(value: Any) -> Upkeep | None:
    """The upkeep that a page shows; None where no log is kept.

    Raises:
        ValueError: it shows something else.
    """
    if value is None:
        return None
    if (
        not isinstance(value, dict)
        or set(value) != {"chores", "problem", "restarts"}
        or not isinstance(value["problem"], str)
        or type(value["restarts"]) is not int
    ):
        raise ValueError("not the upkeep of a log")
    return Upkeep(value["problem"], value["restarts"], read_chores(value["chores"]))


def _is_chore(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == set(_MEMBERS)
        and all(type(value[name]) in kinds for name, kinds in _MEMBERS.items())
    )
