"""Policies that public reports attacked: what each refuses, by the reference and by OPA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from wilkc.compiler import check
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from tests.conftest import Judged

HERE = Path(__file__).parent
ATTACKS = json.loads((HERE / "policy-attack-cases.json").read_text(encoding="utf-8"))
SIBLINGS = json.loads((HERE / "file-sibling-cases.json").read_text(encoding="utf-8"))
"""Groups of paths, with or without properties, asked of the file rules below."""
REFUSED = [case for case in ATTACKS if case["expect"] == "compile-error"]
ASKED = [case for case in ATTACKS if case["expect"] == "deny"]
CODES: Final = {
    "F11d": "W038", "F21a": "W042", "F22a": "W004", "P5a": "W100", "P5b": "W100", "P5c": "W104",
    "P5d": "W100", "P5e": "W101", "P5f": "W101", "P6a": "W108", "P6b": "W108", "P7a": "W140",
    "P8a": "W008", "P8d": "W006", "P8e": "W010",
}  # fmt: skip
"""Why each policy is refused: a refusal for another reason proves nothing."""
CONTROLS: Final = {
    "F11a": {"path": "~/.awsx"}, "F11b": {"path": "~/.awsx"}, "F13a": {"path": "./src/x"},
    "F14a": {"path": "./cafe/x"},
}  # fmt: skip
"""What the same policy allows."""
ATTACKED: Final = {
    "read": ["./**"],
    "write": ["./out/**"],
    "execute": ["./scripts/**"],
    "metadata": {"blocked_paths": [".env*", "**/blocked/**", "~/.ssh/**", "~/.aws/**"]},
}
"""The file rules that attacks without a policy of their own are written against."""


def _sources(given: dict[str, Any]) -> dict[str, bytes]:
    """The policy of an attack, as the files that its author would have written."""
    if "layers" in given:
        return {
            f"{layer}.yaml": _spec({"network": network})
            for layer, network in given["layers"].items()
        }
    if "yaml" in given:
        return {"asked.yaml": _completed(given["yaml"]).encode()}
    if "allowed_hosts" in given:
        return {"asked.yaml": _spec({"network": {"allowed_hosts": given["allowed_hosts"]}})}
    if given["kind"] == "file":
        return {"asked.yaml": _spec({"filesystem": ATTACKED})}
    read = given.get("allow_read", ["./**", "~/**"])
    metadata = {"blocked_paths": given.get("block", [])}
    return {"asked.yaml": _spec({"filesystem": {"read": read, "metadata": metadata}})}


def _spec(permissions: dict[str, Any]) -> bytes:
    return json.dumps({"agent": "asked", "permissions": permissions}).encode()


def _completed(text: str) -> str:
    """A fragment with what stands around it in a spec."""
    key = text.partition(":")[0]
    if key in {"agent", "permissions"}:
        return text
    if key == "sandbox":
        return f"agent: asked\npermissions: {{}}\n{text}\n"
    return "agent: asked\npermissions:\n" + "".join(f"  {line}\n" for line in text.splitlines())


def _request(given: dict[str, Any], **changed: str) -> Request | None:
    """The request as the enforcement point sends it, or None where it refuses to."""
    asked = {**given, "action": f"file.{given['op']}"} if "op" in given else given["ask"]
    kind, _, action = asked["action"].partition(".")
    if kind == "network":
        properties = {"host": asked["host"], "port": asked["port"], "protocol": "https"}
        request = Request("asked", action, kind, "a target", properties)
    else:
        request = Request("asked", action, kind, {**asked, **changed}["path"])
    try:
        return canonical_request(request)
    except RequestError:
        return None


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case["id"])
def test_a_policy_is_refused_for_what_is_wrong_with_it(case: dict[str, Any]) -> None:
    found = check(_sources(case["request"]))
    assert {one.code for one in found if one.severity == "error"} == {CODES[case["id"]]}


@pytest.mark.parametrize("case", ASKED, ids=lambda case: case["id"])
def test_a_request_is_denied_in_the_reference_and_in_opa(
    judged: Judged, case: dict[str, Any]
) -> None:
    given = case["request"]
    specs = {name[:-5]: text.decode() for name, text in _sources(given).items()}
    compiled = judged.compiled(**specs)
    asked = [_request(given), _request(given, **CONTROLS.get(case["id"], {}))]
    sent = [request for request in asked if request is not None]
    allowed = [request is not None and decide(compiled.plan, request).allow for request in asked]
    assert allowed == [False, case["id"] in CONTROLS]
    assert judged.differences(compiled, sent) == []


def _sibling_request(action: str, path: str, properties: dict[str, Any]) -> Request | None:
    try:
        return canonical_request(Request("asked", action, "file", path, properties))
    except RequestError:
        return None


def test_every_sibling_is_judged_as_expected_in_the_reference_and_in_opa(judged: Judged) -> None:
    compiled = judged.compiled(asked=_spec({"filesystem": ATTACKED}).decode())
    sent: list[Request] = []
    wrong: list[str] = []
    count = 0
    for group in SIBLINGS:
        for path, *properties in (
            given if isinstance(given, list) else [given] for given in group["paths"]
        ):
            count += 1
            request = _sibling_request(group["action"], path, *(properties or [{}]))
            if request is not None:
                sent.append(request)
            allowed = request is not None and decide(compiled.plan, request).allow
            if allowed != (group["expect"] == "allow"):
                wrong.append(f"{group['family']} {group['attack']}: {path!a}")
    assert wrong == []
    assert count == 128
    assert judged.differences(compiled, sent) == []
