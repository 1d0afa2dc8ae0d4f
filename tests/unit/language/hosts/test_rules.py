from __future__ import annotations

import ipaddress

import pytest

from wilkc.core.codes import CODES
from wilkc.core.errors import PatternError
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.hosts import (
    HostPattern,
    canonical_host,
    decision_host,
    matches_address,
    matches_name,
    parse_host_rule,
)


def takes(rule: str, host: str, effect: str) -> bool:
    (pattern,) = parse_host_rule(rule)
    read = decision_host(canonical_host(host))
    if isinstance(read, str):
        return matches_name(pattern, read, effect)
    return matches_address(pattern, read, effect)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("API.example.com.", HostPattern("name", "api.example.com")),
        ("bücher.example", HostPattern("name", "xn--bcher-kva.example")),
        ("*.Example.com", HostPattern("suffix", "example.com")),
        ("*", HostPattern("any", "")),
        ("private", HostPattern("private", "")),
        ("10.1.2.3", HostPattern("block", "10.1.2.3/32")),
        ("::ffff:10.1.2.3", HostPattern("block", "10.1.2.3/32")),
        ("[2001:DB8::1]", HostPattern("block", "2001:db8::1/128")),
        ("10.1.0.0/16", HostPattern("block", "10.1.0.0/16")),
        ("2001:DB8:0::/32", HostPattern("block", "2001:db8::/32")),
        ("0.0.0.0/0", HostPattern("block", "0.0.0.0/0")),
        ("::/0", HostPattern("block", "::/0")),
        ("::1/128", HostPattern("block", "::1/128")),
    ],
)
def test_an_entry_becomes_one_pattern(text: str, wanted: HostPattern) -> None:
    assert parse_host_rule(text) == (wanted,)


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "W070", (0, 0)),
        ("**", "W071", (0, 1)),
        ("a.*.com", "W071", (2, 3)),
        ("*.*.com", "W071", (2, 3)),
        ("*a.com", "W071", (0, 1)),
        ("*.10.0.0.1", "W072", (0, 10)),
        ("*.::1", "W072", (0, 5)),
        ("10.0.0.1/8", "W073", (0, 8)),
        ("10.0.0.0/33", "W073", (0, 11)),
        ("10.0.0.0/08", "W073", (0, 11)),
        ("10.0.0.0/255.0.0.0", "W073", (0, 18)),
        ("10.0.0.0/", "W073", (0, 9)),
        ("10.0/16", "W073", (0, 7)),
        ("fe80::%1/64", "W073", (0, 11)),
        ("https://example.com/", "W073", (0, 20)),
        ("*/8", "W073", (0, 3)),
        ("example.com:443", "W074", (0, 15)),
        ("*.", "W074", (2, 2)),
        ("*.a_b", "W074", (2, 5)),
        ("127.1", "W074", (0, 5)),
        ("{a,b}.com", "W074", (0, 9)),
        ("a?.com", "W074", (0, 6)),
        ("::ffff:10.0.0.0/104", "W075", (0, 19)),
        ("2002::/16", "W075", (0, 9)),
        ("2002:7f00:1::/64", "W075", (0, 16)),
        ("64:ff9b::/96", "W075", (0, 12)),
        ("::/96", "W075", (0, 5)),
        ("Private", "W076", (0, 7)),
    ],
)
def test_other_entries_are_refused_with_place_and_help(
    text: str, code: str, place: tuple[int, int]
) -> None:
    with pytest.raises(PatternError) as caught:
        parse_host_rule(text)
    assert caught.value.code == code
    assert (caught.value.start, caught.value.end) == place
    assert caught.value.help_text
    assert code in CODES


@pytest.mark.parametrize("effect", [ALLOW, BLOCK])
@pytest.mark.parametrize(
    ("rule", "inside", "outside"),
    [
        ("example.com", ["example.com", "EXAMPLE.com."], ["a.example.com", "xexample.com"]),
        ("*.example.com", ["a.example.com", "a.b.example.com"], ["example.com", "xexample.com"]),
        ("*", ["a", "a.b", "localhost"], ["10.0.0.1", "::1"]),
        ("10.1.2.3", ["10.1.2.3", "::ffff:10.1.2.3", "2002:a01:203::"], ["10.1.2.4", "a"]),
        ("10.1.0.0/16", ["10.1.0.0", "10.1.255.255"], ["10.2.0.0", "::1"]),
        ("2001:db8::/32", ["2001:db8::1"], ["2001:db9::1", "10.0.0.1"]),
        ("::/0", ["::1", "2001:db8::1"], ["10.0.0.1", "::ffff:10.0.0.1", "a"]),
        ("0.0.0.0/0", ["10.0.0.1", "64:ff9b::a00:1"], ["::1", "a"]),
    ],
)
def test_what_a_pattern_takes(
    rule: str, inside: list[str], outside: list[str], effect: str
) -> None:
    assert [host for host in inside if not takes(rule, host, effect)] == []
    assert [host for host in outside if takes(rule, host, effect)] == []


LOCAL = (
    "x.localhost", "a.b.localhost", "127.0.0.1", "127.9.9.9", "::1", "0.1.2.3", "::",
    "::ffff:127.0.0.1",
)  # fmt: skip


@pytest.mark.parametrize("host", LOCAL)
def test_localhost_covers_more_in_a_block_than_in_an_allow(host: str) -> None:
    assert takes("localhost", "localhost", ALLOW)
    assert takes("localhost", "localhost", BLOCK)
    assert takes("localhost", host, BLOCK)
    assert not takes("localhost", host, ALLOW)
    assert not takes("localhost", "localhost.example", BLOCK)


def test_private_takes_what_the_registries_call_private() -> None:
    (pattern,) = parse_host_rule("private")
    for text in ("10.0.0.1", "172.31.0.1", "192.168.9.9", "127.0.0.1", "169.254.1.1", "100.64.0.1",
                 "169.254.169.254", "100.100.100.200", "::1", "fc00::1", "fdff::1", "fe80::1",
                 "fd00:ec2::254", "64:ff9b:1::1", "198.18.0.1", "240.0.0.1", "168.63.129.16",
                 "fd20:ce::254"):  # fmt: skip
        assert matches_address(pattern, ipaddress.ip_address(text), ALLOW)
    for text in ("8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "192.0.2.1"):
        assert not matches_address(pattern, ipaddress.ip_address(text), BLOCK)
    assert matches_name(pattern, "metadata.google.internal", BLOCK)
    assert not matches_name(pattern, "metadata.google.internal", ALLOW)
    assert not matches_name(pattern, "example.com", BLOCK)
