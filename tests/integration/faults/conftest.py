"""A stage whose every process has proxies and a netrc in its environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.stage import VALID, Stage, signed
from tests.integration.sidecar.conftest import cli, folder, keys, signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer

__all__ = ["cli", "folder", "keys", "signer"]

NOWHERE = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")


@pytest.fixture
def environment(folder: Path, opa: Path) -> dict[str, str]:
    """Proxies that lead nowhere, and a netrc that would be sent to everybody."""
    home = folder / "home"
    home.mkdir()
    (home / ".netrc").write_text("default login someone password secret\n")
    (home / ".netrc").chmod(0o600)
    places = {"HOME": str(home), "NETRC": str(home / ".netrc"), "WILK_OPA": str(opa)}
    return {**dict.fromkeys(PROXIES, NOWHERE), **places}


@pytest.fixture
def release(folder: Path) -> Path:
    """The file of the bundle that is served."""
    return folder / "bundle.tar.gz"


@pytest.fixture
def stage(
    cli: Cli, folder: Path, keys: Path, signer: Signer, environment: dict[str, str], release: Path
) -> Iterator[Stage]:
    """See `Stage`; judged at the end, whatever the test did."""
    release.write_bytes(signed(VALID, signer.key, 1))
    made = Stage(cli, folder, environment)
    made.serve(release, keys)
    with made:
        yield made
    made.judge()
