from __future__ import annotations

import ipaddress
import time
from typing import cast

import pytest

from wilkc.core.errors import RequestError
from wilkc.language.hosts import canonical_host, decision_address, decision_host


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("api.openai.com", "api.openai.com"),
        ("API.OpenAI.com.", "api.openai.com"),
        ("localhost", "localhost"),
        ("a-b.c1", "a-b.c1"),
        ("1a.2b", "1a.2b"),
        ("a" * 63 + ".com", "a" * 63 + ".com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7.", "192.0.2.7"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::", "::"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("[::ffff:a9fe:a9fe]", "169.254.169.254"),
        ("::10.1.2.3", "10.1.2.3"),
        ("64:ff9b::7f00:1", "127.0.0.1"),
        ("2002:7f00:1::", "127.0.0.1"),
        ("64:ff9b:1::1", "64:ff9b:1::1"),
    ],
)
def test_one_spelling_is_made_of_many(given: str, wanted: str) -> None:
    assert canonical_host(given) == wanted
    assert canonical_host(wanted) == wanted
    assert str(decision_host(wanted)) == wanted


@pytest.mark.parametrize(
    "given",
    [
        "", ".", "..", ".a", "a..b", "a..", "-a.com", "a-.com", "a_b.com", "a b", " a", "a\t",
        "a\n", "a\x00b", "a%00", "a/b", "a\\b", "a@b", "a#b", "a?b", "a:443", "*.a", "a,b", "(a)",
        "a" * 64, "a." * 127 + "com", "ab--c.com", "xn--", "xn--.com", "xn--a.com", "xn--abc-.com",
        "xn--bcher-kvb.example", "xn--99999999.com", "bu\u0308cher.example", "BÜCHER.example",
        "api\uff0eexample.com", "a\u3002b", "\uff41pi.com", "a\u200bb.com", "a\u00adb.com",
        "\u202ea.com",
        "☃.net", "\ud800.com", "127.1", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1",
        "010.1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", "1.2.3.4..", "a.0x", "a.1", "1.2.3.0x4",
        "\u0661.\u0662.\u0663.\u0664", "[1.2.3.4]", "[::1", "::1]", "[[::1]]", "[]", "::1.", ":::",
        "1::2::3", "fe80::1%eth0", "fe80::1%25eth0", "12345::", "1:2:3:4:5:6:7:8:9", "::ffff:1.2.3",
        "::ffff:01.2.3.4",
    ],
)  # fmt: skip
def test_other_texts_are_refused(given: str) -> None:
    with pytest.raises(RequestError) as caught:
        canonical_host(given)
    assert caught.value.detail == "host_not_canonical"
    with pytest.raises(RequestError):
        decision_host(given) if "xn--" not in given else canonical_host(given)


@pytest.mark.parametrize(
    "labels",
    ["0a.\u05d0", "7\ua806.\u06b6", "a.0\u00fc.\u05d0", "1.\u0633\u0639", "\u05d0.x.1a"],
)
def test_one_label_from_right_to_left_binds_the_others(labels: str) -> None:
    with pytest.raises(RequestError, match="directions"):
        canonical_host(labels)
    for label in labels.split("."):
        # Each is a fine label of another name.
        assert canonical_host(f"{label}.example" if label.isascii() else label)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("a1.\u05d0", "a1.xn--4db"),
        ("www.\u05d0.example", "www.xn--4db.example"),
        ("\u05d0\u05d1.\u05d2", "xn--4dbc.xn--6db"),
        ("1.b\u00fc.example", "1.xn--b-eha.example"),
    ],
)
def test_directions_that_go_together_are_read(given: str, wanted: str) -> None:
    assert canonical_host(given) == canonical_host(wanted) == wanted


@pytest.mark.parametrize("given", [None, 1, b"a", ["a"]])
def test_what_is_no_text_is_refused(given: object) -> None:
    for read in (canonical_host, decision_host, decision_address):
        with pytest.raises(RequestError):
            read(cast("str", given))


@pytest.mark.parametrize(
    "given",
    [
        "A.com", "a.com.", "bücher.example", "[::1]", "::FFFF:1", "0:0:0:0:0:0:0:1", "1::0:1",
        "::ffff:1.2.3.4", "::ffff:102:304", "::102:304", "64:ff9b::1", "2002:102:304::",
        "1:2:3:4:5:6:7::", "192.0.2.7.",
    ],
)  # fmt: skip
def test_the_decision_point_repairs_nothing(given: str) -> None:
    canonical_host(given)
    with pytest.raises(RequestError):
        decision_host(given)


def test_addresses_are_read_as_such() -> None:
    assert decision_host("10.0.0.1") == ipaddress.IPv4Address("10.0.0.1")
    assert decision_address("fe80::1") == ipaddress.IPv6Address("fe80::1")
    with pytest.raises(RequestError):
        decision_address("example.com")


@pytest.mark.parametrize("char", ["a", ".", "-", "ü", "xn--", ":", "1", "\u0301"])
def test_long_texts_are_refused_at_once(char: str) -> None:
    started = time.process_time()
    with pytest.raises(RequestError):
        canonical_host(char * 60_000)
    assert time.process_time() - started < 1
