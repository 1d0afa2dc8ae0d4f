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
        cosigned_since: seconds since 1970 before which no cosignature counts for the policy, or
            None: else a whole log that was rolled back shows the checkpoint of that time.
        at_least: number of events that the log is known to have had; 0 if none is known.
        keys: the opened key directory, of each of whose keys one sealed member is to open.
        jobs: processes that read segments, 1 to 64.
        sealed_only: whether only what is sealed was to be read, as of a backup: then the
            segment that the last seal names need not be there.
    """

    signatures: Signatures = "all"
    accept_pruned: bool = False
    require_anchor: bool = False
    policy: str | None = None
    cosigned_since: int | None = None
    at_least: int = 0
    keys: KeyStore | None = None
    jobs: int = 1
    sealed_only: bool = False
