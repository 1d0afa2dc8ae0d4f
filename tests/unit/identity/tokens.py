"""Issuers, their keys, and tokens by hand."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from wilkc.core.encoding import to_base64url

if TYPE_CHECKING:
    from pathlib import Path

ISSUER = "https://issuer.example"
KEYS: dict[str, Any] = {
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "RS256": rsa.generate_private_key(65537, 2048),
}


def public_jwk(key: Any, name: str, algorithm: str) -> dict[str, Any]:
    kinds: dict[str, Any] = {
        "ES256": jwt.algorithms.ECAlgorithm,
        "EdDSA": jwt.algorithms.OKPAlgorithm,
        "RS256": jwt.algorithms.RSAAlgorithm,
    }
    made: dict[str, Any] = kinds[algorithm].to_jwk(key.public_key(), as_dict=True)
    made.pop("key_ops", None)
    return {**made, "kid": name, "use": "sig"}


def issuer(**other: Any) -> dict[str, Any]:
    return {
        "issuer": ISSUER, "audience": "wilk", "algorithm": "ES256", "keys": "keys.json",
        "principals": ["researcher", "ci-*"], "scope": ["file:*", "shell:execute"],
        "acts_for": ["worker-*"], "kind": "JWT", "leeway_seconds": 10, "lifetime_seconds": 3600,
        **other,
    }  # fmt: skip


def write_issuers(folder: Path, *issuers: dict[str, Any]) -> None:
    path = folder / "issuers.json"
    path.write_text(json.dumps({"issuers": issuers}))
    path.chmod(0o600)


def write_keys(folder: Path, *keys: dict[str, Any], name: str = "keys.json") -> None:
    (folder / name).write_text(json.dumps({"keys": keys}))


def signed(header: dict[str, Any] | str, claims: Any, key: Any) -> str:
    """A token by hand, so that it may be whatever nobody would make."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in (header, claims)]
    front = ".".join(to_base64url(text.encode()) for text in texts)
    if isinstance(key, bytes):
        made = hmac.digest(key, front.encode(), hashlib.sha256)
    elif key is None:
        return f"{front}."
    else:
        name = {ec.EllipticCurvePrivateKey: "ES256", rsa.RSAPrivateKey: "RS256"}
        algorithm = next((value for kind, value in name.items() if isinstance(key, kind)), "EdDSA")
        made = jwt.algorithms.get_default_algorithms()[algorithm].sign(front.encode(), key)
    return f"{front}.{to_base64url(made)}"
