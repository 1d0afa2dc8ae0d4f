"""An identity that issues tokens of its own: its key, its name, and opening both. Layer: identity.

The private half stays in the identity's folder, mode 0600; the public half and the name are what
any other issuer has, so that what verifies tokens makes no difference between them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.bundle import generate_key, load_private_key, write_key_pair
from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import to_base64url
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.files import replace_file
from wilkc.core.strict_json import decode_json
from wilkc.identity.secret import read_own
from wilkc.identity.tokens.issuers import ISSUERS, Issuer, parse_issuers, read_issuers
from wilkc.identity.tokens.issuing import MAX_ACCESS_SECONDS, Signer, TokenIssuer

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.bundle import PublicKey
    from wilkc.identity.identity import Identity

OWN: Final = "own-issuer.json"
KEYS: Final = "token-keys.json"
KEY_ID: Final = "token-own"
_LEEWAY: Final = 5
_MOST_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Own:
    issuer: str
    audience: str


def create_issuer(folder: Path, issuer: str, audience: str) -> None:
    """Let an identity issue tokens, and believe them. Processes that run see it when restarted.

    Args:
        folder: of the identity.
        issuer: its name, as in `iss`.
        audience: who its tokens are for, as in `aud`.

    Raises:
        UsageError: it can already, or another issuer has the name.
        UnavailableError: it cannot be written, or the issuers cannot be read.
    """
    known = read_issuers(folder) if (folder / ISSUERS).exists() else {}
    if issuer in known or (folder / OWN).exists():
        raise UsageError(f"there is an issuer `{issuer}` already, or one of the identity's own")
    # Whoever shows a credential gets no more by a token than by it: the token says how much.
    own = Issuer(
        issuer, audience, "ES256", KEYS, ("*",), ("*:*",), ("*",), "JWT", _LEEWAY,
        MAX_ACCESS_SECONDS,
    )  # fmt: skip
    text = json.dumps({"issuers": [to_json(one) for one in (*known.values(), own)]}).encode()
    try:
        parse_issuers(text)
    except ValueError as error:
        raise UsageError(str(error)) from error
    key = generate_key()
    write_key_pair(folder, KEY_ID, key)
    keys = json.dumps({"keys": [_public(key.public())]}).encode()
    settings = json.dumps(to_json(_Own(issuer, audience))).encode()
    try:
        # The list last: until it names the issuer, no token of it is believed.
        for name, data in ((KEYS, keys), (OWN, settings), (ISSUERS, text)):
            replace_file(folder / name, data, mode=0o600, durable="name")
    except OSError as error:
        raise UnavailableError(f"cannot write to `{folder}`: {error.strerror}") from error


def open_issuer(identity: Identity) -> TokenIssuer:
    """What issues tokens of an identity.

    Raises:
        UsageError: it issues none.
        VerificationError: others may read its key, or it is none.
        UnavailableError: its settings are damaged, or open to others.
    """
    place = identity.folder / OWN
    if not place.exists():
        raise UsageError(
            f"`{identity.folder}` issues no tokens", help_text="see `wilkc identity issuer`"
        )
    try:
        own = from_json(_Own, decode_json(read_own(place, _MOST_BYTES)), "issuer")
    except ValueError as error:
        raise UnavailableError(f"`{place}`: {error}") from error
    key = load_private_key(identity.folder / f"{KEY_ID}.pem")
    parts = (identity.database, identity.hash_key, identity.revocations, identity.clock)
    return TokenIssuer(Signer(own.issuer, own.audience, KEY_ID, key), *parts)


def _public(key: PublicKey) -> dict[str, str]:
    """As a JSON Web Key (RFC 7517, RFC 7518 section 6.2.1)."""
    x, y = (to_base64url(one) for one in key.point)
    return {"kty": "EC", "crv": "P-256", "use": "sig", "kid": KEY_ID, "x": x, "y": y}
