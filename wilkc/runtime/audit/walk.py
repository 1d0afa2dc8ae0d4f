"""Walking over the lines of a log, judging each. Layer: runtime. Pure.

The numbers in comments are the steps of `wilkc.runtime.audit.verification`. Verification walks
from the first line of a log; recovery and the writer walk the last segment alone and then
take what is before it from its header.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.ids import HeldIds
from wilkc.runtime.audit.line import NO_LINE, EventLine, line_hash, read_line, signing_input
from wilkc.runtime.audit.note import Note, parse_checkpoint, parse_note
from wilkc.runtime.audit.segment import (
    HEADER,
    SEAL,
    Header,
    Seal,
    certificate_text,
    read_header,
    read_seal,
)
from wilkc.runtime.audit.tally import Tally
from wilkc.runtime.audit.tree import Frontier, leaf_hash
from wilkc.runtime.keys import VerifierKey, parse_verifier_key, verify_signature

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wilkc.runtime.audit.ids import Ids
    from wilkc.runtime.audit.line import CheckpointLine

Verdict = Literal[
    "OK", "OK_UNANCHORED", "TAMPERED", "TRUNCATED", "KEY_PROBLEM", "INCOMPLETE", "UNSEALED_TAIL"
]
SAMPLED_ONE_OF: Final = 16
MOST_UNPROVEN: Final = 1024
"""Signatures left out in a row; a log has a checkpoint long before that many events."""
_CHANCE: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason against a log."""

    verdict: Verdict
    reason: str


