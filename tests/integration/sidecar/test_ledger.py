"""A sidecar asks its ledger before anything is announced, and takes back what OPA refused."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import Mark
from wilkc.core.contract import Request
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.opa import Sidecar, SidecarSettings, publisher
from wilkc.opa.readiness import NotInTimeError
from wilkc.opa.state import StateFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.sidecar.conftest import Signer
    from wilkc.bundle import VerifiedBundle

BROKEN = b"package wilk\n\nx := nothing(1)\n"


def test_updates_are_entered_and_older_ones_refused(
    opa: Path, folder: Path, signer: Signer
) -> None:
    state = StateFile(folder / "state")
    first = signer.verified("r5", "a", sequence=5)
    with Sidecar(first, signer.keys, SidecarSettings(opa), state) as sidecar:
        assert state.mark() == Mark("test", 5, "r5")
        with pytest.raises(VerificationError, match="is older"):
            sidecar.publish(signer.verified("r4", "b", sequence=4))
        with pytest.raises(UnavailableError, match="undefined function"):
            sidecar.publish(signer.verified("r6", "a", policy=BROKEN, sequence=6))
        assert state.mark() == Mark("test", 5, "r5")
        assert sidecar.point.decide(Request("a", "read", "file", "./x")).revision == "r5"
        sidecar.publish(signer.verified("r7", "a", sequence=7))
        assert state.mark() == Mark("test", 7, "r7")


def test_what_opa_was_too_slow_for_may_have_answered(
    opa: Path, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one answers on, and is still never served again after a restart."""
    state = StateFile(folder / "state")
    settings = SidecarSettings(opa, folder / "run" / "opa.sock", start_seconds=20)
    with Sidecar(signer.verified("r5", "a", sequence=5), signer.keys, settings, state) as sidecar:
        honest = sidecar._publisher.publish
        # OPA hears of it after the time is up, and takes it up then.
        monkeypatch.setattr(sidecar, "_await", partial(_late, honest))
        with pytest.raises(NotInTimeError):
            sidecar.publish(signer.verified("r6", "a", sequence=6))
        assert sidecar.revision == "r5"
        assert state.mark() == Mark("test", 6, "r6")
    with (
        pytest.raises(VerificationError, match="is older"),
        Sidecar(signer.verified("r5", "a", sequence=5), signer.keys, settings, state),
    ):
        pass
    with Sidecar(signer.verified("r6", "a", sequence=6), signer.keys, settings, state) as sidecar:
        assert sidecar.point.decide(Request("a", "read", "file", "./x")).revision == "r6"


def _late(publish: Callable[[bytes], None], bundle: VerifiedBundle) -> None:
    publish(bundle.archive)
    raise NotInTimeError("OPA was not ready in time")


def test_an_older_bundle_starts_nothing(opa: Path, folder: Path, signer: Signer) -> None:
    state = StateFile(folder / "state")
    state.enter(signer.verified("r5", "a", sequence=5))
    socket = folder / "run" / "opa.sock"
    older = signer.verified("r4", "a", sequence=4)
    with (
        pytest.raises(VerificationError, match="is older"),
        Sidecar(older, signer.keys, SidecarSettings(opa, socket), state),
    ):
        pass
    assert not socket.parent.exists()


def test_a_first_bundle_that_cannot_be_published_leaves_no_mark(
    opa: Path, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise UnavailableError("too many open files")

    monkeypatch.setattr(publisher, "listen_at_port", full)
    state = StateFile(folder / "state")
    first = signer.verified("r5", "a", sequence=5)
    with (
        pytest.raises(UnavailableError, match="too many open files"),
        Sidecar(first, signer.keys, SidecarSettings(opa, folder / "run" / "opa.sock"), state),
    ):
        pass
    assert state.mark() is None


def test_a_first_bundle_that_opa_refuses_leaves_no_mark(
    opa: Path, folder: Path, signer: Signer
) -> None:
    state = StateFile(folder / "state")
    broken = signer.verified("r5", "a", policy=BROKEN, sequence=5)
    with (
        pytest.raises(UnavailableError, match="OPA refuses the bundle"),
        Sidecar(broken, signer.keys, SidecarSettings(opa, start_seconds=10), state),
    ):
        pass
    assert state.mark() is None
