"""The log that the hooks' decisions go to. Layer: cli."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wilkc.cli.record_places import keys_path, provider_place
from wilkc.core.errors import UsageError
from wilkc.runtime.audit import AuditLogger, settings_of

if TYPE_CHECKING:
    from wilkc.bundle import VerifiedBundle


def open_log(
    audit: str | None, keys: str | None, provider: str | None, bundle: VerifiedBundle
) -> AuditLogger:
    """The log, shared with other processes, with the settings of a bundle; a context manager.

    Raises:
        UsageError: no log is named, or it is not there.
        VerificationError: it was tampered with or cut, or a key is missing.
        UnavailableError: it cannot be read.
    """
    if audit is None:
        raise UsageError(
            "there is no audit log to record in",
            help_text="name one by `--audit DIR`; `wilkc audit init` makes one",
        )
    return AuditLogger.open(
        Path(audit),
        keys_path(audit, keys),
        provider=provider_place(audit, keys, provider),
        settings=settings_of(bundle),
        shared=True,
    )
