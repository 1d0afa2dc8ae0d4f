"""Bundles and keys to try things on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from wilkc.bundle import PrivateKey, generate_key, sign_bundle, verify_bundle, write_bundle
from wilkc.bundle.archive import pack, unpack
from wilkc.bundle.jws import compact, signing_input
from wilkc.core.canonical import canonical_json, sha256_hex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle import VerifiedBundle

FILES = {
    "wilk/data.json": canonical_json({"revision": "r1", "agents": {"a": 1}}),
    "wilk/decision.rego": b"package wilk\n\ndefault decision := {}\n",
}
MANIFEST = {"revision": "r1", "roots": ["wilk"], "rego_version": 1}


@dataclass(frozen=True)
class Workshop:
    """A key, a bundle signed with it, and ways to spoil the bundle."""

    key: PrivateKey = field(default_factory=generate_key)
    unsigned: bytes = field(default_factory=lambda: write_bundle(FILES, MANIFEST))

    @property
    def signed(self) -> bytes:
        return sign_bundle(self.unsigned, self.key, key_id="k", scope="prod")

    def verify(self, data: bytes, scope: str = "prod") -> VerifiedBundle:
        return verify_bundle(data, {"k": self.key.public()}, scope=scope)

    def changed(self, data: bytes, **members: bytes | None) -> bytes:
        """The bundle with members replaced, added, or removed where None."""
        found: dict[str, bytes | None] = {**unpack(data), **members}
        return pack({name: content for name, content in found.items() if content is not None})

    def signed_as(
        self,
        *,
        payload: Mapping[str, Any] | None = None,
        header: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bundle with a signature that is valid, over whatever payload and header."""
        members = unpack(self.unsigned)
        body = dict(self.payload(members) if payload is None else payload)
        signed = signing_input(body, key_id="k")
        if header is not None:
            encoded = signing_input({}, key_id="k").split(b".")
            encoded[0] = _encoded(header)
            encoded[1] = signed.split(b".")[1]
            signed = b".".join(encoded)
        token = compact(signed, self.key.sign(signed))
        return self.with_tokens([token])

    def with_tokens(self, tokens: list[Any]) -> bytes:
        document = canonical_json({"signatures": tokens})
        return self.changed(self.unsigned, **{".signatures.json": document})

    def payload(self, members: Mapping[str, bytes]) -> dict[str, Any]:
        entries = [
            {"name": name, "hash": sha256_hex(content), "algorithm": "SHA-256"}
            for name, content in members.items()
        ]
        return {"files": entries, "scope": "prod"}


def _encoded(value: Mapping[str, Any]) -> bytes:
    return signing_input(value, key_id="k").split(b".")[1]


@pytest.fixture
def workshop() -> Workshop:
    """See `Workshop`."""
    return Workshop()
