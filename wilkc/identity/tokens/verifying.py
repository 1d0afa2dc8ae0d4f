"""From the text of a token to the principal, or a refusal. Layer: identity.

RFC 7519 section 7.2 and RFC 8725. Signatures are verified by PyJWT, over what was taken apart
strictly before.

1. The token is one, of three parts, with nothing in its header that leads elsewhere.
2. Its issuer is known; what is known of the issuer, not the token, says the algorithm.
3. Its key is one of that issuer's, and the signature verifies.
4. It is for us, of the right kind, and in its time.
5. The issuer may vouch for whom it names.
6. Nothing it rests on is revoked.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UsageError
from wilkc.core.names import NAME
from wilkc.identity.failures import (
    EXPIRED,
    MALFORMED,
    MISDIRECTED,
    NOT_YET,
    UNKNOWN,
    AuthenticationError,
)
from wilkc.identity.principal import Principal, require_forms, vouched
from wilkc.identity.tokens.compact import parse_compact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wilkc.core.contract import Json
    from wilkc.identity.clock import Clock
    from wilkc.identity.revocation import Kind, Revocations
    from wilkc.identity.tokens.compact import Compact
    from wilkc.identity.tokens.issuers import Issuer
    from wilkc.identity.tokens.keyset import KeySet

MAX_ID: Final = 256
SCOPE_CLAIM: Final = "wilk_scope"
ACTS_FOR_CLAIM: Final = "wilk_acts_for"
FAMILY_CLAIM: Final = "wilk_family"
RESTS_CLAIM: Final = "wilk_rests_on"
"""All that the token was got with, each as the list of revocations names it: it ends with each."""
_REMEMBERED: Final = 256
"""Answers that need not be worked out again: few issuers give many different scopes."""
_KINDS: Final[tuple[Kind, ...]] = ("key", "token", "family")


def token_name(issuer: str, token_id: str) -> str:
    """The public name of a token, by which it is revoked."""
    return f"{issuer} {token_id}"


class Tokens:
    """Verifies tokens.

    Args:
        issuers: whose tokens are believed, by name.
        keysets: their keys, by the same names.
        revocations: what is revoked.
        clock: the time.
    """

    def __init__(
        self,
        issuers: Mapping[str, Issuer],
        keysets: Mapping[str, KeySet],
        revocations: Revocations,
        clock: Clock,
    ) -> None:
        self._issuers = issuers
        self._keysets = keysets
        self._revocations = revocations
        self._clock = clock

    def authenticate(self, text: str) -> Principal:
        """Who a token speaks of.

        Raises:
            AuthenticationError: it is not accepted.
            UnavailableError: it cannot be judged now.
        """
        # 1
        token = parse_compact(text)
        # 2
        name = token.claims.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise AuthenticationError(UNKNOWN, "the token is of no known issuer")
        if token.algorithm != issuer.algorithm:
            raise AuthenticationError(MALFORMED, f"not by {issuer.algorithm}, as its issuer signs")
        # 3
        key = self._keysets[issuer.issuer].key(token.key_id)
        if not _algorithm(issuer.algorithm).verify(token.signed, key, token.signature):
            raise AuthenticationError(UNKNOWN, "the token's signature does not fit")
        # 4
        now = self._clock.now()
        expires = _require_ours(token, issuer, now)
        # 5
        principal = _vouched(token, issuer, expires)
        # 6
        self._revocations.require_none(now, ("agent", principal.id), *principal.rests_on)
        return principal


@cache
def _algorithm(name: str) -> Any:
    from jwt.algorithms import get_default_algorithms  # noqa: PLC0415  # see `jwks`

    return get_default_algorithms()[name]


def _require_ours(token: Compact, issuer: Issuer, now: int) -> int:
    """Require audience, kind and time; when it ends."""
    claims = token.claims
    audience = claims.get("aud")
    if audience != issuer.audience and not (
        isinstance(audience, list) and issuer.audience in audience
    ):
        raise AuthenticationError(MISDIRECTED, "the token is for somebody else")
    if token.kind != issuer.kind.lower():
        raise AuthenticationError(MISDIRECTED, f"the token is no `{issuer.kind}`")
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    begins = _time(claims, "nbf") if "nbf" in claims else issued
    if now >= expires + issuer.leeway_seconds:
        raise AuthenticationError(EXPIRED, "the token has ended")
    if now < max(begins, issued) - issuer.leeway_seconds:
        raise AuthenticationError(NOT_YET, "the token is not valid yet")
    if expires - issued > issuer.lifetime_seconds:
        raise AuthenticationError(MALFORMED, "the token lives longer than its issuer's may")
    return expires


def _time(claims: Mapping[str, Json], name: str) -> int:
    value = claims.get(name)
    # A bool is an int to Python but not to JSON; JSON's numbers may have a fraction.
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**53:
        return int(value)
    raise AuthenticationError(MALFORMED, f"the token's `{name}` is no time")


def _vouched(token: Compact, issuer: Issuer, expires: int) -> Principal:
    claims = token.claims
    subject, token_id = claims.get("sub"), claims.get("jti")
    if not isinstance(subject, str) or not NAME.fullmatch(subject):
        raise AuthenticationError(MALFORMED, "the token names nobody who could ask")
    if not isinstance(token_id, str) or not 0 < len(token_id) <= MAX_ID:
        raise AuthenticationError(MALFORMED, "the token has no id, so it could not be revoked")
    if not vouched(subject, issuer.principals):
        raise AuthenticationError(
            MISDIRECTED, f"`{issuer.issuer}` may not vouch for `{subject}`", credential=token_id
        )
    scope, acts_for = _narrowed(claims, issuer)
    name = token_name(issuer.issuer, token_id)
    rests_on = _rests_on(claims, name)
    return Principal(subject, "token", name, scope, acts_for, expires, rests_on)


def _narrowed(claims: Mapping[str, Json], issuer: Issuer) -> tuple[tuple[str, ...], ...]:
    """What the token may be used for, and for whom: what its issuer's may at most, or less."""
    scope = _texts(claims, SCOPE_CLAIM, issuer.scope)
    acts_for = _texts(claims, ACTS_FOR_CLAIM, issuer.acts_for)
    return _within(scope, acts_for, issuer.scope, issuer.acts_for)


