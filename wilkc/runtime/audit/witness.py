"""A witness: it cosigns a checkpoint that follows from what it saw before. Layer: runtime.

It runs on another machine than the log, remembers the largest tree it has seen of each log,
and never says anything that contradicts it. What it saw is durable before it signs: were it
the other way round, a crash could let it sign two histories.
"""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit.cosignature import cosign
from wilkc.runtime.audit.export.growth import verify_growth
from wilkc.runtime.audit.note import parse_checkpoint
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.cosignature import Signer
    from wilkc.runtime.audit.note import Checkpoint
    from wilkc.runtime.keys import VerifierKey

_LOCK: Final = "witness.lock"


class Witness:
    """A witness with its memory.

    Args:
        state: folder of what it saw, one file for each log; made if it is missing.
        name: of the witness, as in its key.
        key: what it signs with.
        disk: where to write.
    """

    def __init__(self, state: Path, name: str, key: Signer, disk: Disk | None = None) -> None:
        self._state, self._name, self._key = state, name, key
        self._disk = disk or Disk()

    def seen(self, origin: str) -> Checkpoint | None:
        """The largest checkpoint it cosigned of a log, or None.

        Raises:
            VerificationError: its memory is damaged; it signs nothing then.
        """
        path = self._path(origin)
        try:
            return parse_checkpoint(path.read_bytes().decode("utf-8"))[0]
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise VerificationError(f"what was seen before cannot be read: `{path}`") from error

    def cosign(self, proof: bytes, origin: str, root: VerifierKey, time: int) -> str:
        """The checkpoint with this witness's cosignature.

        Args:
            proof: see `make_growth`.
            origin: of the log that is expected.
            root: its root key.
            time: seconds since 1970-01-01 UTC.

        Raises:
            VerificationError: the proof does not hold, or the log went back or forked.
            UsageError: the memory cannot be written.
            UnavailableError: another process is signing.
        """
        try:
            return self._cosign(proof, origin, root, time)
        except OSError as error:
            raise UsageError(f"cannot write `{self._state}`: {error.strerror}") from error

    def _cosign(self, proof: bytes, origin: str, root: VerifierKey, time: int) -> str:
        if not self._state.is_dir():
            self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Else a crash could take the memory away and leave the cosignature.
            self._disk.sync_directory(self._state.parent)
        fd = self._disk.open(self._state / _LOCK, os.O_RDWR | os.O_CREAT)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UnavailableError("another process is signing for this witness") from error
            old = self.seen(origin)
            new, note, text = verify_growth(proof, old, root)
            if new.origin != origin:
                raise VerificationError(f"the checkpoint is of another log, `{new.origin}`")
            self._disk.put_file(self._path(origin), text.encode())
            return text + cosign(note.text, self._name, self._key, time)
        finally:
            self._disk.close(fd)

    def _path(self, origin: str) -> Path:
        return self._state / origin.replace("/", "+")
