"""Options and opening of the audit log, for commands that put something on record. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wilkc.cli.record_places import keys_path, provider_place
from wilkc.cli.sources import read_sources
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.units import parse_size
from wilkc.runtime.audit import AuditLogger, AuditSettings
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import KeyStore, open_provider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wilkc.bundle import VerifiedBundle
    from wilkc.runtime.guard.recording import SharedLog

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--audit", metavar="DIR", envvar="WILK_AUDIT", help="The audit log to record in."),
    click.option(
        "--audit-keys",
        metavar="DIR",
        envvar="WILK_AUDIT_KEYS",
        help="Its keys; default: the log's path with `.keys`.",
    ),
    click.option(
        "--audit-provider",
        metavar="FILE|URI",
        envvar="WILK_AUDIT_PROVIDER",
        help="The key of its keys; default: the keys' path with `.provider`.",
    ),
)


def audit_options(command: F) -> F:
    """Add `--audit`, `--audit-keys` and `--audit-provider` to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def open_keys(audit: str, keys: str | None, provider: str | None) -> KeyStore:
    """The keys of a log, to read with.

    Raises:
        UsageError: they are not there, or may be read by others.
        VerificationError: a key is missing, or the ring does not verify.
    """
    place = keys_path(audit, keys)
    wrapper = open_provider(provider_place(audit, keys, provider), (Path(audit), place))
    return KeyStore(place, wrapper, Disk())


@contextmanager
def open_recorder(
    audit: str | None,
    audit_keys: str | None = None,
    audit_provider: str | None = None,
    settings: AuditSettings | None = None,
) -> Iterator[AuditLogger]:
    """The audit log of a command; it shares the log with others.

    Args:
        audit: the log's path.
        audit_keys: of its keys; None for beside it.
        audit_provider: of the key of its keys; None for beside them.
        settings: how to write; None for as it was made.

    Raises:
        UsageError: no log is named, or it is not there.
        VerificationError: the log was tampered with or cut, or a key is missing.
        UnavailableError: it cannot be read.
    """
    if audit is None:
        raise UsageError(
            "there is no audit log to record in",
            help_text="name one by `--audit DIR`; `wilkc audit init` makes one",
        )
    logger = AuditLogger.open(
        Path(audit),
        keys_path(audit, audit_keys),
        provider=provider_place(audit, audit_keys, audit_provider),
        settings=settings,
        shared=True,
    )
    with logger:
        yield logger


def shared_log(
    audit: str,
    keys: str | None,
    provider: str | None,
    *,
    bundle: Callable[[], VerifiedBundle] | None = None,
    patient: bool = False,
) -> SharedLog:
    """The audit log for a command that lives long; it shares the log with others.

    It is written as it is told to be at each record, whatever the policy was at the start.

    Args:
        audit: its directory.
        keys: its keys; None takes those beside it.
        provider: what wraps them; None takes the file beside them.
        bundle: gives the bundle whose settings hold now; None writes as the log is told.
        patient: whether a key that is missing now is an error of each record only.

    Raises:
        UsageError: it is not there.
        VerificationError: a key is missing, or what the log was told is damaged.
        UnavailableError: it cannot be read.
    """
    # Loaded only by the few commands that live long.
    from wilkc.runtime.guard.recording import SharedLog  # noqa: PLC0415

    wrap = provider_place(audit, keys, provider)
    log = SharedLog(Path(audit), keys_path(audit, keys), wrap, bundle=bundle)
    try:
        log.logger()
    except (UnavailableError, VerificationError):
        if not patient:
            raise
    return log


@contextmanager
def hold_log(directory: str, keys: str | None, provider: str | None) -> Iterator[AuditLogger]:
    """The audit log for this command alone, as what it does must not be divided.

    Raises:
        UsageError: it is not there.
        VerificationError: the log was tampered with or cut, or a key is missing.
        UnavailableError: another process holds it, or it cannot be read.
    """
    logger = AuditLogger.open(
        Path(directory),
        keys_path(directory, keys),
        provider=provider_place(directory, keys, provider),
    )
    with logger:
        yield logger


def audit_settings(policies: Sequence[str], reserve: str | None) -> AuditSettings:
    """The settings of a new log.

    Args:
        policies: specs whose audit settings hold; empty takes the defaults.
        reserve: size of the file that is given up when the disk fills; None takes what the
            specs say.

    Raises:
        UsageError: the size is malformed, or a path is not there.
        SpecError: the specs have errors.
    """
    settings = AuditSettings()
    if policies:
        # The compiler is loaded only where specs are named.
        from wilkc.compiler import understand  # noqa: PLC0415

        told = understand(read_sources(policies)).plan.audit
        settings = told.settings if told else settings
    if reserve is None:
        return settings
    try:
        return replace(settings, reserve_bytes=parse_size(reserve))
    except ValueError as error:
        raise UsageError(f"`{reserve}` is no size: {error}") from error
