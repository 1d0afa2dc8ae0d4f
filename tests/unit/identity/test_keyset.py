"""Keys of issuers as they change: new ones at once, old ones gone, and no server flooded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.identity.tokens import KEYS, issuer, public_jwk
from wilkc.core.errors import UnavailableError
from wilkc.identity import AuthenticationError, Issuer
from wilkc.identity.tokens.issuers import parse_issuers
from wilkc.identity.tokens.keyset import (
    FILE_STALE_SECONDS,
    FRESH_SECONDS,
    RETRY_SECONDS,
    STALE_SECONDS,
    FileReader,
    KeySet,
    open_keyset,
)

if TYPE_CHECKING:
    from pathlib import Path

PINNED: Issuer = next(iter(parse_issuers(json.dumps({"issuers": [issuer()]}).encode()).values()))


def _set(*names: str) -> bytes:
    return json.dumps(
        {"keys": [public_jwk(KEYS["ES256"], name, "ES256") for name in names]}
    ).encode()


@dataclass
class Host:
    """Where keys come from; down if it has none."""

    data: bytes | None = None
    asked: int = 0
    now: float = 0.0
    given: list[bytes] = field(default_factory=list)

    def read(self) -> bytes | None:
        self.asked += 1
        if self.data is None:
            raise UnavailableError("down")
        if self.given[-1:] == [self.data]:
            return None
        self.given.append(self.data)
        return self.data

    def keyset(self) -> KeySet:
        return KeySet(PINNED, self, monotonic=lambda: self.now)


def _unknown(keys: KeySet, name: str) -> None:
    with pytest.raises(AuthenticationError, match="has no key"):
        keys.key(name)


def test_keys_are_kept_and_read_again_in_time() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    for _ in range(100):
        keys.key("one")
    assert host.asked == 1
    host.now += FRESH_SECONDS
    keys.key("one")
    assert host.asked == 2


def test_a_new_key_is_known_at_once_and_an_old_one_goes() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    keys.key("one")
    host.now += RETRY_SECONDS
    host.data = _set("one", "two")
    keys.key("two")
    host.data = _set("two")
    host.now += FRESH_SECONDS
    _unknown(keys, "one")
    keys.key("two")


def test_made_up_keys_ask_no_server_each_time() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    for n in range(1000):
        _unknown(keys, f"made-up-{n}")
        host.now += 0.001
    assert host.asked == 1
    host.now += RETRY_SECONDS
    _unknown(keys, "made-up")
    assert host.asked == 2


def test_a_host_that_is_down_is_bridged_for_a_while_only() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    keys.key("one")
    host.data = None
    host.now += STALE_SECONDS - 1
    keys.key("one")
    host.now += 1
    with pytest.raises(UnavailableError, match="cannot be had"):
        keys.key("one")
    host.now += RETRY_SECONDS
    host.data = _set("one")
    keys.key("one")


def test_without_any_keys_nobody_is_let_in() -> None:
    keys = Host().keyset()
    with pytest.raises(UnavailableError):
        keys.key("one")


def test_a_broken_set_that_stays_is_not_a_fresh_one() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    keys.key("one")
    host.data = b"{"
    for _ in range(int(STALE_SECONDS / FRESH_SECONDS)):
        host.now += FRESH_SECONDS
        if host.now < STALE_SECONDS:
            keys.key("one")
    with pytest.raises(UnavailableError):
        keys.key("one")


def test_a_file_is_read_when_it_was_replaced(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(_set("one"))
    now = 0.0
    keys = KeySet(PINNED, FileReader(path), fresh_seconds=0.5, monotonic=lambda: now)
    keys.key("one")
    other: Any = ec.generate_private_key(ec.SECP256R1())
    path.write_text(json.dumps({"keys": [public_jwk(other, "two", "ES256")]}))
    now += 0.5
    keys.key("two")
    _unknown(keys, "one")


def test_a_set_whose_last_key_was_taken_out_lets_nobody_in() -> None:
    host = Host(_set("one"))
    keys = host.keyset()
    keys.key("one")
    host.data = _set()
    host.now += FRESH_SECONDS
    for _ in range(3):
        with pytest.raises(UnavailableError, match="cannot be had"):
            keys.key("one")
        host.now += RETRY_SECONDS
    host.data = _set("two")
    host.now += RETRY_SECONDS
    keys.key("two")
    _unknown(keys, "one")


@pytest.mark.parametrize("spoil", ["gone", "open", "malformed"])
def test_a_file_that_cannot_be_believed_is_believed_for_seconds_only(
    tmp_path: Path, spoil: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(_set("one"))
    keys = open_keyset(replace(PINNED, keys=str(path)), tmp_path, _nowhere)
    now = [0.0]
    keys._monotonic = lambda: now[0]
    keys.key("one")
    if spoil == "gone":
        path.unlink()
    elif spoil == "open":
        path.write_bytes(_set("one", "two"))
        path.chmod(0o666)
    else:
        path.write_bytes(b"{")
    now[0] += FILE_STALE_SECONDS - 0.1
    keys.key("one")
    _unknown(keys, "two")
    now[0] += 0.2
    with pytest.raises(UnavailableError, match="cannot be had"):
        keys.key("one")


def _nowhere(address: str) -> Host:
    raise AssertionError(address)
