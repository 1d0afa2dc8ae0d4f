"""Where decisions and outcomes are put on record. Layer: runtime."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from wilkc.runtime.audit import AuditLogger
from wilkc.runtime.guard.told import Told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.contract import Decision, Json, Request
    from wilkc.runtime.audit import AuditSettings, Circumstances, Event, Receipt

Status = Literal["success", "failure", "warning"]


class Intent(Protocol):
    """The record of what is about to happen, durable by now."""

    def outcome(
        self,
        status: Status,
        *,
        error: str | None = None,
        error_text: str | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> object:
        """Record what became of it.

        Raises:
            WilkError: it could not be recorded; the act is done all the same.
        """
        ...

    def usage(self, sample: Mapping[str, Any]) -> object:
        """Record a sample of what it uses while it lasts.

        Raises:
            WilkError: it could not be recorded.
        """
        ...


class Recorder(Protocol):
    """Records decisions before they take effect."""

    def intent(  # noqa: PLR0913  # what is known about a decision
        self,
        request: Request,
        decision: Decision,
        *,
        enforced: bool = True,
        degraded: bool = False,
        circumstances: Circumstances | None = None,
        latency_us: int | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> Intent:
        """Record a decision; returns once it is on stable storage.

        Args:
            request: what was asked.
            decision: the answer that holds.
            enforced: whether an allow is followed by the action; else it was a question.
            degraded: whether a layer of the confinement may be missing.
            circumstances: where the request came from; None takes what it says.
            latency_us: how long the decision took.
            details: more about it.

        Raises:
            WilkError: it cannot be written; then nothing may happen.
        """
        ...


class SharedLog:
    """An audit log on disk that several processes write to, opened when it is first needed.

    Safe for forks: each process opens the log for itself, as its records name their process.
    It is written as the policy in force says: as `bundle` does where it is given, else as the
    log was last told, which `wilkc serve --audit` does at each activation. Settings that cannot
    be read are an error of `intent`, and so a denial.

    Args:
        directory: of the log.
        keys: its keys.
        provider: what wraps the first of them: a file, or a `pkcs11:` URI.
        settings: how to write, whatever any policy says.
        bundle: gives the verified bundle that decides now.
    """

    def __init__(
        self,
        directory: Path,
        keys: Path,
        provider: Path | str,
        settings: AuditSettings | None = None,
        *,
        bundle: Callable[[], VerifiedBundle] | None = None,
    ) -> None:
        self._places = (directory, keys, provider)
        self._told = Told(keys, settings, bundle)
        self._opened: dict[int, tuple[AuditLogger, AuditSettings]] = {}
        self._locks: dict[int, threading.Lock] = {}

    def intent(  # noqa: PLR0913  # see `Recorder.intent`
        self,
        request: Request,
        decision: Decision,
        *,
        enforced: bool = True,
        degraded: bool = False,
        circumstances: Circumstances | None = None,
        latency_us: int | None = None,
        details: Mapping[str, Json] | None = None,
    ) -> Intent:
        """See `Recorder.intent`."""
        return self.logger().intent(
            request,
            decision,
            enforced=enforced,
            degraded=degraded,
            circumstances=circumstances,
            latency_us=latency_us,
            details=details,
        )

    def system(self, event: Event, *, record_id: str | None = None) -> Receipt:
        """Record a fact, see `AuditLogger.system`."""
        return self.logger().system(event, record_id=record_id)

    @property
    def places(self) -> tuple[Path, ...]:
        """The log, its keys, and the file that unlocks those."""
        directory, keys, provider = self._places
        return (directory, keys, *([provider] if isinstance(provider, Path) else []))

    def logger(self) -> AuditLogger:
        """The log as it is to be written now; another one once that changes.

        Raises:
            UsageError: there is no log, or the bundle was made by another version of Wilk.
            VerificationError: a key is missing, or what the log was told is damaged.
            UnavailableError: it cannot be read.
        """
        process, settings = os.getpid(), self._told.settings()
        opened = self._opened.get(process)
        # Mostly it is the very same value; to compare two takes as long as a hash.
        if opened is not None and (opened[1] is settings or opened[1] == settings):
            return opened[0]
        # By process: another thread may have held the parent's lock when it forked.
        with self._locks.setdefault(process, threading.Lock()):
            before = self._opened.get(process)
            if before is None or before[1] != settings:
                # What was only read is not written back: it may be taken back meanwhile, as
                # the settings of a bundle are that does not come into force after all.
                self._opened[process] = (self._open(self._told.said()), settings)
                if before is not None:
                    # Outcomes of its intents may follow all the same.
                    before[0].close()
            return self._opened[process][0]

    def _open(self, settings: AuditSettings | None) -> AuditLogger:
        directory, keys, provider = self._places
        return AuditLogger.open(directory, keys, provider=provider, settings=settings, shared=True)


class UnsafeNoRecord:
    """Records nothing: for measurements and for trying out. Actions leave no trace."""

    def intent(self, request: Request, decision: Decision, **_: object) -> UnsafeNoRecord:
        """Record nothing."""
        del request, decision
        return self

    def outcome(self, status: Status, **_: object) -> None:
        """Record nothing."""
        del status

    def usage(self, sample: Mapping[str, Any]) -> None:
        """Record nothing."""
        del sample
