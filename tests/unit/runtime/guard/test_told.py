"""How a log is to be written: as the policy in force says, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import VerifiedBundle, write_bundle
from wilkc.core.audit_settings import AUDIT_MEMBER
from wilkc.core.canonical import canonical_json
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.audit import AuditSettings
from wilkc.runtime.audit.create import Places, create_log
from wilkc.runtime.audit.settings import SETTINGS_FILE, keep_settings, kept_settings
from wilkc.runtime.disk import Disk
from wilkc.runtime.guard.recording import SharedLog
from wilkc.runtime.guard.told import Told

if TYPE_CHECKING:
    from pathlib import Path

ONE = AuditSettings(wait_ms=1)
TWO = AuditSettings(wait_ms=2)


def _bundle(member: bytes | None) -> VerifiedBundle:
    files = {"wilk/data.json": b"{}"} | ({} if member is None else {AUDIT_MEMBER: member})
    manifest = {"revision": "r", "roots": ["wilk"], "rego_version": 1}
    return VerifiedBundle(write_bundle(files, manifest), "r", "k", "", (), manifest)


def _says(settings: AuditSettings) -> VerifiedBundle:
    return _bundle(canonical_json(settings.as_json()))


def test_the_newest_that_was_told_holds(tmp_path: Path) -> None:
    told = Told(tmp_path, None, None)
    assert told.settings() == AuditSettings()
    for settings in (ONE, TWO, ONE):
        keep_settings(tmp_path, settings, Disk())
        assert told.settings() == settings
        assert told.settings() is told.settings()


def test_what_is_fixed_holds_whatever_a_policy_says(tmp_path: Path) -> None:
    keep_settings(tmp_path, ONE, Disk())
    assert Told(tmp_path, TWO, lambda: _says(ONE)).settings() == TWO


def test_the_bundle_that_decides_now_holds(tmp_path: Path) -> None:
    keep_settings(tmp_path, replace(ONE, wait_ms=9), Disk())
    bundles = [_says(ONE)]
    told = Told(tmp_path, None, lambda: bundles[-1])
    assert told.settings() == ONE
    bundles.append(_says(TWO))
    assert told.settings() == TWO


def test_a_bundle_that_says_nothing_leaves_the_log_as_it_was_told(tmp_path: Path) -> None:
    keep_settings(tmp_path, ONE, Disk())
    assert Told(tmp_path, None, lambda: _bundle(None)).settings() == ONE


def test_what_cannot_be_read_is_never_a_default(tmp_path: Path) -> None:
    for member in (b"{}", canonical_json(replace(ONE, wait_ms=0).as_json())):
        bundle = _bundle(member)
        with pytest.raises(UsageError, match="another version"):
            Told(tmp_path, None, lambda held=bundle: held).settings()  # type: ignore[misc]
    told = Told(tmp_path, None, None)
    keep_settings(tmp_path, ONE, Disk())
    assert told.settings() == ONE
    (tmp_path / SETTINGS_FILE).write_bytes(b"{}")
    with pytest.raises(VerificationError, match="damaged"):
        told.settings()
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnavailableError, match="cannot read"):
        Told(tmp_path / "file", None, None).settings()


def test_what_was_only_read_is_not_written_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of a bundle that did not come into force are taken back; nobody repeats them."""
    names = ("log", "log.keys", "log.provider", "root.key")
    places = Places(*(tmp_path / name for name in names))
    create_log(places, "example.org/told", ONE)

    def read_and_taken_back(keys: Path) -> AuditSettings:
        found = kept_settings(keys)
        keep_settings(keys, TWO, Disk())
        return found

    monkeypatch.setattr("wilkc.runtime.guard.told.kept_settings", read_and_taken_back)
    SharedLog(places.directory, places.keys, places.provider).logger().close()
    assert kept_settings(places.keys) == TWO
    # Its twin: what is said is kept.
    SharedLog(places.directory, places.keys, places.provider, ONE).logger().close()
    assert kept_settings(places.keys) == ONE
