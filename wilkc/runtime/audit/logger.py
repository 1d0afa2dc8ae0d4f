"""The audit log as callers see it. Layer: runtime.

A long-lived process opens a log for itself and keeps it; short-lived ones share a log, and
each takes its lock for one record at a time. Either way a record is on stable storage when
the call that made it returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.actions import USAGE
from wilkc.runtime.audit.clock import Clock, Owner, this_process
from wilkc.runtime.audit.commit_queue import MAX_BATCH
from wilkc.runtime.audit.drafts import (
    Asked,
    Circumstances,
    Event,
    draft_event,
    draft_intent,
    draft_outcome,
)
from wilkc.runtime.audit.means import Means
from wilkc.runtime.audit.places import require_log
from wilkc.runtime.audit.record import Actor
from wilkc.runtime.audit.sampling import is_left_out
from wilkc.runtime.audit.settings import keep_settings, kept_settings
from wilkc.runtime.audit.store import Store
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import KeyStore, open_provider

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.audit.note import Checkpoint
    from wilkc.runtime.audit.record import Draft, Status
    from wilkc.runtime.audit.settings import AuditSettings
    from wilkc.runtime.compliance import Wanted

_MICROSECONDS: Final = 1000
LEFT_OUT: Final = -1
"""In place of the number of a record that is only counted."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record on stable storage: its id, and its number in the log.

    The number is `LEFT_OUT` where sampling left the record out: it is counted, and not stored.
    """

    id: str
    seq: int


class Intent:
    """A decision on record.

    Attributes:
        id: of the record.
        seq: its number in the log.
    """

    def __init__(self, logger: AuditLogger, draft: Draft, seq: int) -> None:
        self.id = draft.id
        self.seq = seq
        self._logger = logger
        self._draft = draft

    def outcome(
        self,
        status: Status,
        *,
        error: str | None = None,
        error_text: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> Receipt:
        """Record what the action did.

        Args:
            status: `success`, `failure` or `warning`.
            error: a code, for example `exit_code`.
            error_text: free text of the error, which is sealed.
            details: more about it, sealed but for the listed members.

        Raises:
            UnavailableError: it could not be recorded. The action is done all the same; the
                loss is counted on record, and nothing is allowed until the log accepts again.
            ValueError: the intent was denied or is not enforced, so nothing happened.
        """
        if not self._draft.expects_outcome():
            raise ValueError("a denied or unenforced intent has no outcome")
        return self._logger.record_outcome(
            self._draft, status, error=error, error_text=error_text, details=details
        )

    def usage(self, sample: Mapping[str, Any]) -> Receipt:
        """Record what the action uses while it lasts.

        Args:
            sample: whole numbers, None where nothing could be read; it stays in clear.

        Raises:
            UnavailableError: it could not be recorded.
        """
        event = Event(
            type=USAGE,
            resource=self._draft.resource,
            actor=self._draft.actor,
            ref=self.id,
            details=sample,
            clear=True,
        )
        return self._logger.system(event)


class AuditLogger:
    """Writes records to one log. May be used by several threads."""

    def __init__(self, means: Means, origin: str, *, shared: bool) -> None:
        self.origin = origin
        self._means = means
        self._shared = shared
        self._store = Store(means, origin, shared=shared)
        self._owner: Owner = this_process()

    @property
    def shared(self) -> bool:
        """Whether other processes write between this one's records."""
        return self._shared

    @property
    def means(self) -> Means:
        """Directory, keys, settings, disk and clock of the log."""
        return self._means

    @classmethod
    def open(  # noqa: PLR0913  # where, with which keys, and how
        cls,
        directory: Path,
        keys_directory: Path,
        *,
        provider: Path | str,
        settings: AuditSettings | None = None,
        shared: bool = False,
        disk: Disk | None = None,
        clock: Clock | None = None,
    ) -> AuditLogger:
        """Open a log that `create_log` made.

        Args:
            directory: of the log.
            keys_directory: its keys.
            provider: what wraps the first of them: a file, or a `pkcs11:` URI.
            settings: how to write, which the log keeps to from now on; left out, as it was
                last told.
            shared: whether other processes write to it between this one's records.
            disk: where to write; the real disk if left out.
            clock: times of records; the host's if left out.

        Raises:
            UsageError: there is no log, or a key lies where it must not.
            VerificationError: the log was tampered with or cut, or a key is missing.
            UnavailableError: another process holds the log, or it cannot be written.
        """
        disk = disk or Disk()
        require_log(directory, keys_directory)
        wrapper = open_provider(provider, (directory, keys_directory), disk)
        keys = KeyStore(keys_directory, wrapper, disk)
        if settings is None:
            settings = kept_settings(keys_directory)
        else:
            keep_settings(keys_directory, settings, disk)
        means = Means(directory, keys, settings, disk, clock or Clock())
        logger = cls(means, keys.origin, shared=shared)
        logger._store.open()  # its own member
        return logger

    def intent(  # noqa: PLR0913  # what is known about a decision
        self,
        request: Request,
        decision: Decision,
        *,
        enforced: bool = True,
        degraded: bool = False,
        circumstances: Circumstances | None = None,
        latency_us: int | None = None,
        decision_id: str | None = None,
        input_bytes: bytes | None = None,
        details: Mapping[str, Any] | None = None,
        tags: tuple[str, ...] = (),
        person: str | None = None,
    ) -> Intent:
        """Record a decision, allow or deny, before anything happens.

        Args:
            request: what was asked.
            decision: the answer.
            enforced: whether an allow is followed by the action; else it was a question.
            degraded: whether something that was to confine the action is missing.
            circumstances: where it came from; left out, what the request's context says.
            latency_us: how long the decision took.
            decision_id: the decision point's id of the answer.
            input_bytes: the very bytes sent to the decision point.
            details: more about it, sealed but for the listed members.
            tags: compliance tags to add.
            person: id of the person it is about, whose key seals the content.

        Returns:
            The intent, on stable storage. An enforced allow must get its `outcome`.

        Raises:
            UnavailableError: it was not recorded in time; the answer is then a denial.
            VerificationError: the log was tampered with, or a key is missing.
        """
        asked = Asked(
            request=request,
            decision=decision,
            enforced=enforced,
            degraded=degraded,
            circumstances=circumstances,
            latency_us=latency_us,
            decision_id=decision_id,
            input=input_bytes,
            details=details or {},
            tags=tags,
            person=person,
        )
        return self.intents([asked])[0]

    def intents(self, asked: Sequence[Asked]) -> list[Intent]:
        """Record several decisions, as many as fit in one write and one sync.

        Raises:
            UnavailableError: not all could be recorded; take all answers as denials.
            VerificationError: the log was tampered with, or a key is missing.
        """
        settings = self._means.settings
        stored: list[Intent] = []
        for start in range(0, len(asked), MAX_BATCH):
            group = asked[start : start + MAX_BATCH]
            drafted = [
                draft_intent(self._means.new_id(), one, self._owner, settings) for one in group
            ]
            essential = not any(one.enforced and one.decision.allow for one in group)
            put = self._store.put(drafted, essential=essential)
            stored += [Intent(self, draft, seq) for draft, seq in put]
        return stored

    def system(self, event: Event, *, record_id: str | None = None) -> Receipt:
        """Record a fact that is no decision: a sign-in, a grant, a change, a violation.

        Args:
            event: the fact.
            record_id: a UUIDv7 that no record of this log has; None makes one.

        Raises:
            UnavailableError: it could not be recorded.
            VerificationError: the log was tampered with, or a key is missing.
        """
        drafted = draft_event(record_id or self._means.new_id(), event, self._means.settings)
        if is_left_out(drafted.draft, self._means.settings.sample_permille):
            return self._leave_out(drafted.draft)
        draft, seq = self._store.put([drafted], essential=True)[0]
        return Receipt(draft.id, seq)

    log_event = system

    def log_permission_grant(  # noqa: PLR0913  # the call of the permission model
        self,
        agent: str,
        resource: str,
        action: str,
        *,
        duration_ms: int,
        permission_source: str,
        circumstances: Circumstances | None = None,
    ) -> Receipt:
        """Record that an agent gained a permission; arguments as in the permission model."""
        return self.system(
            Event(
                type="permission.grant",
                resource=resource,
                actor=Actor("agent", agent),
                details={
                    "action": action,
                    "duration_us": duration_ms * _MICROSECONDS,
                    "permission_source": permission_source,
                },
                circumstances=circumstances or Circumstances(),
            )
        )

    def log_security_violation(  # noqa: PLR0913  # the call of the permission model
        self,
        agent: str,
        *,
        action_type: str,
        resource: str,
        violation_type: str,
        attempted_action: str,
        security_policy: str,
        text: str,
    ) -> Receipt:
        """Record a violation of a policy; `text` is free and therefore sealed."""
        return self.system(
            Event(
                type=action_type,
                resource=resource,
                actor=Actor("agent", agent),
                status="failure",
                details={
                    "violation_type": violation_type,
                    "attempted_action": attempted_action,
                    "security_policy": security_policy,
                },
                error="security_violation",
                error_text=text,
                risk="high",
                tags=("security_violation",),
            )
        )

    def generate_compliance_report(self, root: str, wanted: Wanted) -> dict[str, Any]:
        """What the log evidences, once it verifies: see `wilkc.runtime.compliance.make_report`."""
        from wilkc.runtime.compliance import make_report  # noqa: PLC0415  # it rests on this room

        return make_report(self._means.directory, root, wanted)

    def record_outcome(
        self,
        intent: Draft,
        status: Status,
        *,
        error: str | None,
        error_text: str | None,
        details: Mapping[str, Any] | None,
    ) -> Receipt:
        """Record the outcome of an intent; see `Intent.outcome`."""
        record_id = self._means.new_id()
        settings = self._means.settings
        drafted = draft_outcome(
            record_id, intent, status, settings,
            error=error, error_text=error_text, details=details,
        )  # fmt: skip
        if is_left_out(drafted.draft, settings.sample_permille):
            return self._leave_out(drafted.draft)
        _, seq = self._store.put([drafted], essential=True)[0]
        return Receipt(record_id, seq)

    def _leave_out(self, draft: Draft) -> Receipt:
        self._store.leave_out(draft)
        return Receipt(draft.id, LEFT_OUT)

    def roll(self) -> None:
        """End the current segment and begin the next one.

        Raises:
            UnavailableError: it cannot be written.
            UsageError: the log is shared, and not held by this process.
        """
        if self._shared:
            raise UsageError("a shared log is not this process's to divide")
        self._store.roll()

    def roll_due(self, *, at_once: bool = False) -> bool:
        """End the segment if its size, age or settings say so, or at once; whether it was.

        A shared log is held for this alone.

        Raises:
            UnavailableError: it cannot be written.
        """
        return self._store.roll_due(at_once=at_once)

    def checkpoint(self) -> Checkpoint:
        """Cover everything with a checkpoint, and publish it; what it says.

        Raises:
            UnavailableError: it cannot be written.
        """
        return self._store.checkpoint()

    def oldest_pending(self) -> int | None:
        """Number of the oldest action whose outcome is still to come, or None."""
        return self._store.oldest_pending()

    def close(self) -> None:
        """Cover everything with a checkpoint and let go of the log."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
