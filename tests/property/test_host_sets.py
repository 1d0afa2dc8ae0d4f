"""Sets of hosts against the matching that requests meet."""

from __future__ import annotations

import random
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import hosts_of, shortest_host, union
from wilkc.language.hosts import decision_host, matches_address, matches_name, parse_host_rule

if TYPE_CHECKING:
    from wilkc.language.automata.hosts import Hosts

QUESTIONS = 6_000
ENTRIES = [
    "a", "b.a", "*.a", "*.b.a", "*", "c.b.a", "localhost", "private", "10.0.0.0/8", "10.1.0.0/16",
    "127.0.0.1", "::1", "fc00::/7", "2001:db8::/32", "*.localhost", "169.254.169.254",
    "0.0.0.0/0", "::/0", "2002::/15",
]  # fmt: skip
HOSTS = [
    "a", "b", "b.a", "c.b.a", "x.a", "a.a", "aa", "localhost", "a.localhost", "metadata.goog",
    "10.0.0.0", "10.1.0.0", "10.2.0.0", "127.0.0.1", "0.0.0.1", "::", "::1", "fc00::",
    "2001:db8::", "169.254.169.254", "8.8.8.8", "2003::", "172.16.0.0",
]  # fmt: skip
Entry = tuple[str, str]


def _set(entry: Entry) -> Hosts:
    text, effect = entry
    return union(hosts_of(pattern, effect) for pattern in parse_host_rule(text))


def _takes(entry: Entry, host: str) -> bool:
    text, effect = entry
    given = decision_host(host)
    return any(
        matches_name(pattern, given, effect)
        if isinstance(given, str)
        else matches_address(pattern, given, effect)
        for pattern in parse_host_rule(text)
    )


def test_a_host_is_found_exactly_where_there_is_one(seed: int, effort: int) -> None:
    rng = random.Random(seed)
    found = 0

    def entries(least: int, most: int) -> list[Entry]:
        count = rng.randint(least, most)
        return [(rng.choice(ENTRIES), rng.choice([ALLOW, BLOCK])) for _ in range(count)]

    for _ in range(QUESTIONS * effort):
        wanted, refused = entries(1, 2), entries(0, 4)
        host = shortest_host(reduce(and_, map(_set, wanted)), union(map(_set, refused)))
        members = [
            one
            for one in [*HOSTS, *([host] if host else [])]
            if all(_takes(entry, one) for entry in wanted)
            and not any(_takes(entry, one) for entry in refused)
        ]
        told = f"{wanted} without {refused}: {host}"
        assert (host in members) if host else members == [], told
        names = [one for one in members if isinstance(decision_host(one), str)]
        assert host is None or not names or len(host) <= min(map(len, names)), told
        found += host is not None
    assert QUESTIONS * effort // 4 < found < QUESTIONS * effort
