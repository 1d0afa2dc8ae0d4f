"""From the root key to the key of any segment, without the log. Layer: runtime.

Segment keys change daily, so whoever has a checkpoint or a proof but not the log needs to see
why its key is the log's: the certificate of the first segment, then one seal after the other,
each naming the next key and proven by its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.closed_json import from_json
from wilkc.core.encoding import from_base64, to_base64
from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import open_plain
from wilkc.core.subset import parse_subset
from wilkc.runtime.audit.files import list_segments
from wilkc.runtime.audit.frames import read_frames
from wilkc.runtime.audit.line import EventLine, parse_line, signing_input, stored_of
from wilkc.runtime.audit.note import Checkpoint, Note, parse_checkpoint, parse_note
from wilkc.runtime.audit.proofs import root_of_inclusion
from wilkc.runtime.audit.record import check_event
from wilkc.runtime.audit.segment import CERTIFICATE, SEAL, Header, Seal, read_header, read_seal
from wilkc.runtime.audit.tree import HASH_BYTES, leaf_hash
from wilkc.runtime.audit.verifying.stubs import is_stub, leaves_path, list_stubs
from wilkc.runtime.keys import VerifierKey, parse_verifier_key, verify_signature
from wilkc.runtime.keys.sign import SIGNATURE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINKS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Link:
    """A change of keys: a seal that names the next one.

    Attributes:
        seal: the exact text of the seal's event.
        sig: its signature, base64; None in mode `checkpoint`.
        note: in that mode the checkpoint after the seal, else None.
        path: and the proof that the seal is the last event of it, base64.
    """

    seal: str
    sig: str | None
    note: str | None
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The root key's certificate over the first key, and every change since."""

    cert: str
    links: tuple[Link, ...]


def read_chain(directory: Path, last: VerifierKey) -> KeyChain:
    """The chain from the newest certificate of a log to one of its segment keys.

    Nothing is verified: `require_chain` does that, also for who made it.

    Raises:
        UsageError: there is no log, it cannot be read, or the key is none of its segments'.
    """
    try:
        return _read(directory, last)
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"the log's keys cannot be read: {error}") from error


