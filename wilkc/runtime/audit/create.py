"""Making a new log, its keys and its root key. Layer: runtime.

The root key certifies the first segment and is needed again only where a loss has to be
accepted. It belongs offline: whoever has it can begin this log anew.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UsageError
from wilkc.runtime.audit.clock import Clock, timestamp
from wilkc.runtime.audit.files import CHECKPOINT, STATE
from wilkc.runtime.audit.held import held_path
from wilkc.runtime.audit.means import Means, rotation_of
from wilkc.runtime.audit.note import is_origin, sign_note
from wilkc.runtime.audit.pen import Place
from wilkc.runtime.audit.places import require_apart
from wilkc.runtime.audit.segment import certificate_text
from wilkc.runtime.audit.settings import AuditSettings, keep_settings
from wilkc.runtime.audit.space import Space
from wilkc.runtime.audit.state import state_text
from wilkc.runtime.audit.tip import begin_segment
from wilkc.runtime.disk import Disk
from wilkc.runtime.keys import (
    KeyStore,
    SigningKey,
    create_provider,
    refuse_inside,
    signer_text,
    verifier_key,
)

if TYPE_CHECKING:
    from pathlib import Path

_ROOT_SUFFIX: Final = "/root"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a log are.

    Attributes:
        directory: the log.
        keys: its key directory.
        provider: what wraps the first keys, a file or a `pkcs11:` URI; made if missing.
        root_key: file that the private root key is written to; must not be there.
    """

    directory: Path
    keys: Path
    provider: Path | str
    root_key: Path


def create_log(  # noqa: PLR0913  # where, and how
    places: Places,
    origin: str,
    settings: AuditSettings | None = None,
    *,
    passphrase: bool = False,
    disk: Disk | None = None,
    clock: Clock | None = None,
) -> str:
    """Make a log with its first segment.

    Args:
        places: where its parts go.
        origin: its name, for example `example.org/team/audit`; unique for ever.
        settings: how it is written.
        passphrase: whether a new provider's file is kept under a passphrase.
        disk: where to write; the real disk if left out.
        clock: times of records; the host's if left out.

    Returns:
        The verifier key of the root, which verifies the log.

    Raises:
        UsageError: the origin is malformed, a place is taken, lies where it must not, or
            cannot be written.
    """
    disk, clock = disk or Disk(), clock or Clock()
    if not is_origin(origin):
        raise UsageError(
            f"`{origin}` cannot name a log",
            help_text="write a name such as `example.org/team/audit`: lower case, with a `/`",
        )
    protected = (places.directory, places.keys)
    refuse_inside(places.root_key, protected)
    require_apart(places.directory, places.keys)
    _make_directory(places.directory)
    root = SigningKey.generate()
    _write_root_key(places.root_key, signer_text(origin + _ROOT_SUFFIX, root))
    provider = create_provider(places.provider, protected, disk, passphrase=passphrase)
    now = timestamp(clock.wall_us())
    told, settings = settings, settings or AuditSettings()
    rotation = rotation_of(settings)
    keys = KeyStore.create(places.keys, provider, disk, origin=origin, now=now, rotation=rotation)
    if told is not None:
        keep_settings(places.keys, told, disk)
    _write_first_segment(Means(places.directory, keys, settings, disk, clock), root)
    return verifier_key(origin + _ROOT_SUFFIX, root.public).text


def _write_first_segment(means: Means, root: SigningKey) -> None:
    key = means.keys.segment_key("active")
    if key is None:
        raise UsageError("the new key directory has no segment key")
    origin, place = key.public.name, Place()
    text = certificate_text(origin, place.seq, place.prev, key.public.text)
    cert = sign_note(text, origin + _ROOT_SUFFIX, root)
    mode = means.settings.mode
    try:
        tip = begin_segment(means, "genesis", place, key, mode=mode, cert=cert)
        tip.close()
        note = tip.note.encode()
        means.disk.put_file(held_path(means.keys.directory, origin), note)
        means.disk.put_file(means.directory / CHECKPOINT, note)
        means.disk.put_file(means.directory / STATE, state_text(tip.as_open(())))
        Space(means.directory, means.settings, means.disk).enough()
    except OSError as error:
        raise UsageError(
            f"cannot make an audit log at `{means.directory}`: {error.strerror}"
        ) from error


def _make_directory(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = any(directory.iterdir())
    except OSError as error:
        raise UsageError(f"cannot make an audit log at `{directory}`: {error.strerror}") from error
    if taken:
        raise UsageError(f"`{directory}` is not empty", help_text="a new log needs a new directory")


def _write_root_key(path: Path, text: str) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(
            f"cannot write the root key `{path}`: {error.strerror}",
            help_text="name a file that is not there yet, in a directory that is",
        ) from error
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
