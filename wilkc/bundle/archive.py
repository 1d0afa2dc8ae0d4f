"""Members to a gzipped tar and back. Layer: bundle (pure).

Writing is reproducible on every machine: POSIX ustar headers are written here field by field
(IEEE Std 1003.1, pax, "ustar Interchange Format"), and the gzip member (RFC 1952) holds
stored blocks (RFC 1951 section 3.2.4), because the output of a compressor differs between
implementations of zlib and with it the bytes of a build. Reading takes compressed input too.

Reading refuses whatever two readers could read in two ways: links, devices, extended
headers, absolute names, `..`, duplicates, bytes after the end, a second gzip member.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_ARCHIVE_BYTES: Final = 256 * 2**20
"""Largest compressed input."""
MAX_TAR_BYTES: Final = 128 * 2**20
"""Largest sum of headers and members after decompression: six times what 100,000 agents and
1,000 specs need, no two of them alike (about 21 MiB). Whoever has no key may have so much unpacked,
before any signature is looked at."""
MAX_END_BYTES: Final = 2**20
"""Longest end of zeros: they are looked through one by one. GNU tar writes 10 KiB."""
MAX_MEMBERS: Final = 10_000

_BLOCK: Final = 512
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100}){0,15}", re.ASCII)
_MAX_NAME: Final = 100
_HEADER: Final = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")
_BLANK_CHECKSUM: Final = b" " * 8
_CHECKSUM_AT: Final = slice(148, 156)
_GZIP_HEADER: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
_STORED_BYTES: Final = 65_535
_OCTAL: Final = re.compile(rb"[0-7]{1,11}[ \0]*")


def pack(members: Mapping[str, bytes]) -> bytes:
    """A gzipped tar of the members, sorted by name, without any trace of time or machine.

    Raises:
        ValueError: a name is outside what `unpack` accepts.
    """
    parts: list[bytes] = []
    for name, content in sorted(members.items()):
        if not is_member_name(name):
            raise ValueError(f"`{name}` cannot name a member of a bundle")
        parts += [_header(name, len(content)), content, b"\0" * (-len(content) % _BLOCK)]
    parts.append(b"\0" * (2 * _BLOCK))
    return _gzip(b"".join(parts))


def unpack(data: bytes) -> dict[str, bytes]:
    """The members of a gzipped tar.

    Raises:
        VerificationError: too large, damaged, or readable in more than one way.
    """
    members: dict[str, bytes] = {}
    for name, content in _members(_gunzip(data)):
        if name in members:
            raise VerificationError(f"the bundle holds member `{name}` twice")
        if len(members) == MAX_MEMBERS:
            raise VerificationError(f"the bundle holds more than {MAX_MEMBERS} members")
        members[name] = content
    return members


def is_member_name(name: str) -> bool:
    """Whether a text may name a member: relative, plain characters, no `.` or `..` segment."""
    plain = len(name) <= _MAX_NAME and _NAME.fullmatch(name) is not None
    return plain and not {".", ".."} & set(name.split("/"))


def _header(name: str, size: int) -> bytes:
    fields = (
        name.encode("ascii"), b"0000644\0", b"0000000\0", b"0000000\0", b"%011o\0" % size,
        b"00000000000\0", _BLANK_CHECKSUM, b"0", b"", b"ustar\0", b"00", b"", b"",
        b"0000000\0", b"0000000\0", b"",
    )  # fmt: skip
    header = bytearray(_HEADER.pack(*fields))
    header[_CHECKSUM_AT] = b"%06o\0 " % sum(header)
    return bytes(header)


def _gzip(data: bytes) -> bytes:
    blocks = [data[at : at + _STORED_BYTES] for at in range(0, len(data), _STORED_BYTES)]
    stored = b"".join(
        struct.pack("<BHH", number == len(blocks), len(block), len(block) ^ 0xFFFF) + block
        for number, block in enumerate(blocks, start=1)
    )
    return _GZIP_HEADER + stored + struct.pack("<II", zlib.crc32(data), len(data))


def _gunzip(data: bytes) -> bytes:
    if len(data) > MAX_ARCHIVE_BYTES:
        raise VerificationError(f"the bundle is larger than {MAX_ARCHIVE_BYTES} bytes")
    if not data.startswith(_GZIP_HEADER[:2]):
        raise VerificationError("not a bundle: this is no gzip file")
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        tar = stream.decompress(data, MAX_TAR_BYTES + 1)
    except zlib.error as error:
        raise VerificationError(f"the bundle is damaged: {error}") from error
    if len(tar) > MAX_TAR_BYTES:
        raise VerificationError(f"the bundle unpacks to more than {MAX_TAR_BYTES} bytes")
    if not stream.eof:
        raise VerificationError("the bundle is cut short")
    if stream.unused_data:
        raise VerificationError("the bundle goes on after its end")
    return tar


def _members(tar: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at + _BLOCK <= len(tar):
        header = tar[at : at + _BLOCK]
        if not any(header):
            break
        name, size = _read_header(header)
        at += _BLOCK
        if at + size > len(tar):
            raise VerificationError(f"member `{name}` of the bundle is cut short")
        yield name, tar[at : at + size]
        at += size + (-size % _BLOCK)
    if not 2 * _BLOCK <= len(tar) - at <= MAX_END_BYTES or any(tar[at:]):
        raise VerificationError("the bundle's archive does not end as a tar file ends")


def _read_header(header: bytes) -> tuple[str, int]:
    fields = _HEADER.unpack(header)
    raw, size, checksum, kind, prefix = fields[0], fields[4], fields[6], fields[7], fields[15]
    blanked = bytearray(header)
    blanked[_CHECKSUM_AT] = _BLANK_CHECKSUM
    if _octal(checksum) != sum(blanked):
        raise VerificationError("the bundle's archive is damaged: a header's checksum is wrong")
    name = raw.rstrip(b"\0").decode("ascii", "backslashreplace")
    # Nobody has signed this name yet: it is shown so that no terminal acts on it.
    shown = ascii(name)[1:-1]
    if kind not in {b"0", b"\0"}:
        raise VerificationError(f"member `{shown}` of the bundle is not a plain file")
    if prefix.strip(b"\0") or not is_member_name(name):
        raise VerificationError(f"the bundle holds a member with the name `{shown}`, not accepted")
    return name, _octal(size)


def _octal(field: bytes) -> int:
    text = field.strip(b" \0")
    if not _OCTAL.fullmatch(text):
        raise VerificationError("the bundle's archive is damaged: a header's number is unreadable")
    return int(text, 8)
