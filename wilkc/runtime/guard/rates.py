"""Taking the hits that a grant costs, before anything happens. Layer: runtime. Protocol only.

OPA keeps no counters: a decision names its limits, and whoever is behind this counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.core.contract import Decision


class Rates(Protocol):
    """Counts hits; never lets more than a limit through in any window."""

    def take(self, decision: Decision) -> Callable[[], object] | Decision:
        """Take a hit of every `rate_limit` condition of a grant, or of none.

        It is atomic for all who share the counters, and takes no longer than a bound of its own.

        Args:
            decision: a grant with at least one such condition.

        Returns:
            A function that gives the hits back, or the denial that takes the place of the grant.

        Raises:
            Exception: the hits could not be taken; the action is denied.
        """
        ...
