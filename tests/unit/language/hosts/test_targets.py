from __future__ import annotations

import pytest

from wilkc.core.errors import RequestError
from wilkc.language.hosts import Target, canonical_target, check_port, names_target


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://api.github.com", Target("api.github.com", 443, "https")),
        ("HTTPS://API.github.com.:8443/a@b?c:d#e", Target("api.github.com", 8443, "https")),
        ("http://[::1]/", Target("::1", 80, "http")),
        ("ws://a?x", Target("a", 80, "ws")),
        ("wss://a", Target("a", 443, "wss")),
        ("ssh://a", Target("a", 22, "ssh")),
        ("ftp://a", Target("a", 21, "ftp")),
        ("tcp://a:5432", Target("a", 5432, "tcp")),
        ("a.example:443", Target("a.example", 443, "https")),
        ("[2001:DB8::1]:443", Target("2001:db8::1", 443, "https")),
        ("10.0.0.1:65535", Target("10.0.0.1", 65_535, "https")),
    ],
)
def test_urls_and_host_with_port_are_read(text: str, wanted: Target) -> None:
    assert canonical_target(text) == wanted


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("api.example.com", "port_missing"),
        ("tcp://a", "port_missing"),
        ("udp://a/", "port_missing"),
        ("a:0", "port_invalid"),
        ("a:65536", "port_invalid"),
        ("a:", "host_not_canonical"),
        ("a:443:443", "host_not_canonical"),
        ("a:0443", "host_not_canonical"),
        ("a:+443", "host_not_canonical"),
        ("a:\u0664\u0664\u0663", "host_not_canonical"),
        ("::1", "host_not_canonical"),
        ("::1:443", "host_not_canonical"),
        (":443", "host_not_canonical"),
        ("", "host_not_canonical"),
        ("https://", "host_not_canonical"),
        ("https:///a", "host_not_canonical"),
        ("https:/a", "host_not_canonical"),
        ("https:a.example", "host_not_canonical"),
        ("https://a:/", "host_not_canonical"),
        ("https://u@a", "host_not_canonical"),
        ("https://u:p@a:443/", "host_not_canonical"),
        ("https://a\\@b/", "host_not_canonical"),
        ("https://a\\.b/", "host_not_canonical"),
        ("https://a\n.b/", "host_not_canonical"),
        ("https://a/\tb", "host_not_canonical"),
        (" https://a", "host_not_canonical"),
        ("https://[::1]x/", "host_not_canonical"),
        ("https://a%2eb/", "host_not_canonical"),
        ("gopher://a", "protocol_unknown"),
        ("file:///etc/passwd", "protocol_unknown"),
    ],
)
def test_other_texts_are_refused(text: str, detail: str) -> None:
    with pytest.raises(RequestError) as caught:
        canonical_target(text)
    assert caught.value.detail == detail


def test_a_given_protocol_names_the_port_and_must_agree() -> None:
    assert canonical_target("a", protocol="http") == Target("a", 80, "http")
    assert canonical_target("a:9", protocol="udp") == Target("a", 9, "udp")
    for text, protocol in (("a", "tcp"), ("a:1", "gopher"), ("https://a", "http")):
        with pytest.raises(RequestError):
            canonical_target(text, protocol=protocol)


@pytest.mark.parametrize("port", [1, 65_535, 443.0])
def test_ports_are_whole_numbers(port: object) -> None:
    assert check_port(port) == port
    assert type(check_port(port)) is int


@pytest.mark.parametrize("port", [0, -1, 65_536, 443.5, "443", True, None, [], float("nan")])
def test_other_ports_are_refused(port: object) -> None:
    with pytest.raises(RequestError):
        check_port(port)


def test_texts_in_the_form_of_a_target_are_known() -> None:
    assert names_target("https://a")
    assert names_target("a:443")
    assert names_target("[::1]:443")
    for text in ("a", "a target", "2001:db8::1", "connection 7"):
        assert not names_target(text)