@dataclass(slots=True)
class Walk:
    """Where a walk stands; `take` moves it over one line.

    Attributes:
        root: the root key, or None where certificates are not judged.
        partial: whether the walk began in the middle, so that earlier records are unknown.
        wanted: sizes at which the root is to be kept in `roots`.
        origin: of the log.
        seq: number of the next event, which is also the size of the tree.
        prev: hash of the last line.
        tree: over all events so far.
        key: of the current segment.
        header: of the current segment.
        seal: of the current segment, once it was seen.
        covered: size of the last checkpoint.
        after_checkpoint: whether the last line was a checkpoint.
        keys: of all segments.
        roots: size to root.
        ids: what is known of the ids of records.
        signatures: which signatures of events are checked.
        unproven: checks of signatures that were left out since the last checkpoint, which
            speaks for all before it and for nothing after.
        intents: of a partial walk, allowed and enforced intents without an outcome, by id.
        closed: of a partial walk, intents before it whose outcome was seen.
        checkpoints: their number.
        reanchors: sequence numbers of headers that the root key had to certify anew.
        findings: problems that don't end the walk.
        tally: counts of what is only reported.
    """

    root: VerifierKey | None = None
    partial: bool = False
    wanted: frozenset[int] = frozenset()
    origin: str = ""
    seq: int = 0
    prev: str = NO_LINE
    tree: Frontier = field(default_factory=Frontier)
    key: VerifierKey | None = None
    header: Header | None = None
    seal: Seal | None = None
    covered: int = 0
    after_checkpoint: bool = False
    keys: list[VerifierKey] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    ids: Ids = field(default_factory=HeldIds)
    signatures: Literal["all", "sample", "none"] = "all"
    unproven: list[tuple[int, bytes, bytes, bytes]] = field(default_factory=list)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    checkpoints: int = 0
    reanchors: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    _first: int = 0
    _fresh: bool = True

    def begin_segment(self) -> None:
        """The next line is the first of a file."""
        self._fresh = True

    @property
    def sealed(self) -> bool:
        """Whether the current segment ended with its seal and the seal's checkpoint."""
        return self.seal is not None and self.covered == self.seq

    def take(self, line: bytes) -> EventLine | None:
        """Judge one line without its LF and move over it.

        Returns:
            The event, or None for a checkpoint.

        Raises:
            VerificationError: the line was changed, moved, or forged; nothing moved.
        """
        try:
            parsed = read_line(line)  # 2. strict parse, canonical form, closed member sets
            if isinstance(parsed, EventLine):
                self._take_event(parsed)
            else:
                self._take_checkpoint(parsed)
        except ValueError as error:
            raise VerificationError(str(error)) from error
        self.prev = line_hash(line)
        return parsed if isinstance(parsed, EventLine) else None

    def pass_over(self, leaves: Iterable[bytes], prev: str) -> None:
        """Move over events of which only the leaves are left.

        Args:
            leaves: their hashes. The next checkpoint's root speaks for them.
            prev: hash of the line before the next one, as that claims it.
        """
        for leaf in leaves:
            self._grow(leaf)
        self.prev = prev

    def adopt(self, other: Walk) -> None:
        """Take over where another walk ended that began at this walk's last header."""
        self.seq, self.prev, self.tree = other.seq, other.prev, other.tree
        self.seal = other.seal
        if other.checkpoints:
            self.covered, self.unproven = other.covered, other.unproven
        else:
            self.unproven += other.unproven
        self.after_checkpoint = other.after_checkpoint
        self.checkpoints += other.checkpoints
        self.roots.update(other.roots)
        self.tally.add(other.tally)

    def _grow(self, leaf: bytes) -> None:
        self.tree = self.tree.append(leaf)
        self.seq += 1
        self.after_checkpoint = False
        if self.seq in self.wanted:
            self.roots[self.seq] = self.tree.root()

    def _take_event(self, line: EventLine) -> None:
        event = line.event
        self._check_place(event)
        leaf = leaf_hash(line.stored)  # 4. leaf and tree
        header = self._check_border(event)
        key, mode = self._signer(header)
        self._check_signature(line, leaf, key, mode)
        seal = self._check_seal(event)
        # Only now, since a refused line must leave the walk where it was.
        self._keep(event, header, seal)
        self._grow(leaf)

    def _check_place(self, event: dict[str, Any]) -> None:
        # 3. seq without gap, prev, log, unique id where ids are held.
        if event["seq"] != self.seq:
            raise ValueError(f"event {event['seq']} stands where {self.seq} belongs")
        if event["prev"] != self.prev:
            raise ValueError("`prev` is not the hash of the line before")
        if self.origin and event["log"] != self.origin:
            raise ValueError("the event belongs to another log")
        self.ids.check(event)

    def _check_border(self, event: dict[str, Any]) -> Header | None:
        # 5. at each header: kind, certificate, frontier, and the key that the seal named.
        is_header = event["action"]["type"] == HEADER
        if is_header != self._fresh:
            raise ValueError("a segment begins with its header, and has no other")
        if not is_header:
            return None
        if event["phase"] != "system":
            raise ValueError("a header is a system event")
        header = read_header(event["action"]["details"])
        key = parse_verifier_key(header.key)
        if key.name != event["log"]:
            raise ValueError("the segment's key belongs to another log")
        if header.tree(self.seq) != self.tree:
            raise ValueError("the header's frontier is not the tree before it")
        self._check_kind(header)
        if header.cert is not None:
            self._check_certificate(header.cert, event, header.key)
        return header

    def _check_kind(self, header: Header) -> None:
        certified = header.kind in {"genesis", "reanchor"}
        if certified != (header.cert is not None):
            raise ValueError("only a first or a reanchored segment has a certificate")
        if (header.kind == "genesis") != (self.seq == 0):
            raise ValueError("only the first segment is the genesis")
        if self.partial and self.header is None:
            return
        if header.kind == "continue" and not (
            self.sealed and self.seal and self.seal.next == header.key
        ):
            raise ValueError("the segment before is not sealed in favour of this key")
        if header.kind == "recovered" and not (
            self.seal is None
            and self.header
            and (self.header.key, self.header.mode) == (header.key, header.mode)
        ):
            raise ValueError("a recovered segment keeps the key and mode of an unsealed one")
        if header.kind == "reanchor" and self.seal and self.seal.final:
            raise ValueError("the log was ended before this segment")

    def _check_certificate(self, cert: str, event: dict[str, Any], key: str) -> None:
        note = parse_note(cert)
        if note.text != certificate_text(event["log"], event["seq"], event["prev"], key):
            raise ValueError("the certificate is for another key or place")
        if len(note.signatures) != 1:
            raise ValueError("a certificate has exactly one signature")
        if self.root is None:
            return
        if (note.signatures[0].name, note.signatures[0].id) != (self.root.name, self.root.id):
            reason = f"event {event['seq']}: the given root key does not certify this log"
            self.findings.append(Finding("KEY_PROBLEM", reason))
        else:
            note.require(self.root)

    def _signer(self, header: Header | None) -> tuple[VerifierKey, str]:
        if header is not None:
            return parse_verifier_key(header.key), header.mode
        if self.key is None or self.header is None:
            raise ValueError("no header names the key of this event")
        return self.key, self.header.mode

    def _check_signature(self, line: EventLine, leaf: bytes, key: VerifierKey, mode: str) -> None:
        # 6. signature by the key of the event's own segment; present or null as the mode says.
        if line.event["security"]["kid"] != key.id.hex():
            raise ValueError("the event names another key than its segment's")
        if (line.signature is not None) != (mode == "event"):
            raise ValueError("the signing mode of the segment was not kept")
        if line.signature is None:
            return
        signed = signing_input(line.event["log"], leaf)
        if self._assesses(line.event):
            verify_signature(key.public, line.signature, signed)
        else:
            self.unproven.append((self.seq, key.public, line.signature, signed))

    def wrongly_signed(self) -> int | None:
        """Number of the first event after the last checkpoint whose left out signature is wrong."""
        for seq, public, signature, signed in self.unproven:
            try:
                verify_signature(public, signature, signed)
            except VerificationError:
                return seq
        return None

    def _assesses(self, event: dict[str, Any]) -> bool:
        """Whether a signature is checked; a sample nobody can foresee, and every border."""
        if len(self.unproven) >= MOST_UNPROVEN:
            return True
        if self.signatures != "sample":
            return self.signatures == "all"
        border = event["action"]["type"] in {HEADER, SEAL}
        return border or _CHANCE.randrange(SAMPLED_ONE_OF) == 0

    def _check_seal(self, event: dict[str, Any]) -> Seal | None:
        # 8. counts; nothing but its checkpoint after a seal.
        if self.seal is not None and not self._fresh:
            raise ValueError("an event stands after the seal of its segment")
        if event["action"]["type"] != SEAL:
            return None
        seal = read_seal(event["action"]["details"])
        if event["phase"] != "system" or self._fresh:
            raise ValueError("a seal is a system event and never the first")
        if seal.first != self._first or seal.count != self.seq - self._first + 1:
            raise ValueError("the seal counts other events than stand before it")
        if seal.next is not None:
            parse_verifier_key(seal.next)
        return seal

    def _take_checkpoint(self, line: CheckpointLine) -> None:
        # 7. text, one signature by the key of its own segment, size, root.
        if line.prev != self.prev:
            raise ValueError("`prev` is not the hash of the line before")
        if self._fresh or self.key is None:
            raise ValueError("a segment begins with its header, not with a checkpoint")
        if self.after_checkpoint:
            raise ValueError("two checkpoints follow each other")
        checkpoint, note = parse_checkpoint(line.note)
        _require_only(note, self.key)
        if checkpoint.origin != self.origin:
            raise ValueError("the checkpoint belongs to another log")
        if checkpoint.size != self.seq or checkpoint.root != self.tree.root():
            raise ValueError("the checkpoint does not agree with the events before it")
        self.covered = self.seq
        self.unproven = []
        self.checkpoints += 1
        self.after_checkpoint = True

    def _keep(self, event: dict[str, Any], header: Header | None, seal: Seal | None) -> None:
        self.tally.count(event)
        self.origin = event["log"]
        if header is not None:
            self._keep_header(event, header)
        if seal is not None:
            self.seal = seal
        self.ids.keep(event)
        if self.partial:
            self._keep_open(event)

    def _keep_open(self, event: dict[str, Any]) -> None:
        if event["phase"] == "intent" and expects_outcome(event):
            self.intents[event["id"]] = event
        elif event["phase"] == "outcome" and self.intents.pop(event["ref"], None) is None:
            self.closed.add(event["ref"])

    def _keep_header(self, event: dict[str, Any], header: Header) -> None:
        self.header, self.key, self.seal = header, parse_verifier_key(header.key), None
        self._first, self._fresh = event["seq"], False
        self.keys.append(self.key)
        if header.kind == "reanchor":
            self.reanchors.append(event["seq"])


def walk_from(first_line: bytes) -> Walk:
    """A walk that begins at a segment's header and believes what it says is before it.

    Raises:
        VerificationError: the line is no header.
    """
    try:
        parsed = read_line(first_line)
        if not isinstance(parsed, EventLine):
            raise VerificationError("the segment begins without a header")
        header = read_header(parsed.event["action"]["details"])
        seq = parsed.event["seq"]
        tree = header.tree(seq)
    except ValueError as error:
        raise VerificationError(f"the segment's header is malformed: {error}") from error
    return Walk(
        partial=True,
        origin=parsed.event["log"],
        seq=seq,
        prev=parsed.event["prev"],
        tree=tree,
        covered=seq,
    )


def expects_outcome(event: dict[str, Any]) -> bool:
    """Whether an intent was allowed and enforced, so that its outcome is to follow."""
    enforced = event["action"]["details"].get("enforced", True) is not False
    return bool(event["decision"]["allow"]) and enforced


def _require_only(note: Note, key: VerifierKey) -> None:
    if len(note.signatures) != 1:
        raise ValueError("a checkpoint inside a segment has exactly one signature")
    note.require(key)
