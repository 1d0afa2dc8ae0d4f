"""Noticing that a log refuses records, which it cannot itself record. Layer: runtime.

Stands between a guard and its log and changes nothing. What it notices is a fact that a watcher
in the same process tells people of, for as long as it holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import UnavailableError, VerificationError

if TYPE_CHECKING:
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.alerts.seen import Fact
    from wilkc.runtime.guard.recording import Intent, Recorder

_KEY: Final = "audit_key_missing"


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
        except VerificationError as error:
            missing = error.message.startswith(_KEY)
            self.trouble = "fact.key_problem" if missing else "fact.log_not_ok"
            raise
        except UnavailableError:
            self.trouble = "fact.log_unavailable"
            raise
        self.trouble = None
        return stored