def signer_of(directory: Path, note: Note) -> VerifierKey:
    """The segment key of a log that signed a checkpoint.

    Raises:
        UsageError: none of them did, or the log cannot be read.
    """
    signed = {(line.name, line.id) for line in note.signatures}
    try:
        for border in _borders(directory):
            key = parse_verifier_key(border.header.key)
            if (key.name, key.id) in signed:
                return key
    except OSError as error:
        raise UsageError(f"cannot read the audit log `{directory}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(f"the log's keys cannot be read: {error}") from error
    raise UsageError("the checkpoint is signed by no segment key of this log")


def require_chain(chain: KeyChain, root: VerifierKey) -> VerifierKey:
    """The last key of a chain that begins with the root key.

    Raises:
        VerificationError: a link does not hold.
    """
    try:
        key = _certified(chain.cert, root)
        for link in chain.links:
            key = _require_link(link, key)
    except ValueError as error:
        raise VerificationError(f"the chain of keys does not hold: {error}") from error
    return key


def chain_of(value: Any) -> KeyChain:
    """Read a chain from its JSON form.

    Raises:
        ValueError: it is malformed.
    """
    chain = from_json(KeyChain, value, "chain")
    if len(chain.links) > MAX_LINKS:
        raise ValueError(f"the chain has more than {MAX_LINKS} links")
    return chain


def _certified(cert: str, root: VerifierKey) -> VerifierKey:
    note = parse_note(cert)
    note.require(root)
    words = note.text.split("\n")
    if len(words) != 6 or words[0] != CERTIFICATE or words[5]:  # noqa: PLR2004  # its lines
        raise ValueError("the certificate is of another form")
    key = parse_verifier_key(words[4])
    if key.name != words[1]:
        raise ValueError("the certified key belongs to another log")
    return key


def _require_link(link: Link, key: VerifierKey) -> VerifierKey:
    stored = link.seal.encode()
    event = parse_subset(stored)
    if not isinstance(event, dict):
        raise ValueError("a link holds no event")  # noqa: TRY004  # of a file
    check_event(event)
    if (event["log"], event["phase"], event["action"]["type"]) != (key.name, "system", SEAL):
        raise ValueError("a link holds no seal of this log")
    leaf = leaf_hash(stored)
    if link.sig is not None:
        signature = from_base64(link.sig, length=SIGNATURE_BYTES)
        verify_signature(key.public, signature, signing_input(key.name, leaf))
    elif link.note is not None:
        checkpoint, note = parse_checkpoint(link.note)
        note.require(key)
        path = [from_base64(one, length=HASH_BYTES) for one in link.path]
        size = event["seq"] + 1
        if checkpoint != Checkpoint(
            key.name, size, root_of_inclusion(event["seq"], size, leaf, path)
        ):
            raise ValueError("a seal is not in its checkpoint")
    else:
        raise ValueError("nothing speaks for a seal")
    following = read_seal(event["action"]["details"]).next
    if following is None:
        raise ValueError("a seal ends the log")
    return parse_verifier_key(following)


@dataclass(frozen=True, slots=True)
class _Border:
    """The first and the last lines of a segment or of what is left of one."""

    path: Path
    first: int
    header: Header
    seal: EventLine | None
    details: Seal | None
    note: str | None


def _read(directory: Path, last: VerifierKey) -> KeyChain:
    cert, key = "", ""
    links: list[Link] = []
    for border in _borders(directory):
        if border.header.cert is not None:
            cert, links = border.header.cert, []
        key = border.header.key
        if key == last.text:
            return KeyChain(cert, tuple(links))
        if border.seal is not None:
            links.append(_link(border, border.seal))
    raise UsageError(f"`{last.name}+{last.id.hex()}` is no key of a segment of this log")


def _borders(directory: Path) -> Iterator[_Border]:
    segments = dict(list_segments(directory))
    places = sorted({**list_stubs(directory), **segments}.items())
    if not places:
        raise UsageError(f"there is no audit log at `{directory}`")
    for first, path in places:
        yield _border(first, path)


def _border(first: int, path: Path) -> _Border:
    head, before, tail = None, b"", b""
    with open_plain(path) as file:
        for frame in read_frames(file):
            if frame.ended:
                head = head if head is not None else frame.line
                before, tail = tail, frame.line
    opening = parse_line(head or b"")
    if not isinstance(opening, EventLine):
        raise ValueError(f"`{path.name}` has no header")  # noqa: TRY004  # of a file
    header = read_header(opening.event["action"]["details"])
    seal = parse_line(before) if stored_of(before) and SEAL.encode() in before else None
    note = parse_line(tail)
    if not isinstance(seal, EventLine) or isinstance(note, EventLine):
        return _Border(path, first, header, None, None, None)
    if seal.event["action"].get("type") != SEAL:
        return _Border(path, first, header, None, None, None)
    details = read_seal(seal.event["action"]["details"])
    return _Border(path, first, header, seal, details, note.note)


def _link(border: _Border, seal: EventLine) -> Link:
    text = seal.stored.decode("utf-8")
    if seal.signature is not None:
        return Link(text, to_base64(seal.signature), None, ())
    tree = border.header.tree(border.first)
    for leaf in _leaves(border.path):
        if tree.size == seal.event["seq"]:
            break
        tree = tree.append(leaf)
    path = tuple(to_base64(root) for root in reversed(tree.roots))
    return Link(text, None, border.note, path)


def _leaves(path: Path) -> Iterator[bytes]:
    if is_stub(path.name):
        with open_plain(leaves_path(path)) as file:
            while leaf := file.read(HASH_BYTES):
                yield leaf
        return
    with open_plain(path) as file:
        for frame in read_frames(file):
            stored = stored_of(frame.line)
            if stored is not None:
                yield leaf_hash(stored)
