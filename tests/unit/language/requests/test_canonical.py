from __future__ import annotations

from typing import Any

import pytest

from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request, parse_short


def network(text: str = "a target", **properties: Any) -> Request:
    return Request("a", "connect", "network", text, properties)


def test_a_line_becomes_commands_and_its_text_stays() -> None:
    request = canonical_request(parse_short("a", "shell:git log && wc -l 'a b'"))
    assert request.properties == {"commands": [["git", "log"], ["wc", "-l", "a b"]]}
    assert request.id == "git log && wc -l 'a b'"


@pytest.mark.parametrize(
    "properties", [{"argv": ["git", "status"]}, {"commands": [["git", "status"], ["ls"]]}]
)
def test_commands_that_are_given_stay(properties: dict[str, Any]) -> None:
    request = Request("a", "execute", "shell", "anything $(at all)", properties)
    assert canonical_request(request) == request


@pytest.mark.parametrize("line", ["git status $(id)", "a\nb", "'open", "", "ls > x", "(ls)"])
def test_a_line_that_cannot_be_read_is_refused(line: str) -> None:
    with pytest.raises(RequestError):
        canonical_request(Request("a", "execute", "shell", line))


@pytest.mark.parametrize(
    "properties",
    [{"argv": "git status"}, {"argv": []}, {"argv": [1]}, {"commands": []}, {"commands": "ls"},
     {"commands": [["ls"], "ls"]}, {"argv": None}],
)  # fmt: skip
def test_commands_of_another_shape_are_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(RequestError):
        canonical_request(Request("a", "execute", "shell", "git status", properties))


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        (network("https://API.Example.com./x"), ("api.example.com", 443, "https")),
        (network("[::ffff:10.0.0.1]:80"), ("10.0.0.1", 80, "https")),
        (network("db.example:5432", protocol="tcp"), ("db.example", 5432, "tcp")),
        (network("a.example", protocol="http"), ("a.example", 80, "http")),
        (network("https://a:8443", port=8443), ("a", 8443, "https")),
        (network(host="BÜCHER.example".lower(), port=443), ("xn--bcher-kva.example", 443, "https")),
        (network(host="[::1]", port=443.0, protocol="http"), ("::1", 443, "http")),
        (network("https://a/x", host="A.", port=443), ("a", 443, "https")),
        (network("a:443", host="a", port=443, protocol="tcp"), ("a", 443, "tcp")),
        (network("2001:db8::1", host="2001:db8::1", port=443), ("2001:db8::1", 443, "https")),
    ],
)
def test_targets_get_canonical_properties(request_: Request, wanted: tuple[str, int, str]) -> None:
    given = canonical_request(request_)
    names = ("host", "port", "protocol")
    assert tuple(given.properties[name] for name in names) == wanted
    assert given.id == request_.id
    assert canonical_request(given) == given


@pytest.mark.parametrize(
    ("request_", "detail"),
    [
        (network("api.example.com"), "port_missing"),
        (network("https://a_b"), "host_not_canonical"),
        (network("gopher://a"), "protocol_unknown"),
        (network("https://a", port=80), "target_contradicted"),
        (network("https://a", protocol="http"), "protocol_contradicted"),
        (network("https://evil", host="a", port=443), "target_contradicted"),
        (network("https://a:8443", host="a", port=443), "target_contradicted"),
        (network("http://a:443", host="a", port=443), "target_contradicted"),
        (network("evil:443", host="a", port=443), "target_contradicted"),
        (network("https://a_b", host="a", port=443), "host_not_canonical"),
        (network(host="a"), "port_invalid"),
        (network(host="a", port="443"), "port_invalid"),
        (network(host="a", port=True), "port_invalid"),
        (network(host=None, port=443), "host_not_canonical"),
        (network(host="a b", port=443), "host_not_canonical"),
        (network(host="a", port=443, protocol=7), "protocol_unknown"),
        (network(host="a", port=443, resolved=["::1%1"]), "host_not_canonical"),
        (network(host="a", port=443, resolved=[7]), "host_not_canonical"),
    ],
)
def test_targets_that_cannot_be_read_or_contradict_themselves_are_refused(
    request_: Request, detail: str
) -> None:
    with pytest.raises(RequestError) as caught:
        canonical_request(request_)
    assert caught.value.detail == detail


def test_resolved_addresses_become_canonical() -> None:
    given = network(host="a", port=443, resolved=["::ffff:10.0.0.1", "2001:DB8::0:1"])
    assert canonical_request(given).properties["resolved"] == ["10.0.0.1", "2001:db8::1"]


@pytest.mark.parametrize("resolved", [None, [], "10.0.0.1", {}])
def test_resolved_of_another_shape_is_left_to_the_decision_point(resolved: Any) -> None:
    given = network(host="a", port=443, resolved=resolved)
    assert canonical_request(given).properties["resolved"] == resolved


@pytest.mark.parametrize("text", ["a//b", "./", "../x", "a/b", "~root"])
def test_paths_stay_as_given(text: str) -> None:
    request = Request("a", "read", "file", text)
    assert canonical_request(request) == request


@pytest.mark.parametrize("type_", ["file", "shell", "network", "llm", "tool"])
def test_text_that_is_not_unicode_is_refused_everywhere(type_: str) -> None:
    for request in (
        Request("a", "read", type_, "\ud800"),
        Request("a", "read", type_, "x", {"p": ["\ud800"]}),
        Request("a", "read", type_, "x", {}, {"\ud800": 1}),
        Request("a\ud800", "read", type_, "x"),
        Request("a", "read", type_, "x", {}, {}, {"p": "\ud800"}),
    ):
        with pytest.raises(RequestError) as caught:
            canonical_request(request)
        assert caught.value.detail == "text_not_unicode"
