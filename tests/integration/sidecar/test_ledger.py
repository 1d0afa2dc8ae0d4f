"""A sidecar asks its ledger before anything is announced, and takes back what OPA refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wilkc.bundle import Mark
from wilkc.core.contract import Request
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa.state import StateFile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Signer

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
