"""The key directory: what is kept, what is refused, and what never comes back."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import KeyStore, create_provider, decrypt, encrypt, open_provider
from wilkc.runtime.keys.deks import REPLACED_AFTER
from wilkc.runtime.keys.states import STATES, check_step

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "example.org/test"
NOW = "2026-11-24T00:00:00.000000Z"
MONTH = "2026-11"


@dataclass(frozen=True)
class Keys:
    """A fresh key directory and its provider's key."""

    directory: Path
    provider: Path

    def open(self) -> KeyStore:
        return KeyStore(self.directory, open_provider(self.provider, (self.directory,)), Disk())


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    place = Keys(tmp_path / "keys", tmp_path / "provider")
    provider = create_provider(place.provider, (place.directory,), Disk())
    KeyStore.create(place.directory, provider, Disk(), origin=ORIGIN, now=NOW)
    return place


def test_keys_are_private_and_open_again(keys: Keys) -> None:
    assert keys.directory.stat().st_mode & 0o777 == 0o700
    assert keys.provider.stat().st_mode & 0o777 == 0o600
    store = keys.open()
    assert store.origin == ORIGIN
    assert store.ring.version == 1
    assert [key.use for key in store.ring.keys] == ["ring", "kek", "lookup", "segment"]


def test_a_roll_destroys_the_old_key_for_good(keys: Keys) -> None:
    store = keys.open()
    old = store.segment_key("active")
    pending = store.prepare_segment_key(ORIGIN, NOW)
    assert store.prepare_segment_key(ORIGIN, NOW).kid == pending.kid
    store.roll_segment_key(pending.kid, NOW)
    again = keys.open()
    active = again.segment_key("active")
    assert old is not None
    assert active is not None
    assert active.public == pending.public
    gone = next(key for key in again.ring.keys if key.kid == old.kid)
    assert (gone.state, gone.wrapped) == ("destroyed", None)
    with pytest.raises(VerificationError, match="does not go"):
        again.roll_segment_key(old.kid, NOW)


def test_versions_are_chained(keys: Keys) -> None:
    store = keys.open()
    before = store.ring
    store.prepare_segment_key(ORIGIN, NOW)
    assert store.ring.version == before.version + 1
    assert store.ring.previous != before.previous
    with pytest.raises(VerificationError, match="version 2, the log knows 3"):
        store.require_version(3)


def test_one_data_key_for_each_class_and_month(keys: Keys) -> None:
    store = keys.open()
    first = store.data_key(None, "access", MONTH, NOW)
    assert store.data_key(None, "access", MONTH, NOW) == first
    others = [
        store.data_key(None, "security", MONTH, NOW),
        store.data_key(None, "access", "2026-12", NOW),
        store.data_key(store.data.token_for("alice", "access", MONTH, NOW), "access", MONTH, NOW),
    ]
    assert len({first.kid, *(key.kid for key in others)}) == 4
    assert keys.open().data_key_by_id(first.kid) == first
    assert first.key not in (keys.directory / "deks.jsonl").read_bytes()


def test_a_data_key_is_replaced_before_it_wears_out(keys: Keys) -> None:
    store = keys.open()
    first = store.data_key(None, "access", MONTH, NOW)
    store.data._uses[first.kid] = REPLACED_AFTER
    assert store.data_key(None, "access", MONTH, NOW).kid != first.kid
    assert store.data_key_by_id(first.kid) == first


def test_another_process_sees_new_keys(keys: Keys) -> None:
    one, two = keys.open(), keys.open()
    made = one.data_key(None, "access", MONTH, NOW)
    assert two.data_key(None, "access", MONTH, NOW) == made
    one.prepare_segment_key(ORIGIN, NOW)
    two.refresh()
    assert two.ring == one.ring


def test_a_ring_that_goes_back_is_refused(keys: Keys) -> None:
    store = keys.open()
    old = (keys.directory / "keyring.json").read_bytes()
    store.prepare_segment_key(ORIGIN, NOW)
    (keys.directory / "keyring.json").write_bytes(old)
    with pytest.raises(VerificationError, match="older version"):
        store.refresh()


