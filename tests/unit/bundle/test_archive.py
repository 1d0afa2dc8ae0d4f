"""The container: reproducible bytes out, one reading in."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import tarfile
import zlib

import pytest

from wilkc.bundle import archive
from wilkc.bundle.archive import is_member_name, pack, unpack
from wilkc.core.errors import VerificationError

MEMBERS = {"wilk/b.rego": b"x" * 70_000, "wilk/a.rego": b"", ".manifest": b"{}"}


def test_python_and_gzip_read_what_is_packed() -> None:
    with tarfile.open(fileobj=io.BytesIO(pack(MEMBERS)), mode="r:gz") as tar:
        assert tar.getnames() == sorted(MEMBERS)
        assert [(one.mtime, one.uid, one.gid, one.mode) for one in tar] == [(0, 0, 0, 0o644)] * 3
        found = {name: tar.extractfile(name) for name in tar.getnames()}
        assert {name: file.read() for name, file in found.items() if file} == MEMBERS


def test_the_bytes_are_fixed() -> None:
    wanted = "d1e4590802222091fb85b6935213b3cde631b5fd"
    assert hashlib.sha256(pack(MEMBERS)).hexdigest()[:40] == wanted


def test_the_order_of_members_does_not_matter() -> None:
    assert pack(MEMBERS) == pack(dict(reversed(MEMBERS.items())))


def test_unpack_returns_what_was_packed() -> None:
    assert unpack(pack(MEMBERS)) == MEMBERS
    assert unpack(pack({})) == {}


def test_a_compressed_archive_is_read_too() -> None:
    assert unpack(gzip.compress(gzip.decompress(pack(MEMBERS)))) == MEMBERS


def _tar(**changes: object) -> bytes:
    """An archive by Python with one member that the changes make odd."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo("wilk/a.rego")
        for name, value in changes.items():
            setattr(info, name, value)
        tar.addfile(info, io.BytesIO(b"x" * info.size))
    return buffer.getvalue()


def test_an_archive_by_python_is_read() -> None:
    assert unpack(_tar(size=3)) == {"wilk/a.rego": b"xxx"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "not a plain file"),
        ({"type": tarfile.LNKTYPE, "linkname": "wilk/b"}, "not a plain file"),
        ({"type": tarfile.DIRTYPE}, "not a plain file"),
        ({"type": tarfile.CHRTYPE}, "not a plain file"),
        ({"type": tarfile.FIFOTYPE}, "not a plain file"),
        ({"type": tarfile.XHDTYPE, "size": 3}, "not a plain file"),
        ({"type": tarfile.GNUTYPE_LONGNAME, "size": 3}, "not a plain file"),
        ({"name": "/wilk/a.rego"}, "name `/wilk/a.rego`"),
        ({"name": "../wilk/a.rego"}, "not accepted"),
        ({"name": "wilk/../a.rego"}, "not accepted"),
        ({"name": "./wilk/a.rego"}, "not accepted"),
        ({"name": "wilk//a.rego"}, "not accepted"),
        ({"name": "wilk/a\\b.rego"}, "not accepted"),
        ({"name": "wilk/ä.rego"}, "not accepted"),
        ({"name": "wilk/a\n.rego"}, "not accepted"),
        ({"name": "wilk/a\n\x1b[2J.rego"}, r"name `wilk/a\\n\\x1b\[2J.rego`, not accepted"),
        ({"name": "wilk/\x1b[2J", "type": tarfile.FIFOTYPE}, r"member `wilk/\\x1b\[2J` of"),
        ({"name": "w/" * 40 + "x" * 60}, "not accepted"),
    ],
)
def test_odd_members_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        unpack(_tar(**changes))


def _gzip(tar: bytes) -> bytes:
    return gzip.compress(tar)


def test_a_member_twice_is_refused() -> None:
    one = gzip.decompress(pack({"wilk/a.rego": b"1"}))[:1024]
    two = gzip.decompress(pack({"wilk/a.rego": b"2"}))
    with pytest.raises(VerificationError, match=r"member `wilk/a\.rego` twice"):
        unpack(_gzip(one + two))


PLAIN = gzip.decompress(pack({"wilk/a.rego": b"x"}))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no gzip file"),
        (b"PK\x03\x04", "no gzip file"),
        (pack(MEMBERS)[:-1], "cut short"),
        (pack(MEMBERS)[:40], "cut short"),
        (pack(MEMBERS) + b"x", "goes on after its end"),
        (pack(MEMBERS) + pack(MEMBERS), "goes on after its end"),
        (pack(MEMBERS)[:-8] + b"\0" * 8, "damaged"),
        (_gzip(b""), "does not end"),
        (_gzip(PLAIN[:1024]), "does not end"),
        (_gzip(PLAIN[:-512]), "does not end"),
        (_gzip(PLAIN + PLAIN), "does not end"),
        (_gzip(PLAIN[:1024] + b"\0" * 512 + PLAIN), "does not end"),
        (_gzip(gzip.decompress(pack(MEMBERS))[:-2048]), "cut short"),
        (_gzip(b"y" + PLAIN[1:]), "checksum"),
        (_gzip(PLAIN[:124] + b"99999999999\0" + PLAIN[136:]), "checksum"),
    ],
    ids=range(15),
)
def test_damaged_archives_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        unpack(data)


def test_a_size_in_base_256_is_refused() -> None:
    header = bytearray(PLAIN[:512])
    header[124:136] = b"\x80" + b"\0" * 10 + b"\x01"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(VerificationError, match="number is unreadable"):
        unpack(_gzip(bytes(header) + PLAIN[512:]))


def test_limits_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_TAR_BYTES", 4096)
    bomb = zlib.compress(b"\0" * 10**6, wbits=31)
    assert len(bomb) < 4096
    with pytest.raises(VerificationError, match="unpacks to more than 4096"):
        unpack(bomb)
    monkeypatch.setattr(archive, "MAX_ARCHIVE_BYTES", 100)
    with pytest.raises(VerificationError, match="larger than 100"):
        unpack(b"\x1f\x8b" + b"\0" * 99)


def test_a_long_end_is_refused_before_it_is_looked_through() -> None:
    with pytest.raises(VerificationError, match="does not end"):
        unpack(zlib.compress(PLAIN + bytes(archive.MAX_END_BYTES), wbits=31))
    whole = PLAIN[:1024] + bytes(archive.MAX_END_BYTES)
    assert unpack(zlib.compress(whole, wbits=31)) == {"wilk/a.rego": b"x"}


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    with pytest.raises(VerificationError, match="more than 2 members"):
        unpack(pack(MEMBERS))


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "a/../b", ".", "..", "a b", "ä", "a\0"])
def test_pack_refuses_what_unpack_would(name: str) -> None:
    assert not is_member_name(name)
    with pytest.raises(ValueError, match="cannot name a member"):
        pack({name: b""})


def test_no_single_flipped_byte_changes_a_member_unnoticed() -> None:
    seed = 20_261_124
    print(f"seed {seed}")
    generator = random.Random(seed)
    whole = pack(MEMBERS)
    for _ in range(300):
        place = generator.randrange(len(whole))
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << generator.randrange(8)
        try:
            found = unpack(bytes(spoilt))
        except VerificationError:
            continue
        # Only gzip's own header holds bytes that say nothing about the content.
        assert place < 10
        assert found == MEMBERS
