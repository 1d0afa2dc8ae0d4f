"""Reading one's own log so that something may be destroyed on its word. Layer: runtime.

Whoever can write the directory of a log can put any record into it, or take one out. So what
lets keys or segments go for what records say reads them here:

    1. the key directory holds a checkpoint that this host signed; without it nothing could
       tell that records were taken away
    2. the log is covered by a checkpoint to its end, as its writer has it
    3. every stored byte is verified, and the log has the root of both checkpoints: what is
       before them is exactly what this host wrote, whatever the certificates say
    4. only records before that end are handed on

What the caller still owes: to use nothing of what was handed on unless this returns, and to
keep others from adding what it looks for meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wilkc.core.errors import VerificationError
from wilkc.runtime.audit.held import read_held
from wilkc.runtime.audit.verification import verify_uncertified
from wilkc.runtime.audit.verifying.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from wilkc.runtime.audit.logger import AuditLogger
    from wilkc.runtime.audit.verifying.result import VerifiedEvent

_HELP = "see what is wrong by `wilkc audit verify`; what was changed is evidence"


def read_trusted(
    logger: AuditLogger, sees: Callable[[dict[str, Any]], None], sizes: Collection[int] = ()
) -> Mapping[int, bytes]:
    """Verify a log against what this host signed, and see each of its records.

    Args:
        logger: the opened log, shared or not.
        sees: called with each record that is still there, in order.
        sizes: at which the root of the log is wanted.

    Returns:
        Size to root, for the sizes that the log reaches.

    Raises:
        VerificationError: the log does not verify, or nothing is held that it could be
            verified against.
        UsageError: the log cannot be read.
        UnavailableError: it cannot be covered by a checkpoint.
    """
    means = logger.means
    held = read_held(means.keys.directory, logger.origin)  # (1)
    if held is None:
        raise VerificationError(
            "nothing is destroyed: no checkpoint of this log is held beside its keys",
            help_text="verify the log by a checkpoint from elsewhere, then `wilkc audit recover`",
        )
    end = logger.checkpoint()  # (2)

    def before_the_end(event: VerifiedEvent) -> None:
        if event.seq < end.size:  # (4)
            sees(event.record)

    # Roots speak for the records, so that their signatures need not be checked one by one.
    options = Options(signatures="none", accept_pruned=True)
    expected = {"the checkpoint held beside the keys": held, "the end that was written": end}
    found, roots = verify_uncertified(
        means.directory, expected, before_the_end, sizes=sizes, options=options
    )  # (3)
    if not found.ok:
        raise VerificationError(
            f"nothing is destroyed, as the log does not verify: {found.reasons[0]}",
            help_text=_HELP,
        )
    return roots
