"""What would be in force after a change of grants. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.cli.building import Built, build_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.cli.grants.overlay import Held
    from wilkc.cli.grants.releases import InForce
    from wilkc.cli.review import Review
    from wilkc.compiler import Store


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be in force.

    Attributes:
        base: what is in force.
        built: what would be, unsigned and without a number.
        ended: grants that leave with it because their time is over.
        review: what it changes; None where it only takes away.
    """

    base: InForce
    built: Built
    ended: tuple[Held, ...] = ()
    review: Review | None = None


def propose_less(base: InForce, sources: Mapping[str, bytes], store: Store | None) -> Proposal:
    """What is in force without something; it is not compared, which would only take time.

    Raises:
        SpecError: it does not compile.
    """
    return Proposal(base, build_sources(sources, form=base.form, store=store))
