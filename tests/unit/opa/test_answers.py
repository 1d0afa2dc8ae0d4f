"""What is accepted as a decision, and what is not."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.opa.conftest import GRANT, PROVENANCE, Known, answer
from wilkc.core.contract import Condition, RuleRef
from wilkc.opa.answers import read_decision, read_decisions
from wilkc.opa.denials import NoAnswerError

if TYPE_CHECKING:
    from wilkc.core.contract import Decision


def _read(document: Any, status: int = 200) -> Decision:
    return read_decision(status, json.dumps(document).encode(), Known())


def _refused(document: Any, detail: str = "odd_answer") -> None:
    with pytest.raises(NoAnswerError) as caught:
        _read(document)
    assert caught.value.detail == detail


def test_a_grant_is_read_whole() -> None:
    found = _read(answer())
    assert found.allow
    assert found.rule == RuleRef("r", "a.yaml", 1, 2, "./x")
    assert found.conditions == (Condition("c", "max_bytes", {"max_bytes": 1}),)
    assert found.revision == "r1"
    assert found.as_json() == GRANT


def test_a_default_denial_gets_its_revision_from_the_provenance() -> None:
    denied = _changed(decision=False, reason="VALIDATION_ERROR", revision="", rule=None)
    found = _read(answer(denied))
    assert not found.allow
    assert found.revision == "r1"


def _changed(**changes: Any) -> dict[str, Any]:
    result: dict[str, Any] = copy.deepcopy(GRANT)
    for name, value in changes.items():
        (result if name == "decision" else result["context"])[name] = value
    return result


@pytest.mark.parametrize("status", [201, 204, 301, 307, 400, 401, 404, 500, 503])
def test_only_status_200_is_an_answer(status: int) -> None:
    with pytest.raises(NoAnswerError, match=f"status {status}"):
        _read(answer(), status)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"result":', b"\xff", b"null x"])
def test_what_is_no_json_is_no_answer(body: bytes) -> None:
    with pytest.raises(NoAnswerError, match="other than JSON"):
        read_decision(200, body, Known())


@pytest.mark.parametrize(
    "document",
    [
        [],
        "text",
        None,
        {},
        answer(warning={"code": "api_usage_warning"}),
        {"provenance": PROVENANCE},
        answer(provenance=None),
        answer(provenance={}),
        answer(provenance={"bundles": {}}),
        answer(provenance={"bundles": {"other": {"revision": "r1"}}}),
        answer(provenance={"bundles": {"wilk": {"revision": ""}}}),
        answer(provenance={"bundles": {"wilk": {"revision": 1}}}),
        answer(provenance={"bundles": ["wilk"]}),
    ],
)
def test_odd_documents_are_no_answers(document: Any) -> None:
    _refused(document)


def test_a_key_twice_is_no_answer() -> None:
    text = json.dumps(answer())[:-1] + ',"result":' + json.dumps(GRANT) + "}"
    with pytest.raises(NoAnswerError, match="other than JSON"):
        read_decision(200, text.encode(), Known())


@pytest.mark.parametrize(
    "result",
    [
        True,
        1,
        "true",
        [],
        {},
        {"decision": True},
        {"decision": True, "context": {}},
        {"decision": True, "context": None},
        {**GRANT, "more": 1},
        _changed(more=1),
        _changed(reason="PERMISSION_DENIED"),
        _changed(reason="NO_PERMISSIONS"),
        _changed(reason="SOMETHING"),
        _changed(reason=["PERMISSION_GRANTED"]),
        _changed(detail=None),
        _changed(message=1),
        _changed(decision=False),
        _changed(decision="true"),
        _changed(decision=1),
        _changed(decision=None),
        _changed(revision=""),
        _changed(revision="r2"),
        _changed(revision=None),
        _changed(rule="r"),
        _changed(rule={"id": "r"}),
        _changed(rule={**GRANT["context"]["rule"], "line": "1"}),  # type: ignore[index]
        _changed(rule={**GRANT["context"]["rule"], "line": True}),  # type: ignore[index]
        _changed(rule={**GRANT["context"]["rule"], "more": 1}),  # type: ignore[index]
        _changed(conditions=None),
        _changed(conditions={}),
        _changed(conditions=["x"]),
        _changed(conditions=[{"id": "c", "type": "t"}]),
        _changed(conditions=[{"id": "c", "type": "t", "properties": []}]),
        _changed(conditions=[{"id": 1, "type": "t", "properties": {}}]),
        _changed(conditions=[{"id": "c", "type": "t", "properties": {}, "more": 1}]),
    ],
    ids=range(35),
)
def test_odd_results_are_no_decisions(result: Any) -> None:
    _refused(answer(result))


def test_an_unknown_revision_is_no_answer() -> None:
    _refused(
        answer(_changed(revision="r2"), provenance={"bundles": {"wilk": {"revision": "r2"}}}),
        "unknown_revision",
    )


def test_a_batch_is_read_in_order() -> None:
    denied = _changed(decision=False, reason="NO_PERMISSIONS")
    body = json.dumps(answer([GRANT, denied])).encode()
    found = read_decisions(200, body, Known(), count=2)
    assert [one.allow for one in found] == [True, False]


@pytest.mark.parametrize("result", [[], [GRANT], [GRANT] * 3, GRANT, {"0": GRANT, "1": GRANT}])
def test_a_batch_of_another_size_is_no_answer(result: Any) -> None:
    with pytest.raises(NoAnswerError, match="another number"):
        read_decisions(200, json.dumps(answer(result)).encode(), Known(), count=2)


def test_one_odd_decision_spoils_its_batch() -> None:
    body = json.dumps(answer([GRANT, {}])).encode()
    with pytest.raises(NoAnswerError, match="other than a decision"):
        read_decisions(200, body, Known(), count=2)
