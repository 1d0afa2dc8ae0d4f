"""The key directory as the audit log uses it. Layer: runtime.

It joins the ring, which holds few keys, with the data keys, which are many. Rotation works on
both and stands beside, in `rotate`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError, VerificationError
from wilkc.runtime.keys.data_keys import DEKS_FILE, DataKeys, OpenDataKey
from wilkc.runtime.keys.due import Rotation, later
from wilkc.runtime.keys.entries import SegmentKey, first_ring, new_signing_key
from wilkc.runtime.keys.ring import ring_text
from wilkc.runtime.keys.ringfile import RING_FILE, RingFile
from wilkc.runtime.keys.sign import SigningKey
from wilkc.runtime.keys.verifier import parse_verifier_key

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.ring import Ring
    from wilkc.runtime.keys.states import State, Use
    from wilkc.runtime.keys.wraps import Provider

HELD_DIRECTORY: Final = "held"


class KeyStore:
    """An opened key directory. Changes are made through it alone; it holds no lock between.

    Attributes:
        directory: where it is.
        rings: the file of the key ring.
        data: the data keys.
    """

    def __init__(self, directory: Path, provider: Provider, disk: Disk) -> None:
        self.directory = directory
        self.rings = RingFile(directory, provider, disk)
        self.data = DataKeys(self.rings)

    @classmethod
    def create(  # noqa: PLR0913  # where, by which key, and whose
        cls,
        directory: Path,
        provider: Provider,
        disk: Disk,
        *,
        origin: str,
        now: str,
        rotation: Rotation | None = None,
    ) -> KeyStore:
        """Make a key directory with its first keys.

        Args:
            directory: must be missing or empty.
            provider: wraps the first keys.
            disk: where to write.
            origin: name of the segment keys.
            now: the time, as records write it.
            rotation: how long key-encryption keys are used; left out, the default.

        Raises:
            UsageError: the directory holds something, or cannot be written.
        """
        due = later(now, (rotation or Rotation()).days)
        ring, mac_key = first_ring(provider, origin, now, due)
        put_directory(directory, ring_text(ring, mac_key), b"", disk)
        return cls(directory, provider, disk)

    @property
    def ring(self) -> Ring:
        """The key ring, as last read or written."""
        return self.rings.ring

    @property
    def origin(self) -> str:
        """Name of the log that the segment keys are for."""
        public = self.ring.active("segment").public or ""
        return parse_verifier_key(public).name

    def refresh(self) -> None:
        """Read again what another process changed.

        Raises:
            VerificationError: it does not verify, or went back to an older version.
        """
        self.rings.refresh()
        self.data.refresh()

    def require_version(self, known: int) -> None:
        """Require that the ring is not older than the one a log knows.

        Raises:
            VerificationError: an older ring was put back.
        """
        if self.ring.version < known:
            raise VerificationError(
                f"the key ring has version {self.ring.version}, the log knows {known}",
                help_text="restore the newest key ring of this log",
            )

    def segment_key(self, state: State) -> SegmentKey | None:
        """The segment key in a state, `active` or `pending`, or None."""
        return self._signing_key("segment", state)

    def prepare_segment_key(self, origin: str, now: str) -> SegmentKey:
        """The pending segment key; made and durable if there is none."""
        with self.rings.locked():
            return self._signing_key("segment", "pending") or self._make_signing_key(
                "segment", origin, now, "pending"
            )

    def roll_segment_key(self, kid: str, now: str) -> None:
        """Make the pending segment key active and destroy the one before, durably."""
        with self.rings.locked():
            self.rings.save(self.ring.with_roll(kid, now))

    def signing_key(self, use: Use, now: str) -> SegmentKey:
        """The active signing key of a use, as `report`; made and durable if there is none.

        Its name is the origin of the log, `/`, and the use. Who makes one puts it on record.
        """
        found = self._signing_key(use, "active")
        if found is not None:
            return found
        with self.rings.locked():
            return self._signing_key(use, "active") or self._make_signing_key(
                use, f"{self.origin}/{use}", now, "active"
            )

    def data_key(
        self,
        subject: str | None,
        record_class: str,
        month: str,
        now: str,
        messages: int = 1,
    ) -> OpenDataKey:
        """The key that seals content now; made and durable before its first use if needed."""
        return self.data.usable(subject, record_class, month, now, messages)

    def data_key_by_id(self, kid: str) -> OpenDataKey:
        """The key that a sealed value names.

        Raises:
            VerificationError: it is not here; it may have been destroyed.
        """
        return self.data.by_id(kid)

    def forget(self, kids: Collection[str]) -> None:
        """Remove data keys for good, durably; who does so puts it on record."""
        self.data.forget(kids)

    def _signing_key(self, use: Use, state: State) -> SegmentKey | None:
        entry = self.ring.find(use, state)
        if entry is None or entry.public is None:
            return None
        key = SigningKey(self.rings.secret(entry))
        return SegmentKey(entry.kid, parse_verifier_key(entry.public), key)

    def _make_signing_key(self, use: Use, name: str, now: str, state: State) -> SegmentKey:
        entry, made = new_signing_key(use, name, now, state, self.rings.active_kek())
        self.rings.save(self.ring.with_key(entry))
        return made


def put_directory(
    directory: Path,
    ring: bytes,
    deks: bytes,
    disk: Disk,
    others: Mapping[str, bytes] | None = None,
) -> None:
    """Write the files of a new key directory, the ring last.

    Args:
        directory: must be missing or empty.
        ring: the key ring.
        deks: the data keys.
        disk: where to write.
        others: further files, by their path in the directory.

    Raises:
        UsageError: the directory holds something, or cannot be written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise UsageError(f"the key directory `{directory}` is not empty")
        directory.chmod(0o700)
        disk.make_directory(directory / HELD_DIRECTORY)
        for name, data in (others or {}).items():
            disk.put_file(directory / name, data)
        disk.put_file(directory / DEKS_FILE, deks)
        disk.put_file(directory / RING_FILE, ring)
    except OSError as error:
        raise UsageError(
            f"cannot make the key directory `{directory}`: {error.strerror}"
        ) from error
