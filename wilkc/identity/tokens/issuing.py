"""Tokens of our own: short access tokens, and refresh tokens that are used once. Layer: identity.

`wr_FAMILY_SECRET`: each use spends a refresh token and gives the next. One that is used again
was stolen, or its successor was; nobody can tell which, so the whole family ends, with every
access token that was got with it (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle.jws import compact, signing_input
from wilkc.core.errors import UsageError
from wilkc.identity.failures import EXPIRED, MALFORMED, REUSED, UNKNOWN, AuthenticationError
from wilkc.identity.principal import Principal, as_column, origin_text, origins_of
from wilkc.identity.resting import require_lasting
from wilkc.identity.secret import keyed_hash, new_secret
from wilkc.identity.tokens.verifying import (
    ACTS_FOR_CLAIM,
    FAMILY_CLAIM,
    RESTS_CLAIM,
    SCOPE_CLAIM,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from sqlite3 import Connection

    from wilkc.bundle import PrivateKey
    from wilkc.core.contract import Json
    from wilkc.identity.clock import Clock
    from wilkc.identity.database import Database
    from wilkc.identity.revocation import Kind, Revocations

ACCESS_SECONDS: Final = 300
MAX_ACCESS_SECONDS: Final = 3600
FAMILY_SECONDS: Final = 7 * 86_400
_TEXT: Final = re.compile(r"wr_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who issues tokens.

    Attributes:
        issuer: our name, as in `iss`.
        audience: who our tokens are for, as in `aud`.
        key_id: the key's name in our set of public keys.
        key: the private half.
        access_seconds: how long an access token lives.
        family_seconds: how long refresh tokens follow one another.
    """

    issuer: str
    audience: str
    key_id: str
    key: PrivateKey = field(repr=False)
    access_seconds: int = ACCESS_SECONDS
    family_seconds: int = FAMILY_SECONDS


