"""The evaluations of `docs/authzen.md` are answered as it shows, by the example policies."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.adapters.authzen import Service, Vocabulary
from wilkc.cli.building import build_bundle
from wilkc.compiler import compile_sources
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from wilkc.core.contract import Decision, Request
    from wilkc.plan import Plan

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = (ROOT / "docs" / "authzen.md").read_text(encoding="utf-8")
FENCED: Final = re.compile(r"```([a-z]+)\n(.*?)```", re.DOTALL)


class _Reference:
    """The reference evaluator as a decision point."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def decide(self, request: Request) -> Decision:
        return decide(self._plan, request, revision="r")

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        return [self.decide(request) for request in requests]


def _blocks(language: str) -> list[str]:
    return [block for found, block in FENCED.findall(PAGE) if found == language]


def test_the_page_shows_what_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    service = Service(_Reference(build_bundle(["policies/examples"]).compiled.plan))
    blocks = [json.loads(block) for block in _blocks("json")]
    assert len(blocks) == 4
    for asked, shown in zip(blocks[::2], blocks[1::2], strict=True):
        answer = service.evaluation(json.dumps(asked).encode())
        assert answer["decision"] is shown["decision"]
        assert shown["context"].items() <= answer["context"].items()


def test_the_spec_of_the_page_means_what_it_says() -> None:
    (spec,) = _blocks("yaml")
    plan = compile_sources({"editor.yaml": spec.encode()}, {}).plan
    words = Vocabulary(frozenset({"user"}), frozenset({"record"}))
    service = Service(_Reference(plan), words)

    def allowed(action: str, of_action: dict[str, Any], of_resource: dict[str, Any]) -> Any:
        asked = {
            "subject": {"type": "user", "id": "editor"},
            "action": {"name": action, "properties": of_action},
            "resource": {"type": "record", "id": "7", "properties": of_resource},
        }
        return service.evaluation(json.dumps(asked).encode())["decision"]

    assert allowed("write", {}, {})
    assert allowed("write", {}, {"status": "active"})
    assert not allowed("write", {}, {"status": "archived"})
    assert allowed("delete", {"soft": True}, {})
    assert not allowed("delete", {"soft": False}, {})
    assert not allowed("delete", {}, {})
    assert not allowed("read", {}, {})
