"""Failures to authenticate, on record. Layer: runtime.

Each is an event `auth.failure`, which the alerts count. Its actor is the source, since nobody
knows who it was; a name that was claimed and not shown would accuse somebody else. A source is an
address as a rule, which is sealed: a keyed digest tells it from others, and nobody without the
log's keys can try addresses until one fits.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from wilkc.runtime.audit.drafts import Circumstances, Event
from wilkc.runtime.audit.record import Actor

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.identity import Failure
    from wilkc.runtime.audit import AuditLogger


_CONTEXT: Final = b"wilk.source/v1\n"
_DIGITS: Final = 16
_LETTERS: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
"""A name of letters alone is never taken for the number of a card or a person, and sealed."""


def failure_recorder(logger: AuditLogger) -> Callable[[Failure], None]:
    """What an `Identity` tells failures to.

    What cannot be recorded raises, so that who asked gets no answer but an error.

    Raises:
        VerificationError: the key that tells sources apart is missing.
    """
    keys = logger.means.keys
    # Read once: it is never replaced, while the ring is read again by whoever writes.
    secret = keys.rings.secret(keys.ring.active("lookup"))

    def record(failure: Failure) -> None:
        logger.system(
            Event(
                type="auth.failure",
                resource=f"identity:{failure.channel}",
                actor=Actor("system", f"{failure.channel}.{_name(secret, failure)}"),
                status="failure",
                error=failure.detail,
                details={"count": failure.count, "credential": failure.credential},
                circumstances=Circumstances(ip_address=failure.source),
            )
        )

    return record


def _name(secret: bytes, failure: Failure) -> str:
    about = f"{failure.channel}\n{failure.source}".encode("utf-8", "surrogatepass")
    digest = hmac.new(secret, _CONTEXT + about, "sha256").hexdigest()
    return digest[:_DIGITS].translate(_LETTERS)
