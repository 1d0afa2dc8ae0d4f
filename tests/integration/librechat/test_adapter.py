"""LibreChat's answer first, Wilk's second, both on record, with a real OPA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.guard.conftest import PATIENT, Log, Notes, Served
from wilkc.adapters.librechat import Export, LibreChatAdapter, Matter
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.runtime import Guard

if TYPE_CHECKING:
    from wilkc.adapters.librechat.documents import Facts

EXPORT = Export.read(Path(__file__).parents[2] / "data" / "librechat")
ANN, BOB, EVE, TIM, ROOT = (f"{number:024x}" for number in range(1, 6))


class Failing:
    """Documents that cannot be had."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def facts(self, user_id: str, matter: Matter) -> Facts:
        del user_id, matter
        raise self.error


@pytest.fixture
def adapter(guard: Guard) -> LibreChatAdapter:
    return LibreChatAdapter(EXPORT, guard)


@pytest.mark.parametrize(
    ("user", "agent", "action", "answer"),
    [
        (ANN, "agent_report", "use", True),  # both allow
        (BOB, "agent_report", "modify", True),
        (EVE, "agent_report", "use", False),  # LibreChat denies: what it gave has expired
        (TIM, "agent_report", "use", False),  # another tenant
        (ROOT, "agent_report", "delete", False),  # LibreChat allows, Wilk has no rule
        (ANN, "agent_open", "use", False),  # LibreChat allows, and Wilk has no spec
        ("nobody", "agent_report", "use", False),
        (ANN, "agent_report", "fly", False),
    ],
)
def test_an_agent_is_used_where_both_allow(
    adapter: LibreChatAdapter, user: str, agent: str, action: str, answer: object
) -> None:
    assert adapter.validate_agent_action(user, agent, action) is answer


def test_both_answers_are_on_record(adapter: LibreChatAdapter, notes: Notes) -> None:
    assert adapter.validate_agent_action(ANN, "agent_report", "use")
    assert not adapter.validate_agent_action(EVE, "agent_report", "use")
    (allowed, denied) = (given["request"].context for given in notes.given)
    assert (allowed["user"], denied["user"]) == (ANN, EVE)
    assert allowed["librechat"] == {
        "action": "agents.use", "allowed": True, "because": "VIEW on the agent",
    }  # fmt: skip
    assert denied["librechat"]["because"] == "VIEW on the agent is missing"
    assert [detail for _, detail in notes.events] == ["allowed", "librechat_denied"]


def test_without_a_record_nothing_is_allowed(adapter: LibreChatAdapter, notes: Notes) -> None:
    notes.failing = "intent"
    assert not adapter.validate_agent_action(ANN, "agent_report", "use")


def test_a_denial_of_librechat_is_not_asked_of_opa(notes: Notes, tmp_path: Path) -> None:
    nowhere = Guard(tmp_path / "no-socket", notes, workspace=tmp_path, seconds=PATIENT)
    adapter = LibreChatAdapter(EXPORT, nowhere)
    assert not adapter.validate_agent_action(EVE, "agent_report", "use")
    assert not adapter.validate_agent_action(ANN, "agent_report", "use")
    assert [detail for _, detail in notes.events] == ["librechat_denied", "no_decision_point"]
    nowhere.close()


@pytest.mark.parametrize(
    "error",
    [UnavailableError("no answer"), UsageError("damaged"), RuntimeError("secret"), KeyError("x")],
)
def test_documents_that_cannot_be_had_deny(guard: Guard, notes: Notes, error: Exception) -> None:
    adapter = LibreChatAdapter(Failing(error), guard)
    found = adapter.check(
        ANN, "exec.code", Matter(), agent="agent_report", resource="shell:ls", action="execute"
    )
    assert (found.allow, found.reason) == (False, "VALIDATION_ERROR")
    assert found.detail == "librechat_unavailable"
    assert "secret" not in found.message
    assert notes.events == [("intent", "librechat_unavailable")]


@pytest.mark.parametrize(("user", "answer"), [(ANN, True), (EVE, False)])
def test_any_action_of_both_can_be_asked(
    adapter: LibreChatAdapter, user: str, answer: object
) -> None:
    found = adapter.check(
        user,
        "exec.code",
        Matter(agent="agent_report"),
        agent="agent_report",
        resource="agent:agent_report",
        action="use",
    )
    assert found.allow is answer


def test_permissions_in_the_shape_of_the_model(adapter: LibreChatAdapter, notes: Notes) -> None:
    matter = Matter(agent="agent_report", file="file-data")
    assert adapter.adapt_permissions(BOB, matter) == {
        "agents": {"create": True, "use": True, "modify": True},
        "files": {"read": True, "write": True, "delete": True},
        "system": {"admin": False, "config": False},
    }
    assert adapter.adapt_permissions(ROOT) == {
        "agents": {"create": True, "use": True, "modify": False},
        "files": {"read": False, "write": False, "delete": False},
        "system": {"admin": True, "config": True},
    }
    nobody = adapter.adapt_permissions("nobody", matter)
    assert not any(value for kind in nobody.values() for value in kind.values())
    assert notes.events == []


def test_a_real_record_has_both_answers(served: Served, tmp_path: Path, log: Log) -> None:
    guard = Guard(served.socket, log.recorder(), workspace=tmp_path, seconds=PATIENT)
    adapter = LibreChatAdapter(EXPORT, guard)
    assert adapter.validate_agent_action(ANN, "agent_report", "use")
    assert not adapter.validate_agent_action(EVE, "agent_report", "use")
    guard.close()
    decisions = [record["decision"]["detail"] for record in log.records()]
    assert decisions == ["allowed", "librechat_denied"]
    assert log.verify().ok
