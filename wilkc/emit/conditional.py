"""Which profile a spec with conditions has when. Layer: emit. LANGUAGE.md section 12.

For every way in which its conditions can hold together the spec has a profile without
conditions, named by a mark for each of them as `policies/lib/wilk/when` makes it. A way that
has no profile names nothing, and what has no profile is denied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.canonical import canonical_json
from wilkc.language.when import (
    ROLES,
    Networks,
    OneOf,
    Present,
    Range,
    Stretch,
    Window,
    ways,
)
from wilkc.plan.build import MAX_WAYS
from wilkc.plan.conditional import at_best, effects_of, unshown, where

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.core.canonical import CanonicalBytes
    from wilkc.core.contract import Json
    from wilkc.language.when import Held, Test, When
    from wilkc.plan.model import SpecPlan

_ROOMS: Final = {
    "subject": ["subject"],
    "subject.properties": ["subject", "properties"],
    "resource": ["resource", "properties"],
    "context": ["context"],
}
MARKS: Final[Mapping[Held, str]] = {True: "1", False: "0", None: "?"}


def spec_data(spec: SpecPlan, profile: Callable[[SpecPlan], str]) -> Json:
    """The JSON under `specs[name]`.

    Args:
        spec: the spec.
        profile: makes the profile of a spec without conditions and gives its key.
    """
    if not spec.whens:
        return {"profile": profile(spec)}
    otherwise = unshown(effects_of(spec.permissions).items())
    profiles = {}
    for states in ways(otherwise, MAX_WAYS, found=False):
        then = where(spec, dict(zip(otherwise, states, strict=True)))
        profiles["".join(MARKS[held] for held in states)] = profile(then)
    return {
        "tests": [[MARKS[held], _tests(when)] for when, held in otherwise.items()],
        "profiles": profiles,
        "best": profile(at_best(spec)),
    }


def asks_for_roles(spec: CanonicalBytes) -> bool:
    """Whether what `spec_data` gave may ask for roles: a value of a test may look like it."""
    return bytes(canonical_json(_place(ROLES))) in bytes(spec)


def _tests(when: When) -> Json:
    """Each test as where its value is in a request, its kind, and what it compares with."""
    return [[_place(attribute), *_test(test)] for attribute, test in when.tests]


def _place(attribute: str) -> list[str]:
    room, _, name = attribute.rpartition(".")
    return [*_ROOMS[room], name]


def _test(test: Test) -> Json:
    """The kind of a test, and what it compares with."""
    match test:
        case OneOf(values, negated, listed):
            kind = {str: "text", int: "number", bool: "truth"}[type(values[0])]
            return ["none" if negated else "one", [kind, listed, list(values)]]
        case Range(least, most):
            return ["range", [least or 0, -1 if most is None else most]]
        case Networks(blocks):
            return ["cidr", list(blocks)]
        case Stretch(start, end):
            return ["time", [start, end]]
        case Window():
            return ["window", [test.zone, [list(span) for span in test.minutes]]]
        case Present():
            return ["present", []]
