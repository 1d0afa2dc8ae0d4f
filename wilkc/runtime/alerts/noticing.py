"""Noticing that a log refuses records, which it cannot itself record. Layer: runtime.

Stands between a guard and its log and changes nothing. What it notices is a fact that a watcher
in the same process tells people of, for as long as it holds. Where no guard is at hand, whoever
looks after the log tries whether it could take a record, and notices as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from wilkc.core.errors import UnavailableError, VerificationError

if TYPE_CHECKING:
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.alerts.seen import Fact
    from wilkc.runtime.guard.recording import Intent, Recorder

_KEY: Final = ("audit_key_missing", "the key ring ")
"""How every error begins that is about keys: missing, changed, or put back as they were."""


class Noticed(Protocol):
    """Whoever notices what is wrong with a log."""

    trouble: Fact | None
    """What is wrong with it now, or None."""


def trouble_of(error: UnavailableError | VerificationError) -> Fact:
    """What it means for a log that a record was refused with this error."""
    if isinstance(error, UnavailableError):
        return "fact.log_unavailable"
    return "fact.key_problem" if error.message.startswith(_KEY) else "fact.log_not_ok"


class NoticingLog:
    """A recorder that remembers how its last record went. May be used by several threads.

    Args:
        log: where records go.
    """

    def __init__(self, log: Recorder) -> None:
        self._log = log
        self.trouble: Fact | None = None
        """What is wrong with the log since its last record; None while it takes records."""

    def intent(self, request: Request, decision: Decision, **known: Any) -> Intent:
        """Record a decision, see `wilkc.runtime.guard.recording.Recorder.intent`."""
        try:
            stored = self._log.intent(request, decision, **known)
        except (UnavailableError, VerificationError) as error:
            self.trouble = trouble_of(error)
            raise
        self.trouble = None
        return stored
