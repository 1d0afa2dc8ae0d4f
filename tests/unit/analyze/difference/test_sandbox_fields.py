"""No field of a sandbox plan is left out of a comparison by forgetting it."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import pairwise
from typing import Any, Final

import pytest

from wilkc.analyze.difference.sandbox import _ORDERED, ELSEWHERE, _weaker
from wilkc.core.sandbox_plan import Limits, Quantity, SandboxPlan

STRONG: Final = SandboxPlan()
LISTS: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "degraded": ((), ("cgroup",)),
    "runtime_paths": ((), ("/opt/tool",)),
    "frozen": (("./ci/**",), ()),
}
"""Field to its stronger and its weaker value."""
SHOWN_AS: Final = {"frozen": "protected"}
COMPARED: Final = [
    one.name for one in fields(SandboxPlan) if one.name not in {*ELSEWHERE, "limits", "run_as"}
]


def _names(to: SandboxPlan, base: SandboxPlan) -> list[str]:
    return [one.name for one in _weaker(to, base)]


def test_every_field_is_compared_or_said_to_be_elsewhere() -> None:
    known = {*_ORDERED, *LISTS, *ELSEWHERE, "limits", "run_as"}
    assert known == {one.name for one in fields(SandboxPlan)}
    assert all(why for why in ELSEWHERE.values())


@pytest.mark.parametrize("name", COMPARED)
def test_a_weaker_value_is_found_and_a_stronger_one_is_not(name: str) -> None:
    values: tuple[Any, ...] = _ORDERED.get(name) or LISTS[name]
    for stronger, weaker in pairwise(values):
        strong, weak = (replace(STRONG, **{name: value}) for value in (stronger, weaker))
        assert _names(weak, strong) == [SHOWN_AS.get(name, name)]
        assert _names(strong, weak) == []


def test_every_value_of_a_word_has_its_strength() -> None:
    for name, order in _ORDERED.items():
        assert getattr(STRONG, name) in order
        assert len(set(order)) == len(order) > 1


def test_another_user_is_told_in_both_directions() -> None:
    other = replace(STRONG, run_as="builder")
    assert _names(other, STRONG) == _names(STRONG, other) == ["run_as"]


@pytest.mark.parametrize("name", [one.name for one in fields(Limits)])
def test_every_limit_is_compared(name: str) -> None:
    held = getattr(Limits(), name)
    if isinstance(held, Quantity):
        wider: list[Any] = [replace(held, max=held.max + 1), replace(held, enforcement="soft")]
        wider.append(replace(held, enforcement="monitoring"))
    else:
        held = 10 if held is None else held
        wider = [held + 1]
        if name in {"cpu_time_ms", "file_size"}:
            wider.append(None)
    base = replace(STRONG, limits=replace(Limits(), **{name: held}))
    for value in wider:
        to = replace(STRONG, limits=replace(Limits(), **{name: value}))
        assert _names(to, base) == [name]
        assert _names(base, to) == []


def test_what_a_level_gives_is_told_by_the_level() -> None:
    weak = replace(STRONG, level="moderate", write_gap="postcheck")
    assert _names(weak, STRONG) == ["level"]
    minimal = replace(STRONG, level="minimal")
    assert _names(weak, minimal) == ["write_gap"]
