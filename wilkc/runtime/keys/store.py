"""The key directory: loading and changing the ring and the data keys. Layer: runtime.

Every change happens under a lock and is durable before it is used. Nothing missing is ever
made anew: a fresh key in place of a lost one would hide the loss.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.keys.deks import FORMAT as DEK_FORMAT
from wilkc.runtime.keys.deks import KID_DIGITS, REPLACED_AFTER, USE, DataKey, deks_text, read_deks
from wilkc.runtime.keys.ring import FORMAT, Entry, Ring, check_mac, new_ring, read_ring, ring_text
from wilkc.runtime.keys.seal import ALGORITHM, random_key
from wilkc.runtime.keys.sign import SigningKey
from wilkc.runtime.keys.verifier import VerifierKey, parse_verifier_key, verifier_key
from wilkc.runtime.keys.wraps import KeyWrapper, bound_to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.runtime.disk import Disk
    from wilkc.runtime.keys.states import State, Use
    from wilkc.runtime.keys.wraps import Wrapper

RING_FILE: Final = "keyring.json"
DEKS_FILE: Final = "deks.jsonl"
HELD_DIRECTORY: Final = "held"
LOCK_FILE: Final = "keyring.lock"


@dataclass(frozen=True, slots=True)
class OpenDataKey:
    """A data key that can be used."""

    kid: str
    key: bytes


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """The key of one segment: its id in the ring, its public and its private half."""

    kid: str
    public: VerifierKey
    key: SigningKey


class KeyStore:
    """An opened key directory. Changes are made through it alone; it holds no lock between."""

    def __init__(self, directory: Path, provider: Wrapper, disk: Disk) -> None:
        self.directory = directory
        self._provider = provider
        self._disk = disk
        self._uses: dict[str, int] = {}
        self._opened: dict[str, OpenDataKey] = {}
        self._read_text = b""
        self.ring = self._load()
        self._deks = self._load_deks()

    @classmethod
    def create(
        cls, directory: Path, provider: Wrapper, disk: Disk, *, origin: str, now: str
    ) -> KeyStore:
        """Make a key directory with its first keys.

        Args:
            directory: must be missing or empty.
            provider: wraps the first keys.
            disk: where to write.
            origin: name of the segment keys.
            now: the time, as records write it.

        Raises:
            UsageError: the directory holds something, or cannot be written.
        """
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(directory.iterdir()):
                raise UsageError(f"the key directory `{directory}` is not empty")
            directory.chmod(0o700)
            disk.make_directory(directory / HELD_DIRECTORY)
            ring, mac_key = _first_ring(provider, origin, now)
            disk.put_file(directory / DEKS_FILE, b"")
            disk.put_file(directory / RING_FILE, ring_text(ring, mac_key))
        except OSError as error:
            raise UsageError(
                f"cannot make the key directory `{directory}`: {error.strerror}"
            ) from error
        return cls(directory, provider, disk)

    @property
    def origin(self) -> str:
        """Name of the log that the segment keys are for."""
        public = self.ring.active("segment").public or ""
        return parse_verifier_key(public).name

    def refresh(self) -> None:
        """Read the ring again if another process changed it.

        Raises:
            VerificationError: it does not verify, or went back to an older version.
        """
        if self._read_file(RING_FILE) != self._read_text:
            known = self.ring.version
            self.ring = self._load()
            if self.ring.version < known:
                raise VerificationError("the key ring went back to an older version")

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
        entry = self.ring.find("segment", state)
        if entry is None or entry.public is None:
            return None
        key = SigningKey(self._unwrap(entry))
        return SegmentKey(entry.kid, parse_verifier_key(entry.public), key)

    def prepare_segment_key(self, origin: str, now: str) -> SegmentKey:
        """The pending segment key; made and durable if there is none."""
        with self._locked():
            self.refresh()
            found = self.segment_key("pending")
            if found:
                return found
            entry, made = _segment_entry(origin, now, "pending", self._kek())
            self._save(self.ring.with_key(entry))
            return made

    def roll_segment_key(self, kid: str, now: str) -> None:
        """Make the pending segment key active and destroy the one before, durably."""
        with self._locked():
            self.refresh()
            self._save(self.ring.with_roll(kid, now))

    def data_key(self, subject: str | None, record_class: str, month: str, now: str) -> OpenDataKey:
        """The key that seals content now; made and durable before its first use if needed."""
        entry = self._usable(subject, record_class, month)
        if entry is None:
            with self._locked():
                self._deks = self._load_deks()
                entry = self._usable(subject, record_class, month)
                if entry is None:
                    entry = self._make_data_key(subject, record_class, month, now)
        self._uses[entry.kid] = self._uses.get(entry.kid, 0) + 1
        if entry.kid not in self._opened:
            self._opened[entry.kid] = OpenDataKey(entry.kid, self._open_data_key(entry))
        return self._opened[entry.kid]

    def data_key_by_id(self, kid: str) -> OpenDataKey:
        """The key that a sealed value names.

        Raises:
            VerificationError: it is not here; it may have been destroyed.
        """
        self._deks = self._load_deks()
        for entry in self._deks:
            if entry.kid == kid:
                return OpenDataKey(kid, self._open_data_key(entry))
        raise VerificationError(f"audit_key_missing: there is no data key `{kid}`")

    def _usable(self, subject: str | None, record_class: str, month: str) -> DataKey | None:
        fitting = (key for key in reversed(self._deks) if key.fits(subject, record_class, month))
        newest = next(fitting, None)
        if newest and self._uses.get(newest.kid, 0) < REPLACED_AFTER:
            return newest
        return None

    def _make_data_key(
        self, subject: str | None, record_class: str, month: str, now: str
    ) -> DataKey:
        self.refresh()
        kid = os.urandom(KID_DIGITS // 2).hex()
        wrapped = self._kek().wrap(random_key(), bound_to(kid, USE, DEK_FORMAT))
        entry = DataKey(
            alg=ALGORITHM,
            record_class=record_class,
            created=now,
            kid=kid,
            lookup=None,
            month=month,
            subject=subject,
            v=DEK_FORMAT,
            wrapped=wrapped,
        )
        self._deks = (*self._deks, entry)
        self._disk.put_file(self.directory / DEKS_FILE, deks_text(self._deks))
        return entry

    def _open_data_key(self, entry: DataKey) -> bytes:
        kek = next((key for key in self.ring.keys if key.kid == entry.wrapped.by), None)
        if kek is None or kek.use != "kek":
            raise VerificationError(f"audit_key_missing: there is no key `{entry.wrapped.by}`")
        wrapper = KeyWrapper(kek.kid, self._unwrap(kek))
        return wrapper.unwrap(entry.wrapped, bound_to(entry.kid, USE, DEK_FORMAT))

    def _kek(self) -> KeyWrapper:
        entry = self.ring.active("kek")
        return KeyWrapper(entry.kid, self._unwrap(entry))

    def _unwrap(self, entry: Entry) -> bytes:
        if entry.wrapped is None:
            raise VerificationError(f"audit_key_missing: key `{entry.kid}` was destroyed")
        wrapper = self._provider if entry.use in {"kek", "ring"} else self._kek()
        return wrapper.unwrap(entry.wrapped, bound_to(*entry.bound()))

    def _save(self, ring: Ring) -> None:
        text = ring_text(ring, self._unwrap(ring.active("ring")))
        self._disk.put_file(self.directory / RING_FILE, text)
        self.ring, self._read_text = ring, text

    def _load(self) -> Ring:
        text = self._read_file(RING_FILE)
        ring, mac = read_ring(text)
        check_mac(ring, self._unwrap(ring.active("ring")), mac)
        self._read_text = text
        return ring

    def _load_deks(self) -> tuple[DataKey, ...]:
        return read_deks(self._read_file(DEKS_FILE))

    def _read_file(self, name: str) -> bytes:
        path = self.directory / name
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise VerificationError(
                f"audit_key_missing: there is no `{path}`",
                help_text="restore the keys of this log; they are never made anew",
            ) from error
        except OSError as error:
            raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fd = self._disk.open(self.directory / LOCK_FILE, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            self._disk.close(fd)


def _first_ring(provider: Wrapper, origin: str, now: str) -> tuple[Ring, bytes]:
    mac_key, kek_key = random_key(), random_key()
    mac = _symmetric("ring", "HS256", now, provider, mac_key)
    kek = _symmetric("kek", ALGORITHM, now, provider, kek_key)
    wrapper = KeyWrapper(kek.kid, kek_key)
    lookup = _symmetric("lookup", "HS256", now, wrapper, random_key())
    segment, _made = _segment_entry(origin, now, "active", wrapper)
    return new_ring((mac, kek, lookup, segment)), mac_key


def _symmetric(use: Use, alg: str, now: str, wrapper: Wrapper, secret: bytes) -> Entry:
    kid = os.urandom(KID_DIGITS // 2).hex()
    return Entry(
        activated=now,
        alg=alg,
        created=now,
        destroyed=None,
        kid=kid,
        public=None,
        rotate_after=None,
        state="active",
        use=use,
        wrapped=wrapper.wrap(secret, bound_to(kid, use, FORMAT)),
    )


def _segment_entry(
    origin: str, now: str, state: State, wrapper: Wrapper
) -> tuple[Entry, SegmentKey]:
    key = SigningKey.generate()
    public = verifier_key(origin, key.public)
    kid = public.id.hex()
    entry = Entry(
        activated=now if state == "active" else None,
        alg="Ed25519",
        created=now,
        destroyed=None,
        kid=kid,
        public=public.text,
        rotate_after=None,
        state=state,
        use="segment",
        wrapped=wrapper.wrap(key.unsafe_seed, bound_to(kid, "segment", FORMAT)),
    )
    return entry, SegmentKey(kid, public, key)
