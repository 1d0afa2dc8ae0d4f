"""What is in force without a grant is made by the compiler that made what is in force."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from wilkc import __version__
from wilkc.cli import building
from wilkc.cli.building import build_sources
from wilkc.cli.grants.proposal import propose_less
from wilkc.cli.grants.releases import InForce
from wilkc.cli.library import read_library
from wilkc.core.errors import VerificationError

SPEC = b"agent: ann\npermissions: {filesystem: {read: ['./src/**']}}\n"
OTHER = b"agent: ben\npermissions: {filesystem: {read: ['./src/**']}}\n"
BEFORE = {"a.yaml": SPEC, "b.yaml": OTHER}
AFTER = {"a.yaml": SPEC}


@pytest.fixture
def base() -> InForce:
    """What this Wilk made."""
    made = build_sources(BEFORE).compiled
    bundle: Any = SimpleNamespace(revision=made.revision, manifest=made.manifest, files=())
    return InForce(bundle, BEFORE)


def _another_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {name: text + b"\n# mended\n" for name, text in read_library().items()}
    monkeypatch.setattr(building, "read_library", lambda: changed)


@pytest.mark.parametrize("recompile", [False, True])
def test_the_same_compiler_takes_nothing_else_along(base: InForce, *, recompile: bool) -> None:
    proposal = propose_less(base, AFTER, None, recompile=recompile)
    assert proposal.built.compiled.revision == build_sources(AFTER).compiled.revision
    assert proposal.recompiled == ""


def test_another_compiler_is_refused(base: InForce, monkeypatch: pytest.MonkeyPatch) -> None:
    _another_compiler(monkeypatch)
    with pytest.raises(VerificationError, match="differs from what this one") as refused:
        propose_less(base, AFTER, None)
    assert "--recompile" in refused.value.help_text


def test_another_compiler_may_be_asked_for(base: InForce, monkeypatch: pytest.MonkeyPatch) -> None:
    _another_compiler(monkeypatch)
    proposal = propose_less(base, AFTER, None, recompile=True)
    assert proposal.recompiled == f"Wilk {__version__}, now {__version__}"
    assert proposal.built.compiled.revision == build_sources(AFTER).compiled.revision
