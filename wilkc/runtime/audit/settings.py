"""Settings of the audit log, as a bundle gives them and a key directory keeps them.

Layer: runtime. A command that has no bundle at hand writes as the log was last told to: what
was told is kept beside the keys, where a thief of the log cannot change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.bundle import read_bundle
from wilkc.core.audit_settings import AUDIT_MEMBER, DEFAULT_CLEAR_DETAILS, MIB, AuditSettings
from wilkc.core.canonical import canonical_json
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.core.strict_json import decode_json
from wilkc.runtime.keys import SETTINGS_FILE

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle
    from wilkc.runtime.disk import Disk

__all__ = [
    "DEFAULT_CLEAR_DETAILS",
    "MIB",
    "SETTINGS_FILE",
    "AuditSettings",
    "keep_settings",
    "kept_settings",
    "settings_of",
]


def settings_of(bundle: VerifiedBundle) -> AuditSettings | None:
    """The settings that a bundle holds, or None where its specs say nothing of them.

    Raises:
        UsageError: the bundle was made by another version of Wilk.
    """
    member = read_bundle(bundle.archive).files.get(AUDIT_MEMBER)
    if member is None:
        return None
    try:
        settings = AuditSettings.from_json(decode_json(member))
        settings.check()
    except ValueError as error:
        raise UsageError(
            f"the bundle was made by another version of Wilk: {error}",
            help_text="build and sign it again",
        ) from error
    return settings


def kept_settings(keys: Path) -> AuditSettings:
    """The settings that a log was last told; the defaults before it was told any.

    Args:
        keys: its key directory.

    Raises:
        VerificationError: they are damaged; nothing is taken in their place.
        UnavailableError: they cannot be read.
    """
    path = keys / SETTINGS_FILE
    try:
        return AuditSettings.from_json(decode_json(path.read_bytes()))
    except FileNotFoundError:
        return AuditSettings()
    except OSError as error:
        raise UnavailableError(f"cannot read `{path}`: {error.strerror}") from error
    except ValueError as error:
        raise VerificationError(
            f"the settings of the log `{path}` are damaged: {error}",
            help_text="restore them with the keys",
        ) from error


def keep_settings(keys: Path, settings: AuditSettings, disk: Disk) -> None:
    """Keep what a log is told, if it is something else than before.

    Raises:
        UnavailableError: they cannot be stored.
    """
    path = keys / SETTINGS_FILE
    text = canonical_json(settings.as_json())
    try:
        if not path.exists() or path.read_bytes() != text:
            disk.put_file(path, text)
    except OSError as error:
        raise UnavailableError(f"cannot write `{path}`: {error.strerror}") from error
