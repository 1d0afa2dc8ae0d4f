"""All that is due about the keys of a log, in one call. Layer: runtime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.runtime.audit.keeping.erasure import resume_erasures, settle_erasures
from wilkc.runtime.audit.keeping.rotation import rotate

if TYPE_CHECKING:
    from wilkc.runtime.audit.logger import AuditLogger


def keep_keys(
    logger: AuditLogger, *, force: bool = False, may_destroy: bool = True
) -> tuple[str, ...]:
    """Go on with erasures that a crash interrupted, rotate, and complete what is over.

    Args:
        logger: the log, held by this process and not shared.
        force: whether to rotate before it is due.
        may_destroy: False where the clock is in doubt: then nothing is destroyed.

    Returns:
        What was put on record, for a person.

    Raises:
        UsageError: the log is shared.
        UnavailableError: it could not be recorded; run it again.
        VerificationError: a key is missing, or a hold forbids to go on with an erasure.
        OSError: the key directory cannot be written.
    """
    begun = resume_erasures(logger, logger.means.rotation)
    told = tuple(f"went on with {one.id}" for one in begun)
    told += rotate(logger, force=force, may_destroy=may_destroy)
    if may_destroy:
        told += tuple(f"completed {name}" for name in settle_erasures(logger))
    return told
