"""An OPA that hears nothing from where it fetches bundles is not well, whatever it answers."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wilkc.opa import Sidecar, SidecarSettings
from wilkc.opa import config as config_module
from wilkc.opa import sidecar as module
from wilkc.opa.config import LONG_POLL_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.integration.sidecar.conftest import Signer

PATIENCE = 60.0


def test_it_may_be_silent_for_longer_than_it_is_let_wait() -> None:
    assert module.SILENCE_SECONDS >= 3 * LONG_POLL_SECONDS


def test_silence_is_a_problem_and_being_told_nothing_new_is_none(
    opa: Path, folder: Path, signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_module, "LONG_POLL_SECONDS", 1)
    settings = SidecarSettings(opa, folder / "run" / "opa.sock")
    ending = threading.Event()
    with Sidecar(signer.verified("r1", "a"), signer.keys, settings) as sidecar:
        try:
            seen: set[str] = set()
            deadline = time.monotonic() + PATIENCE
            while len(seen) < 3 and time.monotonic() < deadline:
                assert sidecar.problem() == ""
                seen.add(sidecar._fetched[0])
                time.sleep(0.2)
            # Nothing new was published: it was answered that nothing is.
            assert len(seen) == 3
            monkeypatch.setattr(module, "SILENCE_SECONDS", 5.0)
            monkeypatch.setattr(
                sidecar._publisher, "wait_for_other", lambda *_: ending.wait(PATIENCE) and None
            )
            found, deadline = "", time.monotonic() + PATIENCE
            while not found and time.monotonic() < deadline:
                found = sidecar.problem()
                time.sleep(0.2)
            assert found
            assert sidecar._silence(sidecar._fetched[0]).startswith("OPA was not answered")
        finally:
            ending.set()
