"""Checkpoints that a log is compared with: its own, and those kept elsewhere. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.core.plain_files import read_plain
from wilkc.runtime.audit.files import CHECKPOINT
from wilkc.runtime.audit.note import MAX_NOTE_BYTES, Checkpoint, Note, parse_checkpoint, require_one
from wilkc.runtime.audit.tree import EMPTY_ROOT
from wilkc.runtime.audit.verifying.policy import parse_policy
from wilkc.runtime.audit.walk import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.runtime.audit.verifying.options import Options
    from wilkc.runtime.audit.verifying.policy import Policy
    from wilkc.runtime.audit.verifying.reading import Reading

PUBLISHED: Final = "the published checkpoint"


@dataclass(slots=True)
class Anchors:
    """What was read of checkpoints before the log was.

    Attributes:
        given: checkpoints from elsewhere, by the name that messages use.
        published: the log's own, or None if it cannot be read.
        unpublished: what is wrong with it then.
        policy: which cosignatures are needed, or None.
        witnesses: names of the witnesses that count, once judged.
        cosigned: when the newest quorum of them had cosigned, in seconds since 1970; None for
            none.
    """

    given: dict[str, tuple[Checkpoint, Note]]
    published: tuple[Checkpoint, Note] | None
    unpublished: Finding
    policy: Policy | None
    witnesses: tuple[str, ...] = field(default=())
    cosigned: int | None = None

    def compared(self) -> dict[str, tuple[Checkpoint, Note]]:
        """All of them by name."""
        published = {PUBLISHED: self.published} if self.published else {}
        return {**self.given, **published}

    def known(self) -> int:
        """Events that one from elsewhere speaks for: every log agrees with an empty one."""
        return max((checkpoint.size for checkpoint, _ in self.given.values()), default=0)

    def sizes(self) -> frozenset[int]:
        """At which the log's root is needed."""
        return frozenset(checkpoint.size for checkpoint, _ in self.compared().values())


def read_anchors(directory: Path, given: Mapping[str, str], policy: str | None) -> Anchors:
    """Read checkpoints and policy.

    Raises:
        UsageError: a given checkpoint or the policy is malformed.
    """
    try:
        read = parse_policy(policy.encode("latin-1")) if policy is not None else None
    except VerificationError as error:
        raise UsageError(error.message) from error
    # Read before the segments: a writer at work can only have made the log larger since.
    read_given = {name: _read_given(name, text) for name, text in given.items()}
    return Anchors(read_given, *_published(directory), read)


def judge_anchors(reading: Reading, anchors: Anchors, options: Options) -> bool:
    """Compare the log with every checkpoint; whether one of them is an anchor from outside.

    The log's own checkpoint is none, whoever cosigned it: whoever puts an old log in the place
    of the newer one puts the checkpoint of that time beside it. Unless it must be cosigned
    since a time: then the witnesses say that there was no larger one.
    """
    # 9. the published one is there, and signed by a segment's key.
    if anchors.published is None:
        reading.findings.append(anchors.unpublished)
    elif anchors.published[0].size <= reading.walk.seq and not reading.stopped:
        try:
            require_one(anchors.published[1], reading.walk.keys)
        except VerificationError as error:
            reading.add("TAMPERED", f"{PUBLISHED}: {error.message}")
    for name, (checkpoint, note) in anchors.compared().items():
        _compare(reading, name, checkpoint, note)
    if options.at_least > reading.walk.seq and not reading.stopped:
        reason = f"the log has {reading.walk.seq} events, at least {options.at_least} are known"
        reading.add("TRUNCATED", reason)
    anchored = max(anchors.known(), options.at_least) > 0
    if anchors.policy is not None:
        fresh = _judge_policy(reading, anchors, anchors.policy, options.cosigned_since)
        anchored = anchored or fresh
    if options.require_anchor and not anchored:
        reading.add("INCOMPLETE", "there is no checkpoint from elsewhere to compare with")
    return anchored


def _judge_policy(reading: Reading, anchors: Anchors, policy: Policy, since: int | None) -> bool:
    """Require the quorum under a checkpoint; whether witnesses of it signed since a time.

    The checkpoint with the most witnesses is the one that is told of.
    """
    found = False
    for name, (_, note) in anchors.compared().items():
        try:
            times = policy.cosigners(note)
            cosigners = tuple(name for name, at in times.items() if since is None or at >= since)
            signed = policy.signed_by_log(note, reading.walk.keys)
        except VerificationError as error:
            reading.add("TAMPERED", f"{name}: {error.message}")
            continue
        if signed and policy.satisfied(cosigners):
            found = True
            anchors.witnesses = max(anchors.witnesses, cosigners, key=len)
            at = policy.satisfied_since(times) or 0
            anchors.cosigned = max(anchors.cosigned or 0, at) or None
    if not found and not reading.stopped:
        late = "" if since is None else " since the given time"
        reading.add("INCOMPLETE", f"no checkpoint has the policy's quorum `{policy.quorum}`{late}")
    # A policy without witnesses is no view from outside.
    return found and since is not None and bool(anchors.witnesses)


def _compare(reading: Reading, name: str, checkpoint: Checkpoint, note: Note) -> None:
    # 9. signature if the key is known, size, root.
    walk = reading.walk
    if walk.origin and checkpoint.origin != walk.origin:
        reading.add("TAMPERED", f"{name} is of another log, `{checkpoint.origin}`")
        return
    signed = {(line.name, line.id) for line in note.signatures}
    for key in walk.keys:
        if (key.name, key.id) in signed:
            try:
                note.require(key)
            except VerificationError as error:
                reading.add("TAMPERED", f"{name}: {error.message}")
    if checkpoint.size > walk.seq:
        if not reading.stopped:
            reason = f"{name} covers {checkpoint.size} events, the log has {walk.seq}"
            reading.add("TRUNCATED", reason)
        return
    # The tree of no events has a root of its own (RFC 6962 section 2.1).
    root = walk.roots.get(checkpoint.size) if checkpoint.size else EMPTY_ROOT
    if root != checkpoint.root:
        reason = f"{name} has another root for the first {checkpoint.size} events"
        reading.add("TAMPERED", reason)


def _published(directory: Path) -> tuple[tuple[Checkpoint, Note] | None, Finding]:
    found = Finding("TAMPERED", f"{PUBLISHED} is malformed")
    try:
        data = read_plain(directory / CHECKPOINT, MAX_NOTE_BYTES)
        return parse_checkpoint(data.decode("utf-8")), found
    except FileNotFoundError:
        return None, Finding("INCOMPLETE", f"{PUBLISHED} is missing")
    except OSError as error:
        return None, Finding("TAMPERED", f"{PUBLISHED} cannot be read: {error.strerror}")
    except ValueError:
        return None, found


def _read_given(name: str, text: str) -> tuple[Checkpoint, Note]:
    try:
        return parse_checkpoint(text)
    except ValueError as error:
        raise UsageError(f"{name} is no checkpoint: {error}") from error
