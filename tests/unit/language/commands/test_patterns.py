"""Command patterns: what is refused in one list and accepted in another."""

from __future__ import annotations

import pytest

from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.commands import parse_command_rule
from wilkc.language.guardrails import parse_granted, parse_guardrail

WILD_OPTIONS = [
    ("rm -*", 3),
    ("rm -{r,f} *", 3),
    ("rm {-r,-f} *", 3),
    ("rm {x,-f} *", 3),
    ("rm -[rf] *", 3),
    ("curl -? *", 5),
    ("git push --force*", 9),
    ("git push --{force,mirror} *", 9),
]


@pytest.mark.parametrize(("text", "place"), WILD_OPTIONS)
def test_a_wildcard_in_an_option_of_a_block_is_refused(text: str, place: int) -> None:
    with pytest.raises(PatternError) as caught:
        parse_command_rule(text, BLOCK)
    assert (caught.value.code, caught.value.start) == ("W058", place)
    assert parse_command_rule(text, ALLOW)


@pytest.mark.parametrize(("text", "place"), WILD_OPTIONS)
def test_a_guardrail_that_could_find_nothing_is_refused(text: str, place: int) -> None:
    with pytest.raises(PatternError) as caught:
        parse_guardrail(f"shell:{text} execute")
    assert (caught.value.code, caught.value.start) == ("W058", place + len("shell:"))
    assert parse_granted(f"shell:{text} execute")


@pytest.mark.parametrize("text", ["rm '-*'", "rm -rf *", "rm - *", "rm x-*", "rm *f", "rm {-,x}"])
def test_what_is_no_wild_option_stands_in_a_block_as_well(text: str) -> None:
    assert parse_command_rule(text, BLOCK)