@lru_cache(maxsize=_REMEMBERED)
def _within(
    scope: tuple[str, ...],
    acts_for: tuple[str, ...],
    most_scope: tuple[str, ...],
    most_acts_for: tuple[str, ...],
) -> tuple[tuple[str, ...], ...]:
    """Those entries that an issuer's may have."""
    try:
        require_forms(scope, acts_for)
    except UsageError as error:
        raise AuthenticationError(MALFORMED, error.message) from error
    most = Principal("", "token", "", most_scope, (), 0)
    return (
        tuple(one for one in scope if most.may_ask(*_halves(one))),
        tuple(one for one in acts_for if _covered(one, most_acts_for)),
    )


def _covered(pattern: str, by: Sequence[str]) -> bool:
    """Whether every name of a pattern is one of others."""
    if not pattern.endswith("*"):
        return vouched(pattern, by)
    return any(one.endswith("*") and pattern[:-1].startswith(one[:-1]) for one in by)


def _texts(claims: Mapping[str, Json], name: str, without: tuple[str, ...]) -> tuple[str, ...]:
    if name not in claims:
        return without
    found = claims[name]
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise AuthenticationError(MALFORMED, f"the token's `{name}` is no list of texts")
    return tuple(found)


def _halves(entry: str) -> tuple[str, str]:
    kind, _, action = entry.partition(":")
    return kind, action


def _rests_on(claims: Mapping[str, Json], credential: str) -> tuple[tuple[Kind, str], ...]:
    """The token itself, its family, and all that it was got with."""
    found: list[tuple[Kind, str]] = [("token", credential)]
    family, given = claims.get(FAMILY_CLAIM), claims.get(RESTS_CLAIM, [])
    if isinstance(family, str):
        found.append(("family", family))
    return (*found, *map(_named, given if isinstance(given, list) else [given]))


def _named(given: Json) -> tuple[Kind, str]:
    if isinstance(given, list) and len(given) == len(("kind", "name")):
        kind, name = given
        known = next((one for one in _KINDS if one == kind), None)
        if known is not None and isinstance(name, str):
            return known, name
    raise AuthenticationError(MALFORMED, "what the token rests on cannot be read")
