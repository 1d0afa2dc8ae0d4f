"""Specs in compiled form, one by one and together. Layer: emit.

A piece rests on its spec alone, so it can be kept and used again as long as the spec means
the same; what holds for all specs is added where the pieces are put together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

from wilkc.core.canonical import CanonicalBytes, canonical_json, canonical_object, sha256_hex
from wilkc.core.details import MESSAGES, UNREADABLE
from wilkc.emit.conditional import asks_for_roles, spec_data
from wilkc.emit.data import PROFILE_KEY_LENGTH, profile_data
from wilkc.emit.shell import shell_tables
from wilkc.emit.tables import text_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wilkc.core.contract import Json
    from wilkc.plan.model import SpecPlan


@dataclass(frozen=True, slots=True)
class Piece:
    """One spec in compiled form.

    Attributes:
        spec: what names its profile, or its profiles and when each holds.
        positions: where its entries stand.
        sandbox: how its commands are confined.
        profiles: everything that decisions by it rest on, by key; none where that is in `modules`.
        modules: the profiles as Rego: name in the bundle to text.
    """

    spec: CanonicalBytes
    positions: CanonicalBytes
    sandbox: CanonicalBytes
    profiles: Mapping[str, CanonicalBytes] = field(default_factory=dict)
    modules: Mapping[str, bytes] = field(default_factory=dict)


def data_piece(spec: SpecPlan) -> Piece:
    """A spec whose profiles are data; each is encoded once, for its name and itself."""
    profiles: dict[str, CanonicalBytes] = {}

    def profile(one: SpecPlan) -> str:
        encoded = canonical_json(profile_data(one))
        key = sha256_hex(encoded)[:PROFILE_KEY_LENGTH]
        profiles[key] = encoded
        return key

    named = canonical_json(spec_data(spec, profile))
    return Piece(named, *place_members(spec), profiles)


def place_members(spec: SpecPlan) -> tuple[CanonicalBytes, CanonicalBytes]:
    """The members of a piece that all forms share: its positions and its sandbox."""
    return _places(spec), canonical_json(spec.sandbox.as_json())


def _places(spec: SpecPlan) -> CanonicalBytes:
    """`place_data` encoded, in half the time: most places are in one file, encoded once."""
    files: dict[str, CanonicalBytes] = {}
    places: dict[str, bytes] = {}
    for name, path, line, column, _ in spec.positions.values():
        file = files.get(path) or files.setdefault(path, canonical_json(path))
        places[name] = b"[%b,%d,%d]" % (file, line, column)
    return canonical_object(cast("dict[str, CanonicalBytes]", places))


def profiles_data(pieces: Iterable[Piece]) -> CanonicalBytes:
    """The profiles that are data, as an object from key to profile."""
    return canonical_object({k: one for piece in pieces for k, one in piece.profiles.items()})


def common_data(
    pieces: Mapping[str, Piece],
    agents: Mapping[str, tuple[str, ...]],
    levels: Mapping[str, str],
    roles: Mapping[str, tuple[str, ...]],
) -> dict[str, CanonicalBytes]:
    """Everything under `data.wilk` but the revision and profiles: key to canonical bytes.

    Args:
        pieces: spec name to its compiled form, all in the same form.
        agents: agent id to the names of its specs, sorted.
        levels: resource type to the level that the core/runtime model gives it.
        roles: agent id to its roles; compiled only where a condition asks for them.
    """
    common: dict[str, Json] = {
        "agents": {agent: _names(names) for agent, names in agents.items() if names},
        "levels": dict(levels),
    }
    if any(asks_for_roles(piece.spec) for piece in pieces.values()):
        common["roles"] = {agent: list(held) for agent, held in roles.items()}
    members = {name: canonical_json(value) for name, value in common.items()} | _fixed()
    members["specs"] = canonical_object({n: piece.spec for n, piece in pieces.items()})
    members["positions"] = canonical_object({n: piece.positions for n, piece in pieces.items()})
    return members


@cache
def _fixed() -> dict[str, CanonicalBytes]:
    """What is the compiler's and the same for all policies, encoded once for two versions."""
    fixed: dict[str, Json] = {
        "messages": MESSAGES,
        "unreadable": UNREADABLE,
        "tables": {**text_tables(), "shell": shell_tables()},
    }
    return {name: canonical_json(value) for name, value in fixed.items()}


def sandbox_lines(pieces: Mapping[str, Piece]) -> bytes:
    """One line of canonical JSON for each spec: its name, and how its commands are confined."""
    lines = (
        canonical_object({"sandbox": piece.sandbox, "spec": canonical_json(name)}) + b"\n"
        for name, piece in sorted(pieces.items())
    )
    return b"".join(lines)


def _names(names: tuple[str, ...]) -> Json:
    """One spec as a text, which the store serves without converting; several as a list."""
    return names[0] if len(names) == 1 else list(names)
