"""Putting on record which policy comes into force, before it does. Layer: runtime.

A bundle that cannot be recorded does not come into force, and one whose audit settings cannot be
read is refused: else actions would be recorded in another way than the policy says. What is
refused, or does not come into force after all, is on record as `policy.rejected`; where even
that cannot be recorded, the log counts it as lost and says so as soon as it accepts again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.canonical import sha256_hex
from wilkc.core.errors import UnavailableError, UsageError, VerificationError, WilkError
from wilkc.runtime.audit import AuditLogger, Event, settings_of
from wilkc.runtime.audit.own import WILK
from wilkc.runtime.audit.settings import keep_settings, kept_settings
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle
    from wilkc.core.audit_settings import AuditSettings
    from wilkc.opa.keeper import Refusal
    from wilkc.opa.state import Ledger

ACTIVATED: Final = "policy.activated"
REJECTED: Final = "policy.rejected"
_NO_SEQUENCE: Final = -1
_UNSCOPED: Final = "any"


class PolicyLog:
    """A ledger of bundles that keeps the audit log as well as another ledger. One thread calls.

    Args:
        mark: asked first, and told of what is taken back.
        directory: of the log.
        keys: its key directory, where the settings of a bundle in force are kept.
        provider: what wraps the keys.
        log: told, in one line, of what could not be recorded.
    """

    def __init__(
        self,
        mark: Ledger,
        directory: Path,
        keys: Path,
        provider: Path | str,
        log: Callable[[str], None],
    ) -> None:
        self._mark = mark
        self._places = (directory, keys, provider)
        self._tell = log
        self._logger: AuditLogger | None = None
        self._in_force: VerifiedBundle | None = None
        self._entered: tuple[VerifiedBundle, str, AuditSettings] | None = None

    def enter(self, bundle: VerifiedBundle) -> None:
        """Record that a bundle is about to come into force, and write by its settings.

        Raises:
            VerificationError: it is older than the mark, or its audit settings cannot be read.
            UnavailableError: it cannot be recorded.
        """
        self._settle()
        settings = self._checked(bundle)
        try:
            before = kept_settings(self._places[1])
            record = self._open().system(_activated(bundle)).id
            self._entered = bundle, record, before
            if settings is not None:
                self._write_by(settings)
        except (WilkError, OSError, ValueError) as error:
            # Nothing is in force that is not on record.
            self.withdraw("it could not be recorded")
            why = error.message if isinstance(error, WilkError) else type(error).__name__
            raise UnavailableError(
                f"it cannot be recorded that revision {bundle.revision} comes into force: {why}",
                help_text="see `wilkc audit verify`; it is tried again",
            ) from error

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        """Record that the bundle entered last did not come into force; see `Ledger`.

        Raises:
            UnavailableError: the mark cannot be taken back.
        """
        entered, self._entered = self._entered, None
        try:
            self._mark.withdraw(why, unsure=unsure)
        finally:
            if entered is not None:
                bundle, record, before = entered
                with suppress(WilkError):
                    self._write_by(before)
                self._reject(bundle, "not_in_force", why, ref=record)

    def refused(self, refusal: Refusal) -> None:
        """Record a bundle that was refused before anybody was asked; never raises."""
        self._settle()
        self._reject(None, refusal.code, refusal.why, offered=refusal.name)

    def close(self) -> None:
        """Let go of the log."""
        logger, self._logger = self._logger, None
        if logger is not None:
            with suppress(WilkError, OSError):
                logger.close()

    def _checked(self, bundle: VerifiedBundle) -> AuditSettings | None:
        """The settings of a bundle that may follow on the one before."""
        code = "settings_unreadable"
        try:
            settings = settings_of(bundle)
            code = "rolled_back"
            self._mark.enter(bundle)
        except UsageError as error:
            self._reject(bundle, code, error.message)
            raise VerificationError(
                f"its audit settings cannot be read: {error.message}", help_text=error.help_text
            ) from error
        except VerificationError as error:
            self._reject(bundle, code, error.message)
            raise
        return settings

    def _settle(self) -> None:
        """What was entered and not withdrawn is in force by now."""
        if self._entered is not None:
            self._in_force, self._entered = self._entered[0], None

    def _open(self) -> AuditLogger:
        if self._logger is None:
            directory, keys, provider = self._places
            self._logger = AuditLogger.open(directory, keys, provider=provider, shared=True)
        return self._logger

    def _write_by(self, settings: AuditSettings) -> None:
        """Keep settings for every process that writes to the log, this one included."""
        keys = self._places[1]
        if settings != kept_settings(keys):
            keep_settings(keys, settings, Disk())
            self.close()

    def _reject(
        self,
        bundle: VerifiedBundle | None,
        code: str,
        why: str,
        *,
        ref: str | None = None,
        offered: str = "",
    ) -> None:
        event = _rejected(bundle, code, why, ref, offered, self._in_force)
        try:
            self._open().system(event)
        except (WilkError, OSError, ValueError) as error:
            text = error.message if isinstance(error, WilkError) else type(error).__name__
            self._tell(f"a refused bundle is not on record: {text}")


def _activated(bundle: VerifiedBundle) -> Event:
    approval = bundle.approval
    return Event(
        type=ACTIVATED,
        resource=f"policy:{bundle.scope or _UNSCOPED}",
        actor=WILK,
        details={
            **_named(bundle),
            "approver": approval.approver if approval else None,
            "digest": sha256_hex(bundle.archive),
            "requester": approval.requester if approval else None,
        },
        clear=True,
    )


def _rejected(  # noqa: PLR0913, PLR0917  # what is known of a refusal
    bundle: VerifiedBundle | None,
    code: str,
    why: str,
    ref: str | None,
    offered: str,
    stays: VerifiedBundle | None,
) -> Event:
    named: dict[str, Any] = {} if bundle is None else _named(bundle)
    return Event(
        type=REJECTED,
        resource=f"policy:{(bundle.scope if bundle else '') or _UNSCOPED}",
        actor=WILK,
        status="failure",
        ref=ref,
        error=code,
        # Both may hold what whoever offered the bundle chose.
        error_text=why,
        secret={"offered": offered} if offered else {},
        details={
            **named,
            "stays": stays.revision if stays else None,
            "stays_sequence": stays.sequence if stays else _NO_SEQUENCE,
            "withdrawn": ref is not None,
        },
        clear=True,
    )


def _named(bundle: VerifiedBundle) -> dict[str, Any]:
    return {
        "key_id": bundle.key_id,
        "revision": bundle.revision,
        "scope": bundle.scope,
        "sequence": bundle.sequence,
    }
