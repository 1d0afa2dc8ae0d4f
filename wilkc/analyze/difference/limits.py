"""Numbers, flags and the sandbox of what both versions grant. Layer: analyze.

LANGUAGE.md sections 9 and 11. A limit counts where it comes to bear: on requests that both
versions grant, by the spec that decides them. Which specs those are is read off examples that
both versions grant, one for each pair of specs that meet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wilkc.analyze.difference.model import Change, Risk
    from wilkc.analyze.difference.sides import Direction
    from wilkc.core.contract import Request
    from wilkc.plan import SpecPlan
    from wilkc.plan.model import Limit

    Read = Callable[[SpecPlan], Limit | None]

Pair = tuple["SpecPlan", "SpecPlan"]
"""A spec of `to` and one of `base` that both grant the same request."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One limit.

    Attributes:
        name: as the YAML calls it.
        read: the limit of a spec; where it is None nothing is limited.
        attribute: the property of a request that is compared with it, or empty where the
            limit is only handed on as a condition.
        flag: whether it is either on or absent.
        risk: of leaving more.
    """

    name: str
    read: Read
    attribute: str = ""
    flag: bool = False
    risk: Risk = "low"

    def text(self, limit: Limit | None) -> str:
        """The value for a reader."""
        if self.flag:
            return "on" if limit else "off"
        return str(limit.value) if limit else "no limit"


LIMITS: Final[dict[str, tuple[_Kind, ...]]] = {
    "file": (_Kind("max_file_size", lambda one: one.permissions.file.max_file_size, "size"),),
    "network": (
        _Kind("max_requests_per_minute", lambda one: one.permissions.network.rate),
        _Kind("timeout_seconds", lambda one: one.permissions.network.timeout),
    ),
    "shell": (
        _Kind("max_execution_time", lambda one: one.permissions.shell.max_seconds),
        _Kind("max_memory_usage", lambda one: one.permissions.shell.max_memory),
    ),
    "llm": (
        _Kind("max_tokens_per_request", lambda one: one.permissions.llm.max_tokens, "max_tokens"),
        _Kind("max_requests_per_hour", lambda one: one.permissions.llm.rate),
        _Kind(
            "content_filtering", lambda one: one.permissions.llm.content_filtering,
            flag=True, risk="medium",
        ),
    ),
    "data": (
        _Kind("retention_policy", lambda one: one.permissions.data.retention),
        _Kind(
            "pii_detection", lambda one: one.permissions.data.pii, flag=True, risk="medium"
        ),
    ),
}  # fmt: skip
"""Resource type to its limits."""


def limits_differ(direction: Direction, type_: str) -> bool:
    """Whether some limit of a type is not one and the same for all specs of both sides."""
    specs = (*direction.to.specs, *direction.base.specs)
    read = [[kind.read(spec) for spec in specs] for kind in LIMITS[type_]]
    return any(len({limit.value if limit else None for limit in held}) > 1 for held in read)


def limit_differences(
    direction: Direction, type_: str, shared: Iterable[Request]
) -> Iterator[Change]:
    """The limits of one type that leave more to `to`.

    Args:
        direction: the two sides.
        type_: a key of `LIMITS`.
        shared: requests that both sides grant.
    """
    held = tuple(shared)
    for kind in LIMITS[type_]:
        if kind.attribute:
            yield from _compared(direction, type_, kind, held)
        else:
            for to, base in meeting_specs(direction, held):
                if _leaves_more(kind.read(to), kind.read(base)):
                    yield _clause(direction, type_, kind, (to, base))


def _compared(
    direction: Direction, type_: str, kind: _Kind, shared: Iterable[Request]
) -> Iterator[Change]:
    """A limit that requests are compared with: they are asked about beyond each value."""
    limits = [kind.read(spec) for spec in direction.base.specs]
    beyond = sorted({limit.value + 1 for limit in limits if limit})
    for request in shared:
        for value in beyond:
            asked = replace(request, properties={**request.properties, kind.attribute: value})
            if direction.settle([asked]) is None:
                continue
            to = direction.to.granting(asked)
            base = direction.base.granting(request)
            if to is not None and base is not None:
                yield _clause(direction, type_, kind, (to, base), asked)


def _leaves_more(one: Limit | None, other: Limit | None) -> bool:
    return other is not None and (one is None or one.value > other.value)


def _clause(
    direction: Direction, type_: str, kind: _Kind, pair: Pair, witness: Request | None = None
) -> Change:
    to, base = pair
    limits = kind.read(to), kind.read(base)
    refs = [
        spec.positions[limit.id] if limit else None
        for spec, limit in zip(pair, limits, strict=True)
    ]
    values = kind.text(limits[0]), kind.text(limits[1])
    change = direction.degree_of((type_, kind.name), values, (refs[0], refs[1]), witness)
    if not direction.widening:
        return change
    return replace(change, risk=kind.risk, why="a limit is wider" if limits[0] else "no limit now")


def meeting_specs(direction: Direction, shared: Iterable[Request]) -> list[Pair]:
    """The specs that decide requests which both sides grant, each pair once."""
    found: dict[tuple[str, str], Pair] = {}
    for request in shared:
        to, base = direction.to.granting(request), direction.base.granting(request)
        if to is not None and base is not None:
            found.setdefault((to.name, base.name), (to, base))
    return list(found.values())
