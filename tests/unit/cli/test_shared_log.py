"""The log of a command that lives long, and keys that are missing as it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import make_log
from wilkc.cli.recording import shared_log
from wilkc.core.errors import UsageError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path


def test_who_looks_after_a_log_begins_though_its_keys_are_gone(tmp_path: Path) -> None:
    """Else nobody could tell people of it; whoever records has no use for such a log."""
    log = make_log(tmp_path / "one")
    directory, keys, provider = map(
        str, (log.places.directory, log.places.keys, log.places.provider)
    )
    ring = log.places.keys / "keyring.json"
    ring.rename(tmp_path / "aside")
    with pytest.raises(VerificationError, match="audit_key_missing"):
        shared_log(directory, keys, provider)
    recorder = shared_log(directory, keys, provider, patient=True)
    with pytest.raises(VerificationError, match="audit_key_missing"):
        recorder.logger()
    (tmp_path / "aside").rename(ring)
    assert recorder.logger()
    with pytest.raises(UsageError):
        shared_log(str(tmp_path / "nowhere"), keys, provider, patient=True)
