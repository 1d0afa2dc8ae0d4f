"""A policy that lists no keys trusts none: with real OPA, and nothing is ever launched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.guard.conftest import PATIENT, Notes, compiled_bundle
from tests.unit.adapters.plugins.conftest import KEY, SIGNER, VKEY, plugin
from wilkc.adapters.plugins import PluginHost, sign_plugin
from wilkc.core.contract import Decision
from wilkc.opa import Sidecar, SidecarSettings
from wilkc.runtime import Guard, PermissionDenied
from wilkc.runtime.keys import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wilkc.bundle import VerifiedBundle

__all__ = ["plugin"]
OPEN = b"agent: open\npermissions: {tools: {allowed: [greet]}}\n"
LISTED = f"agent: listed\npermissions: {{tools: {{allowed: [greet], signed: ['{VKEY}']}}}}\n"
DEMANDED: dict[str, Any] = {"properties": {"signed_by": VKEY}, "resting_on": "signed_by"}


@pytest.fixture(scope="module")
def served(opa: Path) -> Iterator[tuple[Sidecar, VerifiedBundle]]:
    """A sidecar with an agent whose policy lists a key, and one whose policy lists none."""
    bundle, key = compiled_bundle(open=OPEN, listed=LISTED.encode())
    with Sidecar(bundle, {"k": key}, SidecarSettings(opa)) as sidecar:
        yield sidecar, bundle


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def guard(served: tuple[Sidecar, VerifiedBundle], notes: Notes, tmp_path: Path) -> Iterator[Guard]:
    sidecar, bundle = served
    made = Guard(sidecar.socket, notes, workspace=tmp_path, seconds=PATIENT, bundle=lambda: bundle)
    yield made
    made.close()


@pytest.mark.parametrize("key", [KEY, SigningKey(bytes(32))])
def test_a_plugin_that_anybody_could_have_signed_never_runs(
    guard: Guard, plugin: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch, key: SigningKey
) -> None:
    def launched(*_: Any, **__: Any) -> None:
        raise AssertionError("it was launched")

    monkeypatch.setattr(guard, "execute_securely", launched)
    sign_plugin(plugin, "greet", "1.0", "main.py", signer=SIGNER, key=key)
    assert guard.check("tool:greet", "call", agent="open").allow
    with pytest.raises(PermissionDenied) as found:
        PluginHost(guard).call("greet", plugin, {}, agent="open")
    assert found.value.decision.detail == "signature_not_demanded"
    assert notes.events == [("intent", "allowed"), ("intent", "signature_not_demanded")]


def test_one_that_the_policy_lists_is_launched_with_what_was_judged(
    guard: Guard, plugin: Path, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments: dict[str, Any] = {"names": ["Ann"]}
    run: list[Any] = []

    def launched(code: bytes, context: dict[str, Any], **_: Any) -> None:
        run.append((code, context["arguments"]))

    honest = guard.decide

    def decided(question: Any, *, enforced: bool) -> Any:
        found = honest(question, enforced=enforced)
        arguments["names"].append("Eve")
        return found

    monkeypatch.setattr(guard, "execute_securely", launched)
    monkeypatch.setattr(guard, "decide", decided)
    PluginHost(guard).call("greet", plugin, arguments, agent="listed")
    assert run == [(b"print(1)\n", {"names": ["Ann"]})]
    assert notes.given[0]["request"].properties["signed_by"] == VKEY


@pytest.mark.parametrize(
    ("agent", "detail"), [("open", "signature_not_demanded"), ("listed", "allowed")]
)
def test_the_same_from_an_event_loop(guard: Guard, agent: str, detail: str) -> None:
    found = asyncio.run(guard.check_async("tool:greet", "call", agent=agent, **DEMANDED))
    assert (found.allow, found.detail) == (detail == "allowed", detail)


def test_where_nobody_answers_the_second_question_there_is_no_grant(
    guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = guard._point
    honest = point.decide

    def once(request: Any, *, seconds: float | None = None) -> Decision:
        if "signed_by" in request.properties:
            return honest(request, seconds=seconds)
        return honest(request, seconds=0)

    monkeypatch.setattr(point, "decide", once)
    found = guard.check("tool:greet", "call", agent="listed", **DEMANDED)
    assert (found.allow, found.detail) == (False, "late_answer")


@pytest.mark.parametrize("answer", [1, "yes", [True]])
def test_an_answer_beforehand_that_is_no_plain_one_is_no_grant(guard: Guard, answer: Any) -> None:
    """Taken for a denial it would stand, and whoever asks for its truth would act on it."""
    before = Decision(answer, "PERMISSION_GRANTED", "allowed", "theirs")
    for agent in ("open", "listed"):
        found = guard.check("tool:greet", "call", agent=agent, beforehand=before)
        assert (found.allow, found.detail) == (False, "odd_answer")
