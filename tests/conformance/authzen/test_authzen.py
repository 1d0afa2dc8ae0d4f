"""AuthZEN's certification scenario and published examples, decided by a real OPA."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.authzen import EVALUATION, EVALUATIONS, JSON, METADATA, ask
from wilkc.adapters.authzen import AuthzenServer, AuthzenSettings, Service, Vocabulary
from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.cli.building import build_bundle
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CERTIFICATION = json.loads((HERE / "certification.json").read_text(encoding="utf-8"))["cases"]
EXAMPLES = json.loads((HERE / "examples.json").read_text(encoding="utf-8"))["cases"]
TODO = json.loads((HERE / "todo.json").read_text(encoding="utf-8"))["cases"]
TYPES = frozenset({"record", "account", "todo", "document", "user"})
RULES: Final[list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any], bool]]] = [
    ("alice", {}, "read", {}, {}, True),
    ("alice", {}, "write", {}, {}, True),
    ("bob", {}, "read", {}, {}, True),
    ("bob", {}, "write", {}, {}, False),
    ("alice", {}, "write", {}, {"status": "archived"}, False),
    ("bob", {"role": "admin"}, "write", {}, {"status": "archived"}, True),
    ("alice", {}, "delete", {"soft": True}, {}, True),
    ("alice", {}, "delete", {"soft": False}, {}, False),
]
"""The eight decisions of the scenario, section 1.4; the fourth and fifth refuse the second's
and the eighth the seventh's."""
TWINS: Final = [
    ("alice", {}, "read", {}, {}, "user", "folder"),
    ("alice", {}, "read", {}, {}, "group", "record"),
    ("carol", {}, "read", {}, {}, "user", "record"),
    ("alice", {}, "archive", {}, {}, "user", "record"),
    ("alice", {}, "delete", {}, {}, "user", "record"),
    ("alice", {}, "delete", {"soft": 1}, {}, "user", "record"),
    ("alice", {}, "delete", {"soft": "true"}, {}, "user", "record"),
    ("alice", {}, "write", {}, {"status": None}, "user", "record"),
    ("bob", {"role": "Admin"}, "write", {}, {"status": "archived"}, "user", "record"),
    ("bob", {"role": ["admin"]}, "write", {}, {"status": "archived"}, "user", "record"),
    ("bob", {}, "write", {"role": "admin"}, {"role": "admin"}, "user", "record"),
]
"""Nearest neighbours of what is allowed; each is refused."""


@pytest.fixture(scope="module")
def place(opa: Path) -> Iterator[Path]:
    """AuthZEN's socket in front of a sidecar with the scenario's policy."""
    key = generate_key()
    built = build_bundle([str(HERE)]).bundle
    keys = {"k": key.public()}
    bundle = verify_bundle(sign_bundle(built, key, key_id="k"), keys)
    words = Vocabulary(frozenset({"user"}), TYPES)
    with (
        tempfile.TemporaryDirectory(prefix="wilk-test-") as folder,
        Sidecar(bundle, keys, SidecarSettings(opa, answer_seconds=10)) as sidecar,
        AuthzenServer(
            Service(sidecar.point, words), AuthzenSettings(Path(folder, "authzen.sock"))
        ) as server,
    ):
        yield server.socket


@pytest.mark.parametrize("case", CERTIFICATION, ids=lambda case: case["title"])
def test_certification(place: Path, case: dict[str, Any]) -> None:
    answer = ask(place, case["request"], case["path"])
    assert answer.status == case["status"]
    if case["status"] == 200:
        wanted, found = case["decisions"], answer.decisions
        if isinstance(wanted, list):
            assert isinstance(found, list)
            assert len(found) == len(wanted)
            assert all(one in {None, two} for one, two in zip(wanted, found, strict=True))
        else:
            assert found is wanted


def _asked(
    rule: tuple[Any, ...], subject_type: str = "user", resource_type: str = "record"
) -> dict[str, Any]:
    subject, of_subject, action, of_action, of_resource, *_ = rule
    return {
        "subject": {"type": subject_type, "id": subject, "properties": of_subject},
        "action": {"name": action, "properties": of_action},
        "resource": {"type": resource_type, "id": "record-1", "properties": of_resource},
    }


