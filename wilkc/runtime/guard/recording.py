"""Where decisions and outcomes are put on record. Layer: runtime."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Literal, Protocol

from wilkc.runtime.audit import AuditLogger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wilkc.core.contract import Decision, Json, Request
    from wilkc.runtime.audit import AuditSettings, Circumstances

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

    Args:
        directory: of the log.
        keys: its keys.
        provider: what wraps the first of them: a file, or a `pkcs11:` URI.
        settings: how to write.
    """

    def __init__(
        self,
        directory: Path,
        keys: Path,
        provider: Path | str,
        settings: AuditSettings | None = None,
    ) -> None:
        self._places = (directory, keys, provider)
        self._settings = settings
        self._opened: dict[int, AuditLogger] = {}
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
        return self._logger().intent(
            request,
            decision,
            enforced=enforced,
            degraded=degraded,
            circumstances=circumstances,
            latency_us=latency_us,
            details=details,
        )

    def _logger(self) -> AuditLogger:
        process = os.getpid()
        opened = self._opened.get(process)
        if opened is not None:
            return opened
        # By process: another thread may have held the parent's lock when it forked.
        with self._locks.setdefault(process, threading.Lock()):
            if process not in self._opened:
                directory, keys, provider = self._places
                self._opened[process] = AuditLogger.open(
                    directory, keys, provider=provider, settings=self._settings, shared=True
                )
            return self._opened[process]


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
