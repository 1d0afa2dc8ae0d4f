"""What `wilkc doctor` says of a decision point and of a log that somebody names."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING

from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.cli.building import build_bundle
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime.host.named import look_at_log, look_at_opa

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SPEC = "agent: a\npermissions: {filesystem: {read: ['./**']}}\n"


def test_a_decision_point_by_its_revision(opa: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SPEC)
    key = generate_key()
    signed = sign_bundle(build_bundle([str(tmp_path)]).bundle, key, key_id="k")
    keys = {"k": key.public()}
    bundle = verify_bundle(signed, keys)
    with Sidecar(bundle, keys, SidecarSettings(opa=opa)) as sidecar:
        for expected in ("", bundle.revision):
            seen = look_at_opa(sidecar.socket, expected)
            assert (seen.problem, bundle.revision in seen.seen) == ("", True)
        other = look_at_opa(sidecar.socket, "0" * 64)
        assert "not by" in other.problem
        place = sidecar.socket
    assert "no decision comes" in look_at_opa(place, bundle.revision).problem


def test_a_log_that_can_be_locked(tmp_path: Path) -> None:
    assert look_at_log(tmp_path).problem == ""
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_where_nothing_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", lambda *_: None)
    assert "does not lock" in look_at_log(tmp_path).problem
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be written" in look_at_log(tmp_path / "not-there").problem
