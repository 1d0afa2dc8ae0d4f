"""A fleet of agents over a thousand distinct profiles, in compiled form.

Three specs are compiled, with 5, 50 and 500 entries in each list; the number in their patterns
then stands for all others of their size, so that a thousand profiles are made in a second.
Patterns are of all kinds that compile differently: under a literal folder, by extension, with
a floating literal segment, and with no literal segment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wilkc.compiler import Compiled, compile_sources
from wilkc.compiler.assembling import manifest_of, members_of, piece_of
from wilkc.core.canonical import canonical_json, sha256_hex
from wilkc.emit.data import PROFILE_KEY_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.core.canonical import CanonicalBytes
    from wilkc.emit import Piece
    from wilkc.plan import Plan

SIZES = {5: 979, 50: 20, 500: 1}
"""Entries in each list of a profile, and how many profiles have so many."""
SMALL = {5: 7, 50: 2, 500: 1}
"""The same where only the table's shape is wanted."""
FIRST = 1_000_000
"""The number in the patterns of the first spec of a size; the others count on from there."""
ANYWHERE = 3
"""Of 20 blocked paths the one that fixes nothing by which it could be found."""


@dataclass(frozen=True)
class Fleet:
    """A thousand specs in compiled form, to which any number of agents can be bound."""

    plan: Plan
    pieces: Mapping[str, Piece]
    sources: Mapping[str, bytes]

    def bound(self, agents: int, library: Mapping[str, bytes]) -> Compiled:
        """A bundle's members with so many agents, spread evenly over the profiles."""
        names = list(self.pieces)
        held = {f"agent-{number}": (names[number % len(names)],) for number in range(agents)}
        plan = replace(self.plan, agents=held)
        files, revision = members_of(plan, self.pieces, library, "indexed")
        return Compiled(plan, files, manifest_of(revision, self.sources), revision, ())


def fleet(sizes: Mapping[int, int]) -> Fleet:
    """The specs, for example `SIZES`; the first three differ in size, smallest first."""
    sources = {f"{size}.yaml": spec_text(size).encode() for size in sizes}
    compiled = compile_sources(sources, {})
    return Fleet(compiled.plan, dict(_pieces(compiled, sizes)), sources)


def _pieces(compiled: Compiled, sizes: Mapping[int, int]) -> Iterator[tuple[str, Piece]]:
    """The specs of each size by turns, so that few agents meet all sizes."""
    numbers = sorted(
        (place / count, size, place) for size, count in sizes.items() for place in range(count)
    )
    made = {size: piece_of(compiled.plan.specs[f"spec-{size}"], "indexed") for size in sizes}
    for _, size, place in numbers:
        yield f"spec-{size}-{place}", _renumbered(made[size], FIRST + place)


def _renumbered(piece: Piece, number: int) -> Piece:
    """The piece of the same spec with another number in its patterns."""

    def other(text: bytes) -> CanonicalBytes:
        replaced = text.replace(str(FIRST).encode(), str(number).encode())
        return canonical_json(json.loads(replaced))

    (profile,) = map(other, piece.profiles.values())
    key = sha256_hex(profile)[:PROFILE_KEY_LENGTH]
    return replace(
        piece,
        spec=canonical_json({"profile": key}),
        profiles={key: profile},
        positions=other(piece.positions),
        sandbox=other(piece.sandbox),
    )


def spec_text(size: int, number: int = FIRST) -> str:
    """One spec; the number makes its patterns differ from those of all others."""
    places = range(size)
    reads = [_path(place, number) for place in places]
    blocks = [_blocked_path(place, number) for place in places]
    permissions = {
        "filesystem": {
            "read": reads,
            "write": [f"./out{number}/**"],
            "metadata": {
                "max_file_size": "10MB",
                "allowed_extensions": [".ts", ".md"],
                "blocked_paths": blocks,
            },
        },
        "network": {
            "allowed_hosts": [_host(place, number) for place in places],
            "blocked_hosts": ["*.internal", "10.0.0.0/8"],
            "allowed_ports": [443],
            "protocols": ["https"],
            "max_requests_per_minute": 60,
        },
        "shell": {
            "allowed_commands": [
                "git status",
                "timeout 5 git *",
                *(f"tool{place} run{number} *" for place in range(size - 2)),
            ],
            "blocked_commands": ["sudo *", *(f"bad{place} *" for place in range(size - 1))],
            "max_execution_time": 60,
        },
    }
    return json.dumps({"agent": f"spec-{size}", "permissions": permissions})


def _path(place: int, number: int) -> str:
    return (
        f"./src{number}/part{place}/**",
        f"**/*.t{place}x{number}",
        f"**/kept{place}x{number}/**",
        f"./s{number}.{place}*/*",
        f"./src/n{number}/a{place}/*.{{ts,js}}",
    )[place % 5]


def _blocked_path(place: int, number: int) -> str:
    if place % 20 == ANYWHERE:
        return f"**/secret{place}x{number}*"
    return (
        f"**/.git{place or ''}/**",
        f"**/*.key{place}x{number}",
        f"./private{place}/n{number}/**",
        f"./x{number}.{place}*/secret*",
        f"**/hidden{place}x{number}",
    )[place % 5]


def _host(place: int, number: int) -> str:
    return (
        f"api{place}.n{number}.example.com",
        f"*.zone{place}x{number}.example.org",
        f"192.{place % 256}.7.0/24",
        f"h{place}x{number}.example.net",
        f"203.{place % 256}.{place // 256}.7",
    )[place % 5]
