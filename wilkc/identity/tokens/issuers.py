"""Whose tokens are believed, and for what. Layer: identity.

Each issuer is pinned to one algorithm and one set of keys, and may vouch only for the
principals that are named here: an issuer that could name any agent would be them all.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, get_args

from wilkc.core.closed_json import from_json
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.strict_json import decode_json
from wilkc.identity.principal import check_patterns, check_scope
from wilkc.identity.secret import require_own

if TYPE_CHECKING:
    from pathlib import Path

Algorithm = Literal["ES256", "EdDSA", "RS256"]
ALGORITHMS: Final = get_args(Algorithm)
ISSUERS: Final = "issuers.json"
MAX_LEEWAY: Final = 120
"""Seconds by which clocks may differ, at most."""
MAX_LIFETIME: Final = 86_400
"""Seconds that a token may live, at most."""
MAX_BYTES: Final = 2**20


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens are believed.

    Attributes:
        issuer: its name, as in `iss`.
        audience: who the tokens must be for, as in `aud`.
        algorithm: the only one.
        keys: a file of its public keys (RFC 7517), or their https address.
        principals: who it may vouch for: names, or beginnings that end in `*`.
        scope: what its tokens may be used for at most, see `Principal`.
        acts_for: agents that its tokens may ask for at most, see `Principal`.
        kind: `typ` of its tokens: `JWT` or `at+jwt`.
        leeway_seconds: by how much its clock may differ from ours.
        lifetime_seconds: how long a token of it may live.
    """

    issuer: str
    audience: str
    algorithm: Algorithm
    keys: str
    principals: tuple[str, ...]
    scope: tuple[str, ...]
    acts_for: tuple[str, ...]
    kind: Literal["JWT", "at+jwt"]
    leeway_seconds: int
    lifetime_seconds: int


@dataclass(frozen=True, slots=True)
class _File:
    issuers: tuple[Issuer, ...]


def read_issuers(folder: Path) -> dict[str, Issuer]:
    """The issuers of an identity, by their names.

    Raises:
        UnavailableError: the file is missing, open to others, or makes no sense.
    """
    path = folder / ISSUERS
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            require_own(path, os.fstat(fd))
            data = file.read(MAX_BYTES + 1)
        return parse_issuers(data)
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
    except (ValueError, UsageError) as error:
        raise UnavailableError(f"`{path}`: {error}") from error


def parse_issuers(data: bytes) -> dict[str, Issuer]:
    """The issuers that a text names.

    Raises:
        ValueError: the text is malformed, or an issuer makes no sense or stands twice.
        UsageError: a scope or a name in it is malformed.
    """
    if len(data) > MAX_BYTES:
        raise ValueError("it is too large")
    found = from_json(_File, decode_json(data), "issuers").issuers
    for one in found:
        _check(one)
    named = {one.issuer: one for one in found}
    if len(named) != len(found):
        raise ValueError("an issuer stands twice")
    return named


def _check(one: Issuer) -> None:
    if not one.issuer or not one.audience:
        raise ValueError("an issuer needs a name and an audience")
    if "://" in one.keys and not one.keys.startswith("https://"):
        raise ValueError(f"the keys of `{one.issuer}` have an address that is not https")
    if not 0 <= one.leeway_seconds <= MAX_LEEWAY:
        raise ValueError(f"a leeway is 0 to {MAX_LEEWAY} seconds")
    if not 0 < one.lifetime_seconds <= MAX_LIFETIME:
        raise ValueError(f"a token lives 1 to {MAX_LIFETIME} seconds")
    if not one.principals:
        raise ValueError(f"`{one.issuer}` may vouch for nobody")
    check_patterns(one.principals)
    check_patterns(one.acts_for)
    check_scope(one.scope)
