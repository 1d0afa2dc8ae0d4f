"""ES256 keys and their files."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from wilkc.bundle import (
    generate_key,
    key_id_of,
    load_private_key,
    load_public_key,
    write_key_pair,
)
from wilkc.bundle.keys import private_key_from_pem
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path

# RFC 6979 appendix A.2.5, P-256 with SHA-256: the key, the message "sample", and r and s.
RFC_KEY = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
RFC_R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
RFC_S = "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"


def _pem(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def test_signing_follows_the_vector_of_rfc_6979() -> None:
    key = private_key_from_pem(_pem(ec.derive_private_key(RFC_KEY, ec.SECP256R1())))
    assert key.sign(b"sample").hex() == RFC_R + RFC_S
    assert key.sign(b"sample") == key.sign(b"sample")


def test_a_signature_verifies_with_its_key_and_message_alone() -> None:
    key, other = generate_key(), generate_key()
    signature = key.sign(b"message")
    key.public().verify(signature, b"message")
    for public, text in ((other.public(), b"message"), (key.public(), b"massage")):
        with pytest.raises(VerificationError, match="does not fit"):
            public.verify(signature, text)


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(VerificationError, match="64 bytes"):
        generate_key().public().verify(b"\0" * length, b"")


def test_a_signature_of_zeros_is_refused() -> None:
    with pytest.raises(VerificationError, match="does not fit"):
        generate_key().public().verify(b"\0" * 64, b"")


def test_a_key_pair_survives_its_files(tmp_path: Path) -> None:
    key = generate_key()
    private, public = write_key_pair(tmp_path / "new" / "keys", "release-2026", key)
    assert (private.name, public.name) == ("release-2026.pem", "release-2026.pub.pem")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700
    assert sorted(private.parent.iterdir()) == [private, public]
    load_public_key(public).verify(load_private_key(private).sign(b"x"), b"x")
    assert key_id_of(private) == key_id_of(public) == "release-2026"


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        private, public = write_key_pair(tmp_path, "k", generate_key())
    finally:
        os.umask(before)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert stat.S_IMODE(public.stat().st_mode) == 0o644


@pytest.mark.parametrize("taken", ["k.pem", "k.pub.pem"])
def test_nothing_is_overwritten(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        write_key_pair(tmp_path, "k", generate_key())
    assert list(tmp_path.iterdir()) == [tmp_path / taken]
    assert (tmp_path / taken).read_text() == "mine"


@pytest.mark.parametrize("name", ["", ".hidden", "-x", "a/b", "..", "a b", "ä", "x" * 129, "a\n"])
def test_odd_ids_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a key id"):
        write_key_pair(tmp_path, name, generate_key())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write keys"):
        write_key_pair(tmp_path / "file" / "keys", "k", generate_key())


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o644])
def test_a_private_key_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    private, _ = write_key_pair(tmp_path, "k", generate_key())
    private.chmod(mode)
    with pytest.raises(VerificationError, match="others may read"):
        load_private_key(private)


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_keys_of_other_kinds_are_refused(tmp_path: Path) -> None:
    foreign = (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate())
    for key in foreign:
        private = _write(tmp_path / "a.pem", _pem(key))
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(VerificationError, match="not an ES256 key"):
            load_private_key(private)
        with pytest.raises(VerificationError, match="not an ES256 key"):
            load_public_key(_write(tmp_path / "a.pub.pem", public))


@pytest.mark.parametrize("content", [b"", b"\0\xff" * 50, b"-----BEGIN PUBLIC KEY-----\n"])
def test_files_that_are_no_keys_are_refused(tmp_path: Path, content: bytes) -> None:
    path = _write(tmp_path / "k.pem", content)
    with pytest.raises(VerificationError, match="is not a private key"):
        load_private_key(path)
    with pytest.raises(VerificationError, match="is not a public key"):
        load_public_key(path)


def test_a_key_with_a_password_is_refused(tmp_path: Path) -> None:
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    with pytest.raises(VerificationError, match="without password"):
        load_private_key(_write(tmp_path / "k.pem", locked))


def test_the_private_half_is_not_taken_for_the_public_one(tmp_path: Path) -> None:
    private, public = write_key_pair(tmp_path, "k", generate_key())
    with pytest.raises(VerificationError, match="needs the public half"):
        load_public_key(private)
    public.chmod(0o600)
    with pytest.raises(VerificationError, match="is not a private key"):
        load_private_key(public)


def test_a_huge_file_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="too large"):
        load_private_key(_write(tmp_path / "k.pem", b"x" * 20_000))


def test_missing_keys_folders_and_pipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the key"):
        load_private_key(tmp_path / "none.pem")
    with pytest.raises(UsageError, match="cannot read the key"):
        load_public_key(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(UsageError, match="is not a file"):
        load_private_key(tmp_path / "pipe")


def test_a_private_key_does_not_show_itself() -> None:
    key = generate_key()
    assert "PRIVATE" not in repr(key)
