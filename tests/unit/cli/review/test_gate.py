"""What each gate lets pass, and what it refuses."""

from __future__ import annotations

import pytest

from tests.unit.cli.review.conftest import OPEN, REVIEWER, SAME, group
from wilkc.analyze.difference import AgentGroup, Comparison
from wilkc.cli.review import GATES, refusals
from wilkc.compiler import LeftOut

NARROWER = group("n", "none", "newly_denied")
UNSURE = AgentGroup(("x",), "changed", ("x",), ("x",), (), (), (OPEN,))
EMPTY_HANDED = AgentGroup(("e",), "added", (), ("e",))
LEFT = (LeftOut("z.yaml", "W013 …"),)
OPAQUE = (LeftOut("z.yaml", "a submodule", opaque=True),)


def _refuses(
    fail_on: str,
    *groups: AgentGroup,
    old: tuple[LeftOut, ...] = (),
    new: tuple[LeftOut, ...] = (),
) -> bool:
    return bool(refusals(Comparison(len(groups), groups), fail_on, old, new))


@pytest.mark.parametrize(
    ("groups", "refused_by"),
    [
        ((SAME,), set()),
        ((), set()),
        ((NARROWER,), {"any"}),
        ((EMPTY_HANDED,), {"any"}),
        ((group("a", "low"),), {"any", "widening", "risk:low"}),
        ((group("a", "medium"),), {"any", "widening", "risk:low", "risk:medium"}),
        ((group("a", "high"),), set(GATES)),
        ((group("a", "none"),), {"any", "widening"}),
        ((REVIEWER, SAME), set(GATES)),
        ((UNSURE,), set(GATES)),
    ],
)
def test_each_gate(groups: tuple[AgentGroup, ...], refused_by: set[str]) -> None:
    assert {gate for gate in GATES if _refuses(gate, *groups)} == refused_by
    assert not _refuses("", *groups)


@pytest.mark.parametrize("gate", GATES)
def test_what_is_not_known_is_taken_for_the_worse(gate: str) -> None:
    assert _refuses(gate, SAME, new=LEFT)
    assert _refuses(gate, SAME, old=OPAQUE)
    assert _refuses(gate, EMPTY_HANDED, old=LEFT)
    assert not _refuses(gate, SAME, old=LEFT)
    assert not _refuses("", EMPTY_HANDED, old=OPAQUE, new=LEFT)


def test_every_reason_is_told() -> None:
    groups = (REVIEWER, UNSURE)
    assert refusals(Comparison(2, groups), "widening", OPAQUE, LEFT) == (
        "inconclusive for 1 agent",
        "1 agent wider",
        "1 file of the new version not compared",
        "nothing is known of what was left out of the old version",
    )
