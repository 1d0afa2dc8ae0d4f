"""The certificate of an erasure. Layer: runtime. Pure.

A signed note whose text says what was destroyed, and under which checkpoint: whoever has the
log can find the key that signed it in a record, and the records that it is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.encoding import to_base64
from wilkc.runtime.audit.note import sign_note

if TYPE_CHECKING:
    from wilkc.runtime.keys import SegmentKey

FORMAT: Final = "wilk.erasure/v1"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was destroyed.

    Attributes:
        origin: name of the log.
        erasure: name of the erasure.
        subject: token of the person.
        kids: ids of the data keys.
        keks: ids of the key-encryption keys that had wrapped them.
        providers: ids of the provider's keys that had wrapped those.
        size: of the checkpoint that covers the destruction.
        root: of the same checkpoint.
        completed: when the last of them was gone.
    """

    origin: str
    erasure: str
    subject: str
    kids: tuple[str, ...]
    keks: tuple[str, ...]
    providers: tuple[str, ...]
    size: int
    root: bytes
    completed: str

    def text(self) -> str:
        """The text that is signed, one fact a line."""
        lines = (
            FORMAT,
            self.origin,
            self.erasure,
            self.subject,
            ",".join(self.kids),
            ",".join(self.keks),
            ",".join(self.providers),
            str(self.size),
            to_base64(self.root),
            self.completed,
        )
        return "".join(f"{line}\n" for line in lines)


def certificate_note(certificate: Certificate, key: SegmentKey) -> str:
    """The certificate as a note, signed by the report key of the log."""
    return sign_note(certificate.text(), key.public.name, key.key)
