"""How a sidecar fares, for people and for who watches it. Layer: opa.

Everything here is known without asking OPA, so that it can be told while OPA hangs.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.opa.upkeep import Upkeep, read_upkeep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json
    from wilkc.opa.keeper import Keeper
    from wilkc.opa.sidecar import Sidecar

_TEXTS: Final = ("revision", "key_id", "scope", "source_problem", "sidecar_problem")
_NUMBERS: Final = ("sequence", "refused", "restarts")


@dataclass(frozen=True, slots=True)
class Condition:
    """What is served, and what is wrong.

    Attributes:
        revision: the revision in force.
        sequence: its place among its releaser's bundles, 0 where it has none.
        key_id: the key that signed it.
        scope: the scope that its signature binds, or empty.
        age_seconds: how long it has been in force here.
        refused: how many bundles were refused since the start.
        refusals: those that still lie where bundles come from: name to why.
        restarts: how often OPA ended by itself.
        source_problem: why the place of the bundles cannot be looked at, or empty.
        sidecar_problem: what is wrong with OPA, or empty.
        upkeep: how the audit log is looked after; None where no log is kept.
    """

    revision: str
    sequence: int
    key_id: str
    scope: str
    age_seconds: float
    refused: int
    refusals: Mapping[str, str]
    restarts: int
    source_problem: str
    sidecar_problem: str
    upkeep: Upkeep | None = None

    def as_json(self) -> Json:
        """All of it, as the page `/status` shows it."""
        return {**asdict(self), "age_seconds": round(self.age_seconds, 3)}


def condition_of(sidecar: Sidecar, keeper: Keeper, upkeep: Upkeep | None = None) -> Condition:
    """How a sidecar fares now; callable from any thread."""
    bundle = sidecar.bundle
    return Condition(
        revision=bundle.revision,
        sequence=bundle.sequence,
        key_id=bundle.key_id,
        scope=bundle.scope,
        age_seconds=time.monotonic() - sidecar.since,
        refused=keeper.refused,
        refusals=dict(keeper.refusals),
        restarts=sidecar.restarts,
        source_problem=keeper.source_problem,
        sidecar_problem=keeper.sidecar_problem,
        upkeep=upkeep,
    )


def read_condition(value: Any) -> Condition:
    """The condition that a page shows.

    Raises:
        ValueError: it shows something else.
    """
    names = {*_TEXTS, *_NUMBERS, "age_seconds", "refusals", "upkeep"}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError("not the status of a sidecar")
    texts = [value[name] for name in _TEXTS]
    refusals, age = value["refusals"], value["age_seconds"]
    if isinstance(refusals, dict):
        texts += refusals.values()
    well_formed = (
        isinstance(refusals, dict)
        and all(isinstance(text, str) for text in texts)
        and all(type(value[name]) is int for name in _NUMBERS)
        and type(age) in {int, float}
    )
    if not well_formed:
        raise ValueError("not the status of a sidecar")
    return Condition(**{**value, "upkeep": read_upkeep(value["upkeep"])})
