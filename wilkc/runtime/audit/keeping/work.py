"""All that is due about the keys of a log, in one call. Layer: runtime."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wilkc.core.errors import GateError
from wilkc.runtime.audit.keeping.erasure import resume_erasures, settle_erasures
from wilkc.runtime.audit.keeping.rotation import rotate

if TYPE_CHECKING:
    from wilkc.runtime.audit.logger import AuditLogger


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done about keys, for a person.

    Attributes:
        done: one line for each thing done.
        stopped: one line for each erasure that was begun and not gone on with.
    """

    done: tuple[str, ...]
    stopped: tuple[str, ...]


def keep_keys(logger: AuditLogger, *, force: bool = False, may_destroy: bool = True) -> Kept:
    """Go on with erasures that a crash interrupted, rotate, and complete what is over.

    Args:
        logger: the log, held by this process and not shared.
        force: whether to rotate before it is due.
        may_destroy: False where the clock is in doubt: then nothing is destroyed.

    Returns:
        What was done, and what not.

    Raises:
        UsageError: the log is shared.
        UnavailableError: it could not be recorded; run it again.
        VerificationError: a key is missing, or the log does not verify.
        OSError: the key directory cannot be written.
    """
    resumed = resume_erasures(logger, logger.means.rotation)
    told = tuple(f"went on with {one.id}" for one in resumed.ended)
    told += rotate(logger, force=force, may_destroy=may_destroy)
    stopped = resumed.stopped
    if may_destroy:
        try:
            told += tuple(f"completed {name}" for name in settle_erasures(logger))
        except GateError as error:
            stopped += (f"the erasures that are pending: {error.message}",)
    return Kept(told, stopped)
