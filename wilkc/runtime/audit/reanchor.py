"""Going on after a loss that a person accepts. Layer: runtime.

Where the log is smaller than what this host signed, or the open segment's key is gone, no
writer opens it. The holder of the root key can certify a new beginning at exactly the place
where the log ends now; every later verification shows it. A line that does not verify is
never passed over in this way: tampering cannot be certified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.audit.clock import Clock
from wilkc.runtime.audit.failures import unavailable
from wilkc.runtime.audit.files import CHECKPOINT
from wilkc.runtime.audit.held import held_path, read_held
from wilkc.runtime.audit.line import EventLine, parse_line
from wilkc.runtime.audit.lock import WriterLock
from wilkc.runtime.audit.means import Means
from wilkc.runtime.audit.note import parse_note, sign_note
from wilkc.runtime.audit.recover import end_of_log
from wilkc.runtime.audit.retention.stub import genesis_line
from wilkc.runtime.audit.segment import certificate_text, read_header
from wilkc.runtime.audit.settings import kept_settings
from wilkc.runtime.audit.tip import begin_segment
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import verifier_key

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.recover import Recovered
    from wilkc.runtime.keys import KeyStore, SegmentKey, SigningKey
    from wilkc.runtime.keys.states import State

ROOT_SUFFIX: Final = "/root"


def accept_loss(
    directory: Path,
    keys: KeyStore,
    root: SigningKey,
    *,
    disk: Disk | None = None,
    clock: Clock | None = None,
) -> int:
    """Begin a new segment where the log ends now, certified by the root key.

    Args:
        directory: of the log.
        keys: its opened key directory.
        root: the private root key.
        disk: where to write; the real disk if left out.
        clock: times of records; the host's if left out.

    Returns:
        Number of the new segment's header.

    Raises:
        UsageError: nothing is lost, so that there is nothing to accept.
        VerificationError: a line was tampered with, the log was ended, or a key is missing.
        UnavailableError: another writer holds the log, or the disk refuses.
    """
    settings = kept_settings(keys.directory)
    means = Means(directory, keys, settings, disk or Disk(), clock or Clock())
    lock = WriterLock(means.directory, means.disk)
    try:
        lock.take(means.settings.wait_ms)
        found = end_of_log(means.directory, means.keys.directory, means.disk)
        _require_root(means, root)
        _require_loss(means, found)
        return _begin(means, found, root)
    except OSError as error:
        raise unavailable(error, means.directory) from error
    finally:
        lock.release()


def _require_root(means: Means, root: SigningKey) -> None:
    """Another root key would certify what no verification of this log believes."""
    origin = means.keys.origin
    public = verifier_key(origin + ROOT_SUFFIX, root.public)
    first = genesis_line(means.directory)
    try:
        event = parse_line(first)
        details = event.event["action"]["details"] if isinstance(event, EventLine) else {}
        note = parse_note(read_header(details).cert or "")
        note.require(public)
    except (ValueError, KeyError, VerificationError) as error:
        raise VerificationError(
            "KEY_PROBLEM: this root key did not begin this log",
            help_text="take the root key that `wilkc audit init` wrote for this log",
        ) from error


def _require_loss(means: Means, found: Recovered) -> None:
    """A log that any writer would open needs no new beginning."""
    place, header = found.segment.place, found.segment.header
    if found.seal is not None and found.seal.final:
        raise VerificationError("the log was ended, and nothing follows its end")
    held = read_held(means.keys.directory, means.keys.origin)
    shrunk = held is not None and (
        held.size > place.seq or (held.size == place.seq and held.root != place.tree.root())
    )
    wanted = header.key if found.seal is None else found.seal.next
    states: tuple[State, ...] = ("active", "pending")
    ours = {key.public.text for state in states if (key := means.keys.segment_key(state))}
    if not shrunk and wanted in ours and means.keys.ring.version >= header.ring:
        raise UsageError(
            "nothing is lost: the log opens by itself",
            help_text="`wilkc audit recover DIR` repairs what a crash left",
        )


def _begin(means: Means, found: Recovered, root: SigningKey) -> int:
    key = _fresh_key(means)
    origin, place = key.public.name, found.segment.place
    text = certificate_text(origin, place.seq, place.prev, key.public.text)
    cert = sign_note(text, origin + ROOT_SUFFIX, root)
    tip = begin_segment(means, "reanchor", place, key, mode=means.settings.mode, cert=cert)
    tip.close()
    means.keys.roll_segment_key(key.kid, means.now())
    note = tip.note.encode()
    means.disk.put_file(held_path(means.keys.directory, origin), note)
    means.disk.put_file(means.directory / CHECKPOINT, note)
    return place.seq


def _fresh_key(means: Means) -> SegmentKey:
    """A key that signed nothing yet: a pending one may be named by a seal that was lost."""
    pending = means.keys.segment_key("pending")
    if pending is not None:
        means.keys.roll_segment_key(pending.kid, means.now())
    return means.keys.prepare_segment_key(means.keys.origin, means.now())
