"""The `when` of an entry: what a request must show for it to count. Layer: language (pure).

LANGUAGE.md section 12. All tests must hold. `subject.roles` are those that bindings give the
agent, never what a request says of itself; everything else is what the enforcement point sends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from wilkc.language.when.tests import Stretch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Json, Request
    from wilkc.language.when.tests import Held, Test

TIME: Final = "context.time"
ROLES: Final = "subject.roles"
AGENT: Final = "subject.id"
OF_THE_AGENT: Final = frozenset({ROLES, AGENT})
"""Attributes that are the same in all requests of an agent."""
ATTRIBUTE_PATTERN: Final = (
    r"^(?:subject[.]properties|resource|context)[.][A-Za-z_][A-Za-z0-9_-]{0,63}$"
)
_OPEN: Final = re.compile(ATTRIBUTE_PATTERN.strip("^$"), re.ASCII)
JUDGED: Final = {
    **dict.fromkeys(
        (
            "resource.id", "resource.type", "resource.properties", "resource.argv",
            "resource.commands", "resource.host", "resource.port", "resource.protocol",
            "resource.resolved", "resource.aliases", "resource.scripts",
        ),
        "the pattern of the entry judges it",
    ),
    "context.cwd": "`shell.working_directories` judge it",
    "context.usage": "limits judge it",
}  # fmt: skip
"""What requests are judged by in another way; a test beside would see another spelling."""
_HELP: Final = (
    "attributes are `subject.id`, `subject.roles`, `subject.properties.NAME`, `resource.NAME` "
    "and `context.NAME`"
)


@dataclass(frozen=True, slots=True)
class When:
    """Tests of attributes that must all hold.

    Attributes:
        tests: attribute and test, each once, sorted; at least one.
    """

    tests: tuple[tuple[str, Test], ...]

    @classmethod
    def of(cls, tests: Iterable[tuple[str, Test]]) -> When:
        """The condition of some tests, in whatever order."""
        return cls(tuple(sorted(set(tests), key=repr)))

    def parted(self) -> tuple[When, When]:
        """Its tests of who asks, and all its others; of either there may be none."""
        own = tuple(one for one in self.tests if one[0] in OF_THE_AGENT)
        return When(own), When(tuple(one for one in self.tests if one not in own))

    def holds(self, request: Request, roles: tuple[str, ...] = ()) -> Held:
        """Whether a request shows that all hold; None where one is not shown and no other fails.

        Args:
            request: the question.
            roles: what bindings call the asking agent.
        """
        return joined(test.holds(shown(name, request, roles)) for name, test in self.tests)


def joined(each: Iterable[Held]) -> Held:
    """Whether all of some tests hold."""
    known: Held = True
    for held in each:
        if held is False:
            return False
        if held is None:
            known = None
    return known


def shown(attribute: str, request: Request, roles: tuple[str, ...]) -> Json:
    """The value of an attribute; None where it is missing. An agent without roles shows none."""
    if attribute == ROLES:
        return list(roles) or None
    if attribute == AGENT:
        return request.agent
    room, _, name = attribute.rpartition(".")
    match room:
        case "context":
            return request.context.get(name)
        case "resource":
            return request.properties.get(name)
        case _:
            return request.subject.get(name)


def showing(request: Request, values: Mapping[str, Json]) -> Request:
    """The request that shows these values of attributes besides, but for those of its agent."""
    rooms: dict[str, dict[str, Json]] = {
        "context": dict(request.context),
        "resource": dict(request.properties),
        "subject.properties": dict(request.subject),
    }
    for attribute, value in values.items():
        room, _, name = attribute.rpartition(".")
        if attribute not in OF_THE_AGENT:
            rooms[room][name] = value
    context, properties, subject = rooms.values()
    return replace(request, context=context, properties=properties, subject=subject)


def attribute_problem(name: str) -> str | None:
    """Why `when` cannot test an attribute; None where it can."""
    if name in JUDGED:
        return JUDGED[name]
    if name in {*OF_THE_AGENT, TIME} or _OPEN.fullmatch(name):
        return None
    return _HELP


def stretch(start: str, end: str) -> When:
    """The condition that the time is from `start` until `end`."""
    return When(((TIME, Stretch(start, end)),))


def words(when: When) -> str:
    """The condition as a person reads it after an entry, for example ` until …`."""
    times = [
        test.words() for name, test in when.tests if name == TIME and isinstance(test, Stretch)
    ]
    others = [
        f"{name} {test.words()}"
        for name, test in when.tests
        if not (name == TIME and isinstance(test, Stretch))
    ]
    parts = [*times, *([f"if {' and '.join(others)}"] if others else [])]
    return "".join(f" {one}" for one in parts if one)