@pytest.mark.parametrize("name", ["keyring.json", "deks.jsonl"])
def test_nothing_missing_is_made_anew(keys: Keys, name: str) -> None:
    (keys.directory / name).unlink()
    with pytest.raises(VerificationError, match="audit_key_missing"):
        keys.open()
    assert not (keys.directory / name).exists()


def test_every_changed_byte_of_the_ring_is_refused(keys: Keys) -> None:
    path = keys.directory / "keyring.json"
    text = path.read_bytes()
    for place in range(0, len(text), 7):
        path.write_bytes(text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :])
        with pytest.raises(VerificationError):
            keys.open()


def test_a_wrap_in_anothers_place_does_not_open(keys: Keys) -> None:
    store = keys.open()
    store.data_key(None, "access", MONTH, NOW)
    store.data_key(None, "security", MONTH, NOW)
    path = keys.directory / "deks.jsonl"
    one, two = (json.loads(line) for line in path.read_text().splitlines())
    one["wrapped"], two["wrapped"] = two["wrapped"], one["wrapped"]
    lines = (json.dumps(key, sort_keys=True, separators=(",", ":")) for key in (one, two))
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(VerificationError, match="does not open"):
        keys.open().data_key_by_id(one["kid"])


def test_a_torn_line_of_data_keys_is_refused(keys: Keys) -> None:
    keys.open().data_key(None, "access", MONTH, NOW)
    path = keys.directory / "deks.jsonl"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(VerificationError, match="within a line"):
        keys.open()


def test_provider_is_refused_beside_what_it_protects(keys: Keys) -> None:
    inside = keys.directory / "provider"
    inside.write_bytes(keys.provider.read_bytes())
    inside.chmod(0o600)
    with pytest.raises(UsageError, match="must not lie"):
        open_provider(inside, (keys.directory,))


def test_key_directory_must_be_new(keys: Keys) -> None:
    provider = open_provider(keys.provider, ())
    with pytest.raises(UsageError, match="not empty"):
        KeyStore.create(keys.directory, provider, Disk(), origin=ORIGIN, now=NOW)


def test_bad_providers_are_refused(keys: Keys, tmp_path: Path) -> None:
    other = tmp_path / "other"
    create_provider(other, (), Disk())
    with pytest.raises(VerificationError, match="wrapped this key"):
        KeyStore(keys.directory, open_provider(other, ()), Disk())
    other.chmod(0o640)
    with pytest.raises(VerificationError, match="others may read"):
        open_provider(other, ())
    other.chmod(0o600)
    other.write_bytes(b"x" * 33)
    with pytest.raises(VerificationError, match="not 32 bytes"):
        open_provider(other, ())
    other.unlink()
    with pytest.raises(VerificationError, match="audit_key_missing"):
        open_provider(other, ())
    other.symlink_to(keys.provider)
    with pytest.raises(VerificationError, match="audit_key_missing"):
        open_provider(other, ())


def test_sealed_bytes_open_only_where_they_belong() -> None:
    key = os.urandom(32)
    nonce, sealed = encrypt(key, b"secret", b"here")
    assert decrypt(key, nonce, sealed, b"here") == b"secret"
    for other in ((os.urandom(32), nonce, sealed, b"here"), (key, nonce, sealed, b"there")):
        with pytest.raises(VerificationError):
            decrypt(*other)
    with pytest.raises(VerificationError):
        decrypt(key, nonce, sealed[:-1], b"here")


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
def test_keys_go_one_way(before: str, after: str) -> None:
    plain = {("pending", "active"), ("active", "destroyed")}
    kek = {("pending", "active"), ("active", "decrypt_only"), ("decrypt_only", "destroyed")}
    for use, steps in (("segment", plain), ("kek", kek)):
        if (before, after) in steps:
            check_step(use, before, after)  # type: ignore[arg-type]
        else:
            with pytest.raises(VerificationError):
                check_step(use, before, after)  # type: ignore[arg-type]