@pytest.mark.parametrize("rule", RULES, ids=range(1, 9))
def test_the_eight_decisions(place: Path, rule: tuple[Any, ...]) -> None:
    """With a context or without, once and again."""
    asked = _asked(rule)
    for request in (asked, asked, asked | {"context": {"ip": "192.0.2.1"}}):
        assert ask(place, request).decisions is rule[-1]


@pytest.mark.parametrize("twin", TWINS, ids=range(len(TWINS)))
def test_neighbours_of_the_eight_are_refused(place: Path, twin: tuple[Any, ...]) -> None:
    answer = ask(place, _asked(twin, twin[5], twin[6]))
    assert (answer.status, answer.decisions) == (200, False)


@pytest.mark.parametrize(
    "text",
    ["", " ", "{} ", " {}", "{}\0", "\0{}", "{}\n", "{}\u200b", "{}\u202e", "{}/..", "./{}",
     "*", "?", "{}*", "[{}]", "{0}:{0}", "{{{},x}}", "\u0430lice", "\uff52ead", "{}" + "x" * 70_000,
     "UPPER", "\ud800", "{}\udfff"],
    ids=range(23),
)  # fmt: skip
@pytest.mark.parametrize("member", ["subject.type", "subject.id", "action.name", "resource.type"])
def test_texts_near_to_a_granted_one_are_refused(place: Path, member: str, text: str) -> None:
    """By a denial or as malformed; what comes after is answered as before."""
    asked = _asked(RULES[0])
    entity, _, name = member.partition(".")
    granted = asked[entity][name]
    odd = granted.upper() if text == "UPPER" else text.format(granted)
    near = asked | {entity: asked[entity] | {name: odd}}
    answer = ask(place, near)
    assert answer.status == 400 or (answer.status == 200 and answer.decisions is False)
    batch = ask(place, {"evaluations": [asked, near, asked]}, EVALUATIONS)
    assert batch.decisions == [True, False, True]


@pytest.mark.parametrize("case", EXAMPLES, ids=lambda case: case["title"])
def test_published_examples(place: Path, case: dict[str, Any]) -> None:
    """As published they are about a subject that is no name of the language."""
    answer = ask(place, case["request"], case["path"])
    assert answer.status == 200
    decided = answer.decisions
    assert not any(decided if isinstance(decided, list) else [decided])
    named = json.loads(json.dumps(case["request"]).replace("alice@example.com", "alice"))
    assert ask(place, named, case["path"]).decisions == case["decisions"]


@pytest.mark.parametrize("case", TODO, ids=range(len(TODO)))
def test_the_todo_scenario(place: Path, case: dict[str, Any]) -> None:
    path = EVALUATIONS if "evaluations" in case["request"] else EVALUATION
    assert ask(place, case["request"], path).decisions == case["decisions"]


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", JSON),
        (b"{", JSON),
        (b"[]", JSON),
        (b'"text"', JSON),
        (b"{}", {}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"{}", {"Content-Type": "application/json5"}),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("path", [EVALUATION, EVALUATIONS])
def test_certification_of_bodies(
    place: Path, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """Sections 2.4.3 to 2.4.5, with a valid request in the body where it is about headers."""
    valid = json.dumps(_asked(RULES[0])).encode()
    answer = ask(place, valid if body == b"{}" else body, path, headers=headers)
    assert answer.status == 400
    assert b"decision" not in answer.body


def test_certification_of_request_ids(place: Path) -> None:
    answer = ask(place, _asked(RULES[0]), headers={**JSON, "X-Request-ID": "bfe9eb29-ab87"})
    assert (answer.decisions, answer.headers["x-request-id"]) == (True, "bfe9eb29-ab87")
    refused = ask(place, {}, headers={**JSON, "X-Request-ID": "bfe9eb29-ab87"})
    assert (refused.status, refused.headers["x-request-id"]) == (400, "bfe9eb29-ab87")
    assert "x-request-id" not in ask(place, _asked(RULES[0])).headers


def test_certification_of_metadata(place: Path) -> None:
    assert ask(place, b"", METADATA, method="GET", headers={}).json == {
        "policy_decision_point": "https://localhost",
        "access_evaluation_endpoint": "https://localhost/access/v1/evaluation",
        "access_evaluations_endpoint": "https://localhost/access/v1/evaluations",
    }
