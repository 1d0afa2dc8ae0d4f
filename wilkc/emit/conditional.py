"""Which profile a spec with conditions has when. Layer: emit. LANGUAGE.md section 12.

For every way in which its conditions can hold together the spec has a profile without
conditions, named by a mark for each of them as `policies/lib/wilk/when` makes it. A way that
has no profile names nothing, and what has no profile is denied.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from wilkc.language.when import holds
from wilkc.plan.conditional import moments, perhaps, where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.contract import Json
    from wilkc.plan.model import SpecPlan

MARKS: Final[Mapping[bool | None, str]] = {True: "1", False: "0", None: "?"}


def spec_data(spec: SpecPlan, profile: Callable[[SpecPlan], str]) -> Json:
    """The JSON under `specs[name]`.

    Args:
        spec: the spec.
        profile: makes the profile of a spec without conditions and gives its key.
    """
    if not spec.whens:
        return {"profile": profile(spec)}
    return {
        "tests": [[when.start, when.end] for when in spec.whens],
        "profiles": {marks: profile(one) for marks, one in _ways(spec).items()},
        "best": profile(replace(spec, permissions=perhaps(spec.permissions), whens=())),
    }


def _ways(spec: SpecPlan) -> dict[str, SpecPlan]:
    """Marks to the spec as it then is."""
    contexts: tuple[dict[str, Json], ...] = (
        {},
        *({"time": f"{moment}Z"} for moment in moments(spec.whens)),
    )
    ways = {}
    for context in contexts:
        shown = {when: holds(when, context) for when in spec.whens}
        ways["".join(MARKS[held] for held in shown.values())] = where(spec, shown)
    return ways
