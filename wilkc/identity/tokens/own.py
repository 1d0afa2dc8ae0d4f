"""An identity that issues tokens of its own: its key, its name, and opening both. Layer: identity.

The private half stays in the identity's folder, mode 0600; the public half and the name are what
any other issuer has, so that what verifies tokens makes no difference between them. What is killed
between two files leaves the old key or the new one, or an issuer that can be made again.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle import check_key_id, generate_key, load_private_key, write_key_pair
from wilkc.core.closed_json import from_json, to_json
from wilkc.core.encoding import to_base64url
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.core.files import replace_file
from wilkc.core.strict_json import decode_json
from wilkc.identity.secret import read_own
from wilkc.identity.tokens.issuers import ISSUERS, Issuer, parse_issuers, read_issuers
from wilkc.identity.tokens.issuing import MAX_ACCESS_SECONDS, Signer, TokenIssuer
from wilkc.identity.tokens.jwks import MAX_BYTES
from wilkc.identity.tokens.keyset import FILE_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

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
    key: str


def create_issuer(folder: Path, issuer: str, audience: str) -> None:
    """Let an identity issue tokens, and believe them; every process does within a second.

    Args:
        folder: of the identity.
        issuer: its name, as in `iss`.
        audience: who its tokens are for, as in `aud`.

    Raises:
        UsageError: it can already, or another issuer has the name.
        UnavailableError: it cannot be written, or the issuers cannot be read.
    """
    known = read_issuers(folder) if (folder / ISSUERS).exists() else {}
    # One that was cut off before the list named it is none yet.
    whole = (folder / OWN).exists() and _read_own(folder).issuer in known
    if issuer in known or whole:
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
    name, public = _new_key(folder)
    # The list last: until it names the issuer, no token of it is believed.
    _write(folder, KEYS, {"keys": [public]})
    _write(folder, OWN, to_json(_Own(issuer, audience, name)))
    _write_bytes(folder, ISSUERS, text)


def rotate_issuer(folder: Path, *, at_once: bool = False) -> str:
    """Sign from now on with a new key; no process needs a restart.

    Tokens of the key before are believed to their end, within the hour, and what issues tokens by
    it may go on until it is opened again. Its public half leaves with the next rotation.

    Args:
        folder: of the identity.
        at_once: whether the keys before are no longer believed, as after a theft: access tokens
            by them are refused within a second; refresh tokens give new ones.

    Returns:
        The new key's name.

    Raises:
        UsageError: the identity issues no tokens.
        UnavailableError: its files are damaged, or cannot be written.
    """
    own, held = _read_own(folder), _read_keys(folder)
    name, public = _new_key(folder)
    current = [one for one in held if one.get("kid") == own.key]
    _write(folder, KEYS, {"keys": [public] if at_once else [public, *current]})
    # Who verifies has read the key before a token names it.
    time.sleep(FILE_SECONDS)
    _write(folder, OWN, to_json(replace(own, key=name)))
    for path in folder.glob(f"{KEY_ID}*.pem"):
        if path.name not in {f"{name}.pem", f"{name}.pub.pem"}:
            path.unlink(missing_ok=True)
    return name


def open_issuer(identity: Identity) -> TokenIssuer:
    """What issues tokens of an identity.

    Raises:
        UsageError: it issues none.
        VerificationError: others may read its key, or it is none.
        UnavailableError: its settings are damaged, or open to others.
    """
    own = _read_own(identity.folder)
    key = load_private_key(identity.folder / f"{own.key}.pem")
    parts = (identity.database, identity.hash_key, identity.revocations, identity.clock)
    return TokenIssuer(Signer(own.issuer, own.audience, own.key, key), *parts)


def _read_own(folder: Path) -> _Own:
    place = folder / OWN
    if not place.exists():
        raise UsageError(f"`{folder}` issues no tokens", help_text="see `wilkc identity issuer`")
    try:
        found = decode_json(read_own(place, _MOST_BYTES))
        # One that was made before keys were rotated names none.
        named = {"key": KEY_ID, **found} if isinstance(found, dict) else found
        own = from_json(_Own, named, "issuer")
        check_key_id(own.key)
    except (ValueError, UsageError) as error:
        raise UnavailableError(f"`{place}`: {error}") from error
    return own


def _read_keys(folder: Path) -> list[dict[str, Any]]:
    try:
        found = decode_json(read_own(folder / KEYS, MAX_BYTES))
    except ValueError as error:
        raise UnavailableError(f"`{folder / KEYS}`: {error}") from error
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(one, dict) for one in keys):
        raise UnavailableError(f"`{folder / KEYS}` holds no keys")
    return keys


def _new_key(folder: Path) -> tuple[str, dict[str, str]]:
    """The name and the public half of a new key, whose private half lies in the folder."""
    name, key = f"{KEY_ID}-{secrets.token_hex(4)}", generate_key()
    write_key_pair(folder, name, key)
    x, y = (to_base64url(one) for one in key.public().point)
    # RFC 7517, RFC 7518 section 6.2.1.
    return name, {"kty": "EC", "crv": "P-256", "use": "sig", "kid": name, "x": x, "y": y}


def _write(folder: Path, name: str, document: Any) -> None:
    _write_bytes(folder, name, json.dumps(document).encode())


def _write_bytes(folder: Path, name: str, data: bytes) -> None:
    try:
        replace_file(folder / name, data, mode=0o600, durable="name")
    except OSError as error:
        raise UnavailableError(f"cannot write to `{folder}`: {error.strerror}") from error
