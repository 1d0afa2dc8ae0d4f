"""Verdicts on guardrails as people and machines read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.review.conftest import asks, rule
from wilkc.analyze.prove import Verdict
from wilkc.cli.review import Confirmation
from wilkc.cli.review.proof_text import proof_json, proof_text
from wilkc.cli.review.proofs import nevers_of
from wilkc.compiler import LeftOut
from wilkc.core.errors import UsageError
from wilkc.core.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable

PLACE = Span("policies/security-policy.yaml", 12, 9, 12, 20)
NEVER = "file:**/.ssh/** read"
HOLDS = Verdict(("a", "b", "c", "d", "e", "f"), NEVER, PLACE, "holds")
BROKEN = Verdict(("reviewer",), NEVER, PLACE, "broken", asks("./.ssh/\u202ea"), rule("**/*\x1b", 9))
UNSURE = Verdict(("x",), "within base", None, "inconclusive", why="the budget ran out")
LEFT = (LeftOut("z.yaml", "W013 on line 1"),)


def test_every_verdict_as_the_terminal_shows_it(golden: Callable[[str, str], None]) -> None:
    shown = proof_text((HOLDS, BROKEN, UNSURE), Confirmation(1, True, 1), LEFT, colour=False)
    golden("review/proof.txt", shown + "\n")
    assert all(line.isprintable() for line in shown.split("\n"))


def test_json_has_one_entry_for_each_agent_and_guardrail() -> None:
    found = json.loads(proof_json((HOLDS, BROKEN, UNSURE), Confirmation(1, False, 1), LEFT))
    assert found["proved"] is False
    assert len(found["verdicts"]) == 8
    broken = next(one for one in found["verdicts"] if one["outcome"] == "broken")
    assert broken["agent"] == broken["witness"]["subject"]["id"] == "reviewer"
    assert broken["at"] == {"file": PLACE.file, "line": 12, "column": 9}
    assert found["left_out"] == [{"file": "z.yaml", "why": "W013 on line 1"}]
    assert json.loads(proof_json((HOLDS,), Confirmation(0, False), ()))["proved"] is True


def test_guardrails_of_the_command_line_are_read() -> None:
    (never,) = nevers_of([NEVER])
    assert (never.guardrail.type, never.guardrail.action, never.span) == ("file", "read", None)


@pytest.mark.parametrize(
    "text", ["", "file:**/.ssh/**", "files:a read", "file:a raed", "file:[ read"]
)
def test_what_is_no_guardrail_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="`--never`"):
        nevers_of([text])
