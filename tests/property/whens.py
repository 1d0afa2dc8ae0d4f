"""Generated conditions on all attributes, and requests that are near to what they test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.property.times import CONDITIONS, ODD_TIMES, TIMES
from wilkc.spec.models.conditions import Condition

if TYPE_CHECKING:
    import random

    from wilkc.core.contract import Request
    from wilkc.language.when import When

ROLES = tuple(f"role{place}" for place in range(4))
WINDOWS: tuple[dict[str, Any], ...] = (
    {"between": ["09:00", "17:00"], "tz": "Europe/Berlin", "days": ["mon-fri"]},
    {"between": ["22:00", "06:00"], "tz": "America/New_York", "days": ["fri", "sun"]},
    {"between": ["00:00", "24:00"], "tz": "Asia/Kolkata", "days": ["sat-mon"]},
    {"between": ["01:30", "03:30"], "tz": "Australia/Lord_Howe"},
    {"between": ["02:00", "03:00"], "tz": "Europe/Berlin", "min": "2026-03-01T00:00:00Z"},
    {"between": ["23:59", "00:00"], "tz": "UTC", "max": "2026-12-01T00:00:00Z"},
)
BLOCKS = (
    "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "192.168.0.0/16", "2001:db8::/32", "::1",
    "::/0", "198.51.100.128/25",
)  # fmt: skip
ENVIRONMENTS = ("prod", "dev", "Prod", "pröd", "")
# Both sides of every edge above, in UTC: standard and summer time, and the hours between them.
WINDOW_TIMES = (
    "2026-11-30T07:59:59.999999999Z", "2026-11-30T08:00:00Z", "2026-11-30T15:59:59Z",
    "2026-11-30T16:00:00Z", "2026-07-06T06:59:59Z", "2026-07-06T07:00:00Z", "2026-07-06T15:00:00Z",
    "2026-11-28T08:00:00Z", "2026-11-28T02:59:59Z", "2026-11-28T03:00:00Z", "2026-11-28T10:59:59Z",
    "2026-11-28T11:00:00Z", "2026-11-30T11:00:00Z", "2026-11-27T18:29:59Z", "2026-11-27T18:30:00Z",
    "2026-11-30T18:29:59Z", "2026-11-30T18:30:00Z", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z",
    "2026-10-25T00:00:00Z", "2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z",
    "2026-04-04T15:00:00Z", "2026-04-04T15:29:59Z", "2026-11-30T23:59:00Z", "2026-11-30T23:58:59Z",
    "2026-11-08T06:59:59Z", "2026-03-08T07:00:00Z",
)  # fmt: skip
ADDRESSES = (
    "10.0.0.0", "9.255.255.255", "10.255.255.255", "11.0.0.0", "10.1.2.3", "10.1.2.4", "10.2.0.0",
    "192.168.0.1", "198.51.100.127", "198.51.100.128", "2001:db8::", "2001:db9::", "::1", "::2",
    "255.255.255.255",
)  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10.0, 2**53, "", "10.0.0.0/8", "010.0.0.1", "10.0.0.1 ", "10.1",
    "::ffff:10.0.0.1", "2001:DB8::1", "0:0:0:0:0:0:0:1", "fe80::1%eth0", [], {}, ["prod"], [[]],
    ["a", 1], {"prod": True}, "prod\n", "PROD", "\0", "example.com", "1000",
)  # fmt: skip


def random_when(rng: random.Random) -> dict[str, Any]:
    """A condition of one to three attributes."""
    made = {}
    for attribute in rng.sample(sorted(_TESTS), rng.choice([1, 1, 2, 3])):
        made[attribute] = _TESTS[attribute](rng)
    return made


def lowered(when: dict[str, Any]) -> When:
    """A condition of a spec as it is judged."""
    return Condition.model_validate(_tuples(when)).lowered()


def _tuples(value: Any) -> Any:
    """A value as YAML gives it to the models."""
    if isinstance(value, dict):
        return {key: _tuples(held) for key, held in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def near_conditions(rng: random.Random, request: Request, *, hostile: bool) -> Request:
    """The request with values at, beside and far from the edges of conditions."""
    rooms: dict[str, dict[str, Any]] = {
        "context": {**request.context}, "resource": {**request.properties}, "subject": {},
    }  # fmt: skip
    for (room, name), values in _VALUES.items():
        if rng.random() < 0.75:
            odd = hostile and rng.random() < 0.3
            rooms[room][name] = rng.choice(_odd(name) if odd else values)
    context, properties, subject = rooms.values()
    if rng.random() < 0.1:
        # What a request says of its roles counts for nothing.
        subject["roles"] = list(ROLES)
    return replace(request, context=context, properties=properties, subject=subject)


def _odd(name: str) -> tuple[Any, ...]:
    return (*ODD_TIMES, *ODD) if name == "time" else ODD


def _set(rng: random.Random, values: tuple[Any, ...]) -> Any:
    some = rng.sample(values, rng.randint(1, min(2, len(values) - 1)))
    return {"not": some} if rng.random() < 0.4 else some


def _size(rng: random.Random) -> dict[str, Any]:
    return rng.choice(
        [{"max": 1000}, {"min": 1000}, {"min": 999, "max": 1000}, {"max": "1KB"}, {"present": True}]
    )


_TESTS: dict[str, Any] = {
    "context.time": lambda rng: rng.choice((*CONDITIONS, *WINDOWS, *WINDOWS)),
    "context.ip": lambda rng: {"cidr": rng.sample(BLOCKS, rng.randint(1, 2))},
    "context.environment": lambda rng: _set(rng, ENVIRONMENTS),
    "context.ticket": lambda rng: rng.choice([{"present": True}, [7, 8], {"not": [7]}]),
    "context.flag": lambda rng: rng.choice([[1], [True], [0], [False], {"not": [1]}]),
    "context.urgent": lambda rng: _set(rng, (True, False)),
    "resource.size": _size,
    "subject.roles": lambda rng: rng.choice([_set(rng, ROLES), {"present": True}]),
    "subject.id": lambda rng: _set(rng, ("s0", "s1", "many0", "many1", "alone0")),
    "subject.properties.groups": lambda rng: _set(rng, ("dev", "ops", "audit")),
}
_VALUES: dict[tuple[str, str], tuple[Any, ...]] = {
    ("context", "time"): (*TIMES, *WINDOW_TIMES, *WINDOW_TIMES),
    ("context", "ip"): ADDRESSES,
    ("context", "environment"): ENVIRONMENTS,
    ("context", "ticket"): (6, 7, 8, 7.0, "7"),
    ("context", "flag"): (0, 1, True, False),
    ("context", "urgent"): (True, False),
    ("resource", "size"): (0, 998, 999, 1000, 1001, 1024, 1025),
    ("subject", "groups"): (["dev"], ["ops", "audit"], ["other"], [], "dev", "other"),
}
