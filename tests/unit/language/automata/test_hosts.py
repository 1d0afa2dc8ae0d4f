"""Host patterns as sets, and what one leaves of another."""

from __future__ import annotations

import pytest

from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.automata import FORBIDDEN_HOSTS, Hosts, hosts_of, shortest_host, union
from wilkc.language.hosts import canonical_host, parse_host_rule


def _hosts(*texts: str, effect: str = ALLOW) -> Hosts:
    return union(hosts_of(parse_host_rule(text)[0], effect) for text in texts)


@pytest.mark.parametrize(
    ("allow", "blocks", "host"),
    [
        ("a.com", [], "a.com"),
        ("a.com", ["*.com"], None),
        ("a.com", ["*.a.com"], "a.com"),
        ("a.com", ["*"], None),
        ("*", [], "a"),
        ("*", ["a", "b"], "c"),
        ("*", ["*.a", "*.b"], "a"),
        ("*", ["*"], None),
        ("*", ["0.0.0.0/0", "::/0"], "a"),
        ("*.a.com", ["a.com"], "a.a.com"),
        ("*.a.com", ["a.a.com", "*.b.a.com"], "b.a.com"),
        ("*.a.com", ["*.com"], None),
        ("*.com", ["*.a.com", "a.com"], "b.com"),
        ("*.a.com", ["*.ba.com"], "a.a.com"),
        ("localhost", ["localhost"], None),
        ("*.localhost", ["localhost"], None),
        ("127.0.0.0/8", ["localhost"], None),
        ("127.0.0.0/8", ["127.0.0.0/9"], "127.128.0.0"),
        ("10.0.0.0/8", ["10.0.0.0/9", "10.128.0.0/9"], None),
        ("10.0.0.0/8", ["10.0.0.0/9", "10.128.0.1"], "10.128.0.0"),
        ("10.0.0.0/8", ["private"], None),
        ("10.0.0.0/8", ["*"], "10.0.0.0"),
        ("10.0.0.0/8", ["::/0"], "10.0.0.0"),
        ("::/0", ["0.0.0.0/0"], "::"),
        ("::/0", ["::/128", "::1/128"], "::1:0:0"),
        ("fc00::/7", ["private"], None),
        ("private", ["private"], None),
        ("8.8.8.8", ["private"], "8.8.8.8"),
    ],
)
def test_what_blocks_leave_of_an_allow(allow: str, blocks: list[str], host: str | None) -> None:
    found = shortest_host(_hosts(allow), _hosts(*blocks, effect=BLOCK))
    assert found == (host and canonical_host(host))


def test_localhost_is_a_name_in_an_allow_and_more_in_a_block() -> None:
    for host in ("127.0.0.1", "::1", "0.0.0.1", "a.localhost"):
        assert shortest_host(_hosts(host), _hosts("localhost", effect=BLOCK)) is None
        assert shortest_host(_hosts(host), _hosts("localhost")) == host


def test_metadata_names_are_private_in_a_block_only() -> None:
    name = "metadata.google.internal"
    assert shortest_host(_hosts(name), _hosts("private", effect=BLOCK)) is None
    assert shortest_host(_hosts(name), _hosts("private")) == name


def test_what_two_sets_share() -> None:
    shared = _hosts("*.com", "10.0.0.0/8", "::/0") & _hosts("*.a.com", "b", "10.2.0.0/16")
    assert shared == _hosts("*.a.com", "10.2.0.0/16")
    assert shortest_host(_hosts("a.com") & _hosts("b.com"), Hosts()) is None


def test_addresses_that_carry_others_are_no_members() -> None:
    """`2002::/16` counts as IPv4, so the next address after what is below it is `2003::`."""
    below = _hosts("::/3", "2000::/15", effect=BLOCK)
    assert shortest_host(_hosts("::/0"), below) == "2003::"


def test_a_suffix_that_leaves_no_room_for_a_label_has_no_members() -> None:
    longest = ".".join("a" * length for length in (63, 63, 63, 59))
    host = shortest_host(_hosts(f"*.{longest}"), Hosts())
    assert host is not None
    assert host == canonical_host(host) == f"a.{longest}"
    assert shortest_host(_hosts(f"*.{longest}a"), Hosts()) is None


def test_addresses_that_no_rule_opens() -> None:
    for address in ("169.254.169.254", "0.1.2.3", "255.255.255.255", "224.0.0.1", "::", "ff02::1"):
        assert shortest_host(_hosts(address), FORBIDDEN_HOSTS) is None
    assert shortest_host(_hosts("10.0.0.1", "a.com"), FORBIDDEN_HOSTS) == "a.com"
