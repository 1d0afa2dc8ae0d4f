"""Two keys trusted at a time: OPA uses the one that the signature names, and no other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.integration.sidecar.conftest import Signer
from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.bundle.archive import pack, unpack
from wilkc.core.errors import UnavailableError
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def old() -> Signer:
    return Signer(generate_key(), "old")


@pytest.fixture(scope="module")
def new() -> Signer:
    return Signer(generate_key(), "new")


@pytest.fixture(scope="module")
def served(opa: Path, old: Signer, new: Signer) -> Iterator[Sidecar]:
    settings = SidecarSettings(opa, start_seconds=5)
    with Sidecar(old.verified("r1", "a"), {**old.keys, **new.keys}, settings) as sidecar:
        yield sidecar


def test_opa_takes_bundles_of_either_key(served: Sidecar, old: Signer, new: Signer) -> None:
    served.publish(new.verified("r2", "a"))
    assert (served.revision, served.problem()) == ("r2", "")
    served.publish(old.verified("r1", "a"))
    assert (served.revision, served.problem()) == ("r1", "")


def test_opa_refuses_what_neither_key_signed(served: Sidecar, old: Signer, new: Signer) -> None:
    """Each of these is handed to OPA as if Wilk had verified it."""
    good = old.verified("r3", "a")
    unsigned = pack({name: c for name, c in unpack(good.archive).items() if "sign" not in name})
    third = generate_key()
    for archive, message in (
        (unsigned, "bundle missing .signatures.json"),
        (sign_bundle(unsigned, new.key, key_id="old", scope="test"), "invalid ECDSA signature"),
        (sign_bundle(unsigned, third, key_id="new", scope="test"), "invalid ECDSA signature"),
        (sign_bundle(unsigned, third, key_id="third", scope="test"), "ID third not found"),
        (sign_bundle(unsigned, new.key, key_id="new", scope="prod"), "scope mismatch"),
        (sign_bundle(unsigned, new.key, key_id="new"), "scope mismatch"),
    ):
        with pytest.raises(UnavailableError, match=message):
            served.publish(replace(good, archive=archive))
        assert (served.revision, served.problem()) == ("r1", "")


def test_opa_refuses_an_unsigned_one_without_a_scope_too(
    opa: Path, old: Signer, new: Signer
) -> None:
    keys = {**old.keys, **new.keys}
    first, good = (
        verify_bundle(old.bundle(revision, "a", scope=""), keys) for revision in ("r1", "r2")
    )
    unsigned = pack({name: c for name, c in unpack(good.archive).items() if "sign" not in name})
    with Sidecar(first, keys, SidecarSettings(opa, start_seconds=5)) as sidecar:
        with pytest.raises(UnavailableError, match=r"bundle missing \.signatures\.json"):
            sidecar.publish(replace(good, archive=unsigned))
        assert (sidecar.revision, sidecar.problem()) == ("r1", "")
        sidecar.publish(good)
        assert sidecar.revision == "r2"
