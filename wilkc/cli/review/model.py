"""A comparison with all that its readers need to know. Layer: cli."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.analyze.difference import WIDENING

if TYPE_CHECKING:
    from wilkc.analyze.difference import AgentGroup, Change, Comparison
    from wilkc.cli.review.confirming import Confirmation
    from wilkc.cli.versions import Version
    from wilkc.compiler import LeftOut
    from wilkc.runtime.audit.replay import Replayed


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two versions.

    Attributes:
        version: what was read.
        left_out: files that could not be compared.
    """

    version: Version
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """What is shown.

    Attributes:
        old: the version before.
        new: the version after.
        comparison: what differs between what was understood of both.
        not_compared: agents that are missing from a new version of which files were left out.
        confirmed: what came of asking all examples.
        command: the command that shows this again.
        fail_on: what the gate refuses, or empty where there is none.
        refusals: why the gate refuses; empty where it lets the change pass.
        replay: what the new version would have said to recorded requests, or None.
    """

    old: Side
    new: Side
    comparison: Comparison
    not_compared: tuple[str, ...]
    confirmed: Confirmation
    command: str
    fail_on: str = ""
    refusals: tuple[str, ...] = ()
    replay: Replayed | None = None

    @property
    def wider(self) -> tuple[AgentGroup, ...]:
        """Groups that may do more than before, or of which that is not known."""
        return tuple(one for one in self.comparison.groups if one.widens)

    @property
    def narrower(self) -> tuple[AgentGroup, ...]:
        """Groups that lost something."""
        return tuple(one for one in self.comparison.groups if one.narrows)

    @property
    def incomplete(self) -> bool:
        """Whether something of either version could not be compared."""
        return bool(self.old.left_out or self.new.left_out)


def agents_in(groups: tuple[AgentGroup, ...]) -> int:
    """How many agents the groups hold."""
    return sum(len(one.agents) for one in groups)


def split(changes: tuple[Change, ...]) -> tuple[list[Change], list[Change]]:
    """The changes that let an agent do more, and those that take something away."""
    wider = [one for one in changes if one.kind in WIDENING]
    return wider, [one for one in changes if one.kind not in WIDENING]
