"""A grant and its revocation compile what does not change once, with a cache folder or without."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wilkc.cli.building import build_sources
from wilkc.cli.cache import CommandCache
from wilkc.cli.grants.means import Means
from wilkc.cli.grants.proposal import propose_less
from wilkc.cli.grants.releases import InForce

if TYPE_CHECKING:
    import pytest

SPECS = {
    f"a{place}.yaml": (
        f"agent: a{place}\npermissions: {{filesystem: {{read: [./s{place}/**]}}}}\n".encode()
    )
    for place in range(30)
}
LESS = {**SPECS, "a7.yaml": b"agent: a7\npermissions: {filesystem: {read: [./s7/x]}}\n"}


def _means() -> Means:
    releases: Any = SimpleNamespace()
    return Means("anna", releases, "", "", Path(), None, (None, None, None), 1.0)


def test_what_does_not_change_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    puts: list[str] = []
    own = CommandCache.put

    def put(held: CommandCache, key: str, data: bytes) -> None:
        puts.append(key)
        own(held, key, data)

    made = build_sources(SPECS).compiled
    bundle: Any = SimpleNamespace(revision=made.revision, manifest=made.manifest, files=())
    monkeypatch.setattr(CommandCache, "put", put)
    with _means().store() as store:
        build_sources(SPECS, store=store)
        first, puts[:] = len(puts), []
        proposal = propose_less(InForce(bundle, SPECS), LESS, store)
    assert first >= len(SPECS)
    # The one spec that is another, and what is put together of all.
    assert 0 < len(puts) < 6
    assert proposal.built.compiled.revision == build_sources(LESS).compiled.revision


def test_what_was_compiled_is_gone_with_its_command() -> None:
    with _means().store() as store:
        store.put("a", b"b")
        assert store.get("a") == b"b"
    with _means().store() as store:
        assert store.get("a") is None
