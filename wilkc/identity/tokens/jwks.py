"""Public keys of issuers: reading a JSON Web Key Set. Layer: identity.

RFC 7517. The home of PyJWT, with `signature`. Only keys that fit the issuer's one algorithm are
taken; a set that holds a private or a shared key is refused as a whole, since whoever wrote it
has given that key away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.strict_json import decode_json
from wilkc.identity.tokens.compact import KEY_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.core.contract import Json
    from wilkc.identity.tokens.issuers import Algorithm

MAX_BYTES: Final = 2**20
MAX_KEYS: Final = 100
MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
_FITTING: Final[Mapping[str, tuple[str, str | None]]] = {
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
    "RS256": ("RSA", None),
}
_PRIVATE: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class NoKeysError(ValueError):
    """A set that is one, and holds no key for the algorithm."""


def parse_jwks(data: bytes, algorithm: Algorithm) -> dict[str, Any]:
    """The keys of a set that verify by an algorithm, by their ids.

    Raises:
        NoKeysError: it has none.
        ValueError: the set is malformed, holds a secret, or names a key twice.
    """
    if len(data) > MAX_BYTES:
        raise ValueError("the keys are too many")
    raw = decode_json(data)
    entries = raw.get("keys") if isinstance(raw, dict) else None
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise ValueError(f"it is no set of at most {MAX_KEYS} keys")
    found: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            raise ValueError("a key is no object")  # noqa: TRY004  # a fault of the text
        if _PRIVATE & set(entry):
            raise ValueError("a key in it is private or shared, and must be given up")
        if _fits(entry, algorithm):
            name = _name(entry)
            if name in found:
                raise ValueError(f"the key `{name}` stands twice")
            found[name] = _key(entry, algorithm)
    if not found:
        raise NoKeysError(f"it holds no key for {algorithm}")
    return found


def _fits(entry: Mapping[str, Json], algorithm: Algorithm) -> bool:
    """Whether a key is for signatures by this algorithm; others are for somebody else."""
    kind, curve = _FITTING[algorithm]
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("kty") == kind
        and (curve is None or entry.get("crv") == curve)
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", algorithm) == algorithm
        and isinstance(operations, list)
        and "verify" in operations
    )


def _name(entry: Mapping[str, Json]) -> str:
    name = entry.get("kid")
    if not isinstance(name, str) or not KEY_ID.fullmatch(name):
        raise ValueError("a key has no id that could be one")
    return name


def _key(entry: Mapping[str, Json], algorithm: Algorithm) -> Any:
    # Loaded here: only who verifies tokens needs it.
    from jwt import PyJWK  # noqa: PLC0415
    from jwt.exceptions import PyJWTError  # noqa: PLC0415

    try:
        key = PyJWK.from_dict(dict(entry), algorithm).key
    except (PyJWTError, ValueError, TypeError) as error:
        raise ValueError(f"the key `{entry['kid']}`: {error}") from error
    if algorithm == "RS256" and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise ValueError(f"the key `{entry['kid']}` has {key.key_size} bits")
    return key
