"""What a verification is asked to assess. Layer: runtime. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wilkc.runtime.audit.verifying.result import Signatures
    from wilkc.runtime.keys import KeyStore

MAX_JOBS: Final = 64


@dataclass(frozen=True, slots=True)
class Options:
    """How thoroughly, and on which terms.

    Attributes:
        signatures: which event signatures are checked: `all`, about one of 16 at random
            (`sample`), or `none`. Those of checkpoints, certificates, headers and seals are
            always checked, except that `none` leaves out headers and seals. After the last
            checkpoint, which speaks for what is before it, every one is checked.
        accept_pruned: whether ranges that were pruned on record are in order.
        require_anchor: whether a log without a checkpoint from outside is `INCOMPLETE`.
        policy: text of a tlog-policy that a checkpoint must satisfy, or None.
        keys: the opened key directory, of each of whose keys one sealed member is to open.
        jobs: processes that read segments, 1 to 64.
    """

    signatures: Signatures = "all"
    accept_pruned: bool = False
    require_anchor: bool = False
    policy: str | None = None
    keys: KeyStore | None = None
    jobs: int = 1