@dataclass(frozen=True, slots=True)
class Issued:
    """What was issued; both are secrets that nothing can show again.

    Attributes:
        access: an access token.
        refresh: the refresh token that gives the next pair, once.
        seconds: how long the access token lives.
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int

    @property
    def family(self) -> str:
        """The public name of what follows from them, by which it is revoked."""
        return self.refresh.split("_")[1]


class TokenIssuer:
    """Issues tokens.

    Args:
        signer: who.
        database: keeps the families.
        hash_key: of their hashes.
        revocations: where a family that ended is entered.
        clock: the time.
    """

    def __init__(  # who, and what an identity consists of
        self, signer: Signer, database: Database, hash_key: bytes, revocations: Revocations,
        clock: Clock,
    ) -> None:  # fmt: skip
        if not 0 < signer.access_seconds <= MAX_ACCESS_SECONDS:
            raise UsageError(f"an access token lives 1 to {MAX_ACCESS_SECONDS} seconds")
        self._signer = signer
        self._database = database
        self._hash_key = hash_key
        self._revocations = revocations
        self._clock = clock

    def begin(
        self, principal: Principal, *, before: Callable[[str], object] = lambda _: None
    ) -> Issued:
        """A first pair for somebody who has just shown an API key or a token.

        It never outlives that credential, and ends with it.

        Args:
            principal: who.
            before: told the family's name before it is in force, to put it on record: what this
                raises undoes it, and no token is given. It must not use the identity.

        Raises:
            UsageError: a session was shown, or what it may be used for could not be read back.
            UnavailableError: it cannot be kept.
        """
        now, family, origin = self._clock.now(), secrets.token_hex(8), origin_text(principal)
        refresh = f"wr_{family}_{new_secret()}"
        expires = min(now + self._signer.family_seconds, principal.expires)
        values = (
            family, principal.id, origin, as_column(principal.scope),
            as_column(principal.acts_for), now, expires, self._hash(refresh),
        )  # fmt: skip
        access = self._access(principal, family, origin, now, expires)
        with self._database.change() as change:
            over = "SELECT id FROM families WHERE expires <= ?"
            change.execute(f"DELETE FROM spent WHERE family IN ({over})", (now,))  # noqa: S608
            change.execute("DELETE FROM families WHERE expires <= ?", (now,))
            change.execute("INSERT INTO families VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            before(family)
        return Issued(access, refresh, min(self._signer.access_seconds, expires - now))

    def refresh(self, text: str, *, before: Callable[[str], object] = lambda _: None) -> Issued:
        """The next pair, for a refresh token that was not used yet.

        Args:
            text: the refresh token.
            before: told the family's name before the token is spent, to put it on record: what
                this raises leaves the token as it was. It must not use the identity.

        Raises:
            AuthenticationError: it is none, is over, or was used: then its family ends.
            UnavailableError: the next one cannot be kept; this one is as it was.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise AuthenticationError(MALFORMED, "this is no refresh token")
        family, hashed, now = parts[1], self._hash(text), self._clock.now()
        following = f"wr_{family}_{new_secret()}"
        with self._database.change() as change:
            row = change.execute(
                "SELECT principal, origin, scope, acts_for, expires, current FROM families"
                " WHERE id = ?",
                (family,),
            ).fetchone()
            fits = row is not None and hmac.compare_digest(hashed, row[5])
            if not fits:
                spent = change.execute("SELECT 1 FROM spent WHERE hash = ?", (hashed,)).fetchone()
                refused = spent is not None
            else:
                principal, origin, scope, acts_for, expires, _ = row
                if now >= expires:
                    raise AuthenticationError(EXPIRED, "it has ended", credential=family)
                rests_on: tuple[tuple[Kind, str], ...] = (
                    ("family", family), ("principal", principal), *origins_of(origin),
                )  # fmt: skip
                require_lasting(rests_on, now, self._revocations, _asking(change))
                change.execute("INSERT INTO spent VALUES (?, ?)", (hashed, family))
                change.execute(
                    "UPDATE families SET current = ? WHERE id = ?", (self._hash(following), family)
                )
                before(family)
        if not fits:
            raise self._refusal(family, reused=refused)
        asking = Principal(
            principal, "token", family, tuple(scope.split()), tuple(acts_for.split()), expires
        )
        access = self._access(asking, family, origin, now, expires)
        return Issued(access, following, min(self._signer.access_seconds, expires - now))

    def end(self, text: str) -> str:
        """End the family of a refresh token, used or not, for whoever holds it.

        Returns:
            The family's name.

        Raises:
            AuthenticationError: it is no refresh token of ours.
            UnavailableError: it cannot be looked up, or not be revoked.
        """
        parts = _TEXT.fullmatch(text)
        if parts is None:
            raise AuthenticationError(MALFORMED, "this is no refresh token")
        family, hashed = parts[1], self._hash(text)
        held = self._database.one("SELECT current FROM families WHERE id = ?", family)
        spent = self._database.one(
            "SELECT 1 FROM spent WHERE hash = ? AND family = ?", hashed, family
        )
        fits = held is not None and hmac.compare_digest(hashed, held[0])
        if not fits and spent is None:
            raise AuthenticationError(UNKNOWN, "no such refresh token", credential=family)
        self._revocations.revoke("family", family)
        return family

    def _refusal(self, family: str, *, reused: bool) -> AuthenticationError:
        """Why a refresh token is refused; one that was used ends its family first."""
        if not reused:
            return AuthenticationError(UNKNOWN, "no such refresh token", credential=family)
        self._revocations.revoke("family", family)
        return AuthenticationError(
            REUSED, f"a refresh token was used again, so its family `{family}` ends",
            credential=family,
        )  # fmt: skip

    def _access(
        self, principal: Principal, family: str, origin: str, now: int, expires: int
    ) -> str:
        signer = self._signer
        claims: dict[str, Json] = {
            "iss": signer.issuer,
            "aud": signer.audience,
            "sub": principal.id,
            "iat": now,
            "nbf": now,
            "exp": min(now + signer.access_seconds, expires),
            "jti": secrets.token_urlsafe(16),
            FAMILY_CLAIM: family,
            SCOPE_CLAIM: list(principal.scope),
            ACTS_FOR_CLAIM: list(principal.acts_for),
            RESTS_CLAIM: [list(one) for one in origins_of(origin)],
        }
        signed = signing_input(claims, key_id=signer.key_id)
        return compact(signed, signer.key.sign(signed))

    def _hash(self, text: str) -> bytes:
        return keyed_hash(self._hash_key, "refresh", text)


def _asking(change: Connection) -> Callable[..., tuple[Any, ...] | None]:
    """The first row of a question inside a change."""
    return lambda statement, *values: change.execute(statement, values).fetchone()
