"""Failures to authenticate, on record. Layer: runtime.

Each is an event `auth.failure`, which the alerts count. Its actor is the source, since nobody
knows who it was; a name that was claimed and not shown would accuse somebody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.runtime.audit.drafts import Circumstances, Event
from wilkc.runtime.audit.record import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.identity import Failure
    from wilkc.runtime.audit import AuditLogger


def failure_recorder(logger: AuditLogger) -> Callable[[Failure], None]:
    """What an `Identity` tells failures to.

    What cannot be recorded raises, so that who asked gets no answer but an error.
    """

    def record(failure: Failure) -> None:
        logger.system(
            Event(
                type="auth.failure",
                resource=f"identity:{failure.channel}",
                actor=Actor("system", f"{failure.channel}.caller"),
                status="failure",
                error=failure.detail,
                details={"count": failure.count, "credential": failure.credential},
                circumstances=Circumstances(ip_address=failure.source),
            )
        )

    return record
