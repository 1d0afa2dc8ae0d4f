"""Written network targets and attacks, by the reference and by OPA."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.hosts import FORBIDDEN, PRIVATE, PROTOCOLS
from wilkc.language.requests import canonical_request, parse_short
from wilkc.plan import decide
from wilkc.plan.judges.network import CHECK_ADDRESS

if TYPE_CHECKING:
    from tests.conftest import Judged

HERE = Path(__file__).parent
LIBRARY = HERE.parents[1] / "policies" / "lib"
HOST_CASES = json.loads((HERE / "host-cases.json").read_text(encoding="utf-8"))["cases"]
ATTACKS = json.loads((HERE / "network-attack-cases.json").read_text(encoding="utf-8"))
SIBLINGS = json.loads((HERE / "network-sibling-cases.json").read_text(encoding="utf-8"))
"""Groups of targets, with or without the addresses of their names, written like the attacks."""
ATTACKED = {
    "allowed_hosts": [
        "api.example.com",
        "*.example.com",
        {"host": "plain.example.com", "ports": [80], "protocols": ["http"]},
    ],
    "allowed_ports": [443],
    "protocols": ["https"],
}
"""The policy that the attacks are written against."""


def _spec(agent: str, network: dict[str, Any]) -> str:
    return json.dumps({"agent": agent, "permissions": {"network": network}})


def _host_request(case: dict[str, Any]) -> Request | None:
    """The request as the enforcement point sends it, or None where it refuses to."""
    names = ("host", "port", "protocol", "resolved")
    properties = {name: case[name] for name in names if name in case}
    try:
        return canonical_request(Request("asked", "connect", "network", "a target", properties))
    except RequestError:
        return None


def _attack_request(case: dict[str, Any]) -> Request | None:
    given = case["request"]
    text = given["raw"].split(" ")[1] if "raw" in given else given["target"]
    return _target_request(text, given.get("resolver", {}))


def _target_request(text: str, resolver: dict[str, list[str]]) -> Request | None:
    try:
        request = canonical_request(parse_short("asked", f"network:{text}"))
        resolved = resolver.get(request.properties["host"])
        if resolved is None:
            return request
        properties = {**request.properties, "resolved": resolved}
        return canonical_request(replace(request, properties=properties))
    except RequestError:
        return None


def _sibling_request(text: str, resolved: list[str] | None = None) -> Request | None:
    """Whatever host the text names leads to the given addresses."""
    resolver = {} if resolved is None else {text.rpartition(":")[0]: resolved}
    return _target_request(text, resolver)


def _wrong(
    judged: Judged, network: dict[str, Any], cases: list[tuple[str, Request | None, str]]
) -> list[str]:
    """Every case that the reference answers otherwise than written, or OPA than it."""
    compiled = judged.compiled(asked=_spec("asked", network))
    sent = [request for _, request, _ in cases if request is not None]
    wrong = judged.differences(compiled, sent)
    for name, request, expected in cases:
        allowed = request is not None and decide(compiled.plan, request).allow
        if allowed != (expected == "allow"):
            wrong.append(name)
    return wrong


def test_every_host_case_in_the_reference_and_in_opa(judged: Judged) -> None:
    assert len(HOST_CASES) == 56
    wrong = []
    for policy in {json.dumps(case["policy"]) for case in HOST_CASES}:
        held = json.loads(policy)
        network = {"allowed_hosts": held["allow"], "blocked_hosts": held["block"]}
        cases = [
            (f"{case['host']}: {case['why']}", _host_request(case), case["expected"])
            for case in HOST_CASES
            if json.dumps(case["policy"]) == policy
        ]
        wrong += _wrong(judged, network, cases)
    assert wrong == []


def test_every_attack_is_judged_as_expected_in_the_reference_and_in_opa(judged: Judged) -> None:
    assert len(ATTACKS) == 49
    wrong = []
    for policy in {json.dumps(case["request"].get("policy", ATTACKED)) for case in ATTACKS}:
        cases = [
            (f"{case['id']}: {case['attack']}", _attack_request(case), case["expect"])
            for case in ATTACKS
            if json.dumps(case["request"].get("policy", ATTACKED)) == policy
        ]
        wrong += _wrong(judged, json.loads(policy), cases)
    assert wrong == []


def test_every_sibling_is_judged_as_expected_in_the_reference_and_in_opa(judged: Judged) -> None:
    wrong = []
    for policy in {json.dumps(group.get("policy", ATTACKED)) for group in SIBLINGS}:
        cases = [
            (f"{group['family']} {group['attack']}: {target}", _sibling_request(*target), wanted)
            for group in SIBLINGS
            if json.dumps(group.get("policy", ATTACKED)) == policy
            for given in group["targets"]
            for target, wanted in [(given if isinstance(given, list) else [given], group["expect"])]
        ]
        wrong += _wrong(judged, json.loads(policy), cases)
    assert wrong == []


def test_every_sibling_of_an_attack_has_its_control() -> None:
    """In each family something is allowed, so that what is denied is denied for what it is."""
    allowed = {group["family"] for group in SIBLINGS if group["expect"] == "allow"}
    assert {group["family"] for group in SIBLINGS} - allowed == {"N8"}
    assert sum(len(group["targets"]) for group in SIBLINGS) == 294


def test_the_rego_holds_the_tables_of_the_language(opa: Path) -> None:
    query = (
        "{`private`: data.wilk.network.private_blocks,"
        " `forbidden`: data.wilk.network.forbidden_blocks,"
        " `protocols`: data.wilk.network.protocols,"
        " `condition`: data.wilk.network.check_address}"
    )
    done = subprocess.run(
        [opa, "eval", "-f", "raw", "-d", LIBRARY, query], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == {
        "private": sorted(PRIVATE),
        "forbidden": sorted(FORBIDDEN),
        "protocols": sorted(PROTOCOLS),
        "condition": CHECK_ADDRESS.as_json(),
    }
