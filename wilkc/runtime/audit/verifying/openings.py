"""Whether sealed members open: one for each data key. Layer: runtime. Reads keys and blobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.runtime.audit.verifying.reading import Reading
    from wilkc.runtime.audit.verifying.result import VerifiedEvent
    from wilkc.runtime.keys import KeyStore

DESTROYED: Final = "key.destroyed"


@dataclass(slots=True)
class Openings:
    """An observer that opens one member under each data key it meets.

    Attributes:
        keys: the opened key directory.
        directory: of the log.
        opened: ids of keys that opened one.
        failed: ids of keys that did not, with the event and the reason.
        erased: ids of keys that the log says were destroyed.
    """

    keys: KeyStore
    directory: Path
    opened: set[str] = field(default_factory=set)
    failed: dict[str, tuple[int, str]] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def __call__(self, seen: VerifiedEvent) -> None:
        """Look at one event."""
        event = seen.record
        if event["action"]["type"] == DESTROYED and event["phase"] == "system":
            kids = event["action"]["details"].get("kids")
            if isinstance(kids, list):
                self.erased.update(kid for kid in kids if isinstance(kid, str))
        for path, envelope in event["sealed"].items():
            kid = envelope["kid"]
            if kid not in self.opened and kid not in self.failed:
                try:
                    open_member(event, path, self.keys, self.directory)
                    self.opened.add(kid)
                except VerificationError as error:
                    self.failed[kid] = (seen.seq, error.message)

    def judge(self, reading: Reading) -> None:
        """Note what does not open, though no record says that its key was destroyed."""
        # 10. one envelope per kid opens, or its kid is destroyed on record.
        for kid, (seq, reason) in sorted(self.failed.items()):
            if kid not in self.erased:
                reading.add("KEY_PROBLEM", f"event {seq:,}, key `{kid}`: {reason}")

    @property
    def gone(self) -> int:
        """How many of the keys that records name do not open any more, as the log says."""
        return len(self.failed.keys() & self.erased)
