"""Commands that ask for decisions ask about no revoked agent where an identity is named."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from wilkc.cli import running
from wilkc.cli.revocations import opened_revocations, unless_revoked
from wilkc.core.contract import Request
from wilkc.core.errors import UnavailableError
from wilkc.identity import create_identity, open_revocations
from wilkc.opa import Announced, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

REQUEST = Request("coder", "call", "tool", "search", {}, {})


@pytest.fixture
def who(tmp_path: Path) -> Path:
    create_identity(tmp_path / "who")
    return tmp_path / "who"


def _source(identity: str | None) -> running.Source:
    return running.Source("s", None, (), None, None, (), identity)


def test_a_command_asks_about_no_revoked_agent(
    who: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def nobody(source: running.Source) -> Iterator[tuple[Path, None]]:
        assert source.socket
        yield tmp_path / "s", None

    monkeypatch.setattr(running, "open_socket", nobody)
    with (
        running.open_source(_source(str(who))) as (point, _),
        running.open_source(_source(None)) as (other, _),
    ):
        # Nobody listens: what is asked has no answer.
        assert point.decide(REQUEST).detail == "no_decision_point"
        open_revocations(who).revoke("agent", "coder")
        assert point.decide(REQUEST).detail == "agent_revoked"
        assert [one.detail for one in point.decide_many([REQUEST])] == ["agent_revoked"]
        assert other.decide(REQUEST).detail == "no_decision_point"


def test_where_no_identity_is_named_nothing_stands_between(tmp_path: Path) -> None:
    point = Transport(tmp_path / "s", Announced(tmp_path / "s"))
    assert opened_revocations(None) is None
    assert unless_revoked(point, None) is point


def test_an_identity_that_is_not_there_opens_nothing(tmp_path: Path) -> None:
    with (
        pytest.raises(UnavailableError, match="cannot open the identity"),
        running.open_source(_source(str(tmp_path / "none"))),
    ):
        pytest.fail("it was opened")
