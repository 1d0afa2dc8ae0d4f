"""Keeping the audit log beside `wilkc serve`: its options, and what they mean. Layer: cli."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from wilkc.cli.alerting import alerts_path
from wilkc.cli.record_places import keys_path, provider_place
from wilkc.cli.recording import audit_options
from wilkc.cli.upkeep_process import Kept
from wilkc.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.opa.state import Ledger
    from wilkc.runtime.upkeep import PolicyLog

F = TypeVar("F", bound="Callable[..., Any]")

_STANDARDS: Final = ("GDPR", "HIPAA", "SOC2")
_OPTIONS: Final = (
    click.option("--alerts", metavar="DIR", help="The log's alerts; default: it with `.alerts`."),
    click.option("--audit-root", metavar="VKEY", help="The key to verify the log by."),
    click.option("--backup", metavar="DEST", help="Where its backup is kept up to date."),
    click.option("--reports", metavar="DIR", help="Where a report of each month is written."),
    click.option("--report", "standards", multiple=True, type=click.Choice(_STANDARDS),
                 help="A standard to report on each month."),
    click.option("--checkpoint", metavar="FILE", help="Reports: a checkpoint kept elsewhere."),
)  # fmt: skip


def record_options(command: F) -> F:
    """Add the options of the audit log to `wilkc serve`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return audit_options(command)


@dataclass(frozen=True, slots=True)
class Record:
    """The audit log of a decision service, as the command line says it.

    Attributes:
        audit: its directory; None keeps no record.
        audit_keys: its keys.
        audit_provider: what wraps them.
        alerts: the folder of its alerts.
        audit_root: verifier key of its root.
        backup: where its backup is.
        reports: where reports are written.
        standards: that reports are about.
        checkpoint: that reports rest on.
    """

    audit: str | None
    audit_keys: str | None = None
    audit_provider: str | None = None
    alerts: str | None = None
    audit_root: str | None = None
    backup: str | None = None
    reports: str | None = None
    standards: tuple[str, ...] = ()
    checkpoint: str | None = None

    def check(self) -> None:
        """Require a log wherever something of it is named.

        Raises:
            UsageError: there is none.
        """
        named = (self.alerts, self.audit_root, self.backup, self.reports, self.checkpoint)
        if self.audit is None and (self.standards or any(named)):
            raise UsageError("alerts, backups and reports are of a log", help_text="name --audit")

    def kept(self) -> Kept | None:
        """What `wilkc audit keep` is told; None without a log."""
        if self.audit is None:
            return None
        return Kept(self.audit, tuple(self._words(_KEEP)))

    def words(self) -> tuple[str, ...]:
        """The options of `wilkc serve`, with absolute paths, for whoever starts it elsewhere."""
        return tuple(self._words(_SERVE, absolute=True))

    def housekeeping_words(self) -> tuple[str, ...]:
        """The options of `wilkc audit housekeeping`, with absolute paths."""
        return tuple(self._words(_HOUSE, absolute=True))

    def writable(self) -> set[str]:
        """The folders that are written, as absolute paths."""
        if self.audit is None:
            return set()
        places = [self.audit, str(keys_path(self.audit, self.audit_keys))]
        places += [str(alerts_path(self.audit, self.alerts)), f"{self.audit}.sinks"]
        provider = provider_place(self.audit, self.audit_keys, self.audit_provider)
        if isinstance(provider, Path):
            places.append(str(provider.parent))
        places += [place for place in (self.backup, self.reports) if place]
        return {os.path.abspath(place) for place in places}  # noqa: PTH100  # links of this machine

    def _words(self, names: dict[str, str], *, absolute: bool = False) -> Iterator[str]:
        for name, option in names.items():
            value = getattr(self, name)
            if value is None:
                continue
            for one in value if isinstance(value, tuple) else (value,):
                place = absolute and name in _PLACES and not one.startswith("pkcs11:")
                yield from (option, os.path.abspath(one) if place else one)  # noqa: PTH100


_PLACES: Final = frozenset(
    {"audit", "audit_keys", "audit_provider", "alerts", "backup", "reports", "checkpoint"}
)
_SHARED: Final = {
    "alerts": "--alerts", "backup": "--backup", "reports": "--reports", "standards": "--report",
    "checkpoint": "--checkpoint",
}  # fmt: skip
_KEEP: Final = {
    "audit_keys": "--keys", "audit_provider": "--provider", "audit_root": "--root", **_SHARED,
}  # fmt: skip
_HOUSE: Final = {
    "audit_keys": "--keys", "audit_provider": "--provider", "audit_root": "--root",
    "backup": "--backup",
}  # fmt: skip
_SERVE: Final = {
    "audit": "--audit", "audit_keys": "--audit-keys", "audit_provider": "--audit-provider",
    "audit_root": "--audit-root", **_SHARED,
}  # fmt: skip


@contextmanager
def recorded(
    record: Record, mark: Ledger, log: Callable[[str], None]
) -> Iterator[PolicyLog | None]:
    """The ledger that keeps the log as well as the mark; None where no log is named.

    Raises:
        UsageError: there is no log.
    """
    if record.audit is None:
        yield None
        return
    # Loaded only where a log is kept.
    from wilkc.runtime.audit.places import require_log  # noqa: PLC0415
    from wilkc.runtime.upkeep import PolicyLog  # noqa: PLC0415

    require_log(Path(record.audit))
    keys = keys_path(record.audit, record.audit_keys)
    provider = provider_place(record.audit, record.audit_keys, record.audit_provider)
    ledger = PolicyLog(mark, Path(record.audit), keys, provider, log)
    try:
        yield ledger
    finally:
        ledger.close()
