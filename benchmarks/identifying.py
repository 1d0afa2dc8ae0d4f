"""Credentials and revocations beside the least that they could cost."""

from __future__ import annotations

import hmac
import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from benchmarks.measure import side_by_side
from wilkc.bundle import generate_key
from wilkc.identity import Identity, Revocations, Signer, TokenIssuer, create_identity
from wilkc.identity.revocation import create_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.measure import Row

BATCH = 10
LOOKS = 1000
LISTED = 1_000_000
ISSUER = "wilk.bench"


def identifying(rounds: int, *, small: bool = False) -> list[Row]:
    """Tokens, API keys, and looks into a long list; few in a round, for calm ones."""
    with tempfile.TemporaryDirectory(prefix="wilk-") as name:
        folder = Path(name) / "identity"
        create_identity(folder)
        identity = Identity(folder)
        try:
            return [
                *_token(identity, rounds),
                *_api_key(identity, rounds),
                *_list(Path(name), rounds, 10_000 if small else LISTED),
            ]
        finally:
            identity.close()


def _many(action: Callable[[], object], times: int = BATCH) -> Callable[[], None]:
    def repeat() -> None:
        for _ in range(times):
            action()

    return repeat


def _token(identity: Identity, rounds: int) -> list[Row]:
    key = generate_key()
    public: Any = load_pem_public_key(key.public().pem)
    entry = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
    (identity.folder / "keys.json").write_text(json.dumps({"keys": [{**entry, "kid": "own"}]}))
    issuer = {
        "issuer": ISSUER, "audience": "wilk", "algorithm": "ES256", "keys": "keys.json",
        "principals": ["*"], "scope": ["*:*"], "acts_for": [], "kind": "JWT",
        "leeway_seconds": 10, "lifetime_seconds": 3600,
    }  # fmt: skip
    path = identity.folder / "issuers.json"
    path.write_text(json.dumps({"issuers": [issuer]}))
    path.chmod(0o600)
    parts = (identity.database, identity.hash_key, identity.revocations, identity.clock)
    signer = Signer(ISSUER, "wilk", "own", key, access_seconds=3600)
    _, text = identity.api_keys.create("researcher", ["file:*"])
    token = TokenIssuer(signer, *parts).begin(identity.api_keys.authenticate(text)).access
    own = ec.generate_private_key(ec.SECP256R1())
    message, algorithm = token.encode(), ec.ECDSA(hashes.SHA256())
    signature, verifier = own.sign(message, algorithm), own.public_key()
    return side_by_side(
        (
            "10 verifications by ES256",
            _many(lambda: verifier.verify(signature, message, algorithm)),
        ),
        {"10 tokens by ES256 checked": _many(lambda: _shown(identity, token))},
        rounds,
    )


def _api_key(identity: Identity, rounds: int) -> list[Row]:
    _, text = identity.api_keys.create("researcher", ["file:*"])
    key, data = os.urandom(32), text.encode()
    asked = identity.database

    def least() -> None:
        hmac.digest(key, data, "sha256")
        asked.one("SELECT hash FROM api_keys WHERE id = ?", "none")

    return side_by_side(
        ("10 HMACs and questions to SQLite", _many(least)),
        {"10 API keys checked": _many(lambda: _shown(identity, text))},
        rounds,
    )


def _list(folder: Path, rounds: int, count: int) -> list[Row]:
    create_table(folder, slots=4 * count)
    revocations = Revocations(folder)
    revocations.revoke_many(("token", f"issuer {n:x}", 2**62) for n in range(count))
    # What is not in the list is the common case, and the longer way.
    rows = side_by_side(
        ("1,000 looks into a set", _many(lambda: "issuer none" in _NONE, LOOKS)),
        {
            "1,000 looks into a long list of revocations": _many(
                lambda: revocations.is_revoked("token", "issuer none", 1), LOOKS
            )
        },
        rounds,
    )
    return [*rows[:1], replace(rows[1], also=f"{count:,} entries")]


_NONE: frozenset[str] = frozenset({"a", "b"})


def _shown(identity: Identity, text: str) -> object:
    return identity.authenticate(text, channel="bench", source="here")


if __name__ == "__main__":
    from benchmarks.measure import table

    print(table(identifying(100)))
