"""Cases of the network that need more than one step inside: P11a, N29a, and N17, which cannot
be said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.egress.world import CASES, PUBLIC, SPEC
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.errors import SpecError
from wilkc.language.requests import canonical_request, parse_short

if TYPE_CHECKING:
    from tests.integration.egress.world import World

TIMES = 200
# What says nothing may have ended before a busy proxy takes it.
REACHES = """
import socket
reached = socket.create_connection(("127.0.0.1", 3128), 1)
reached.settimeout(30)
reached.sendall(b"?\\r\\n\\r\\n")
assert reached.recv(1)
"""


def test_p11a_every_command_finds_its_own_listener_from_its_first_moment(world: World) -> None:
    for _ in range(TIMES):
        ended, printed = world.run("attacked", "/usr/bin/python3", "-I", "-S", "-c", REACHES)
        assert (ended.kind, ended.exit) == ("exited", 0), printed
        # One connection each, at its own proxy and at no other.
        assert ended.record["egress"]["connections"] == 1


def test_n17_paths_over_http_cannot_be_promised_by_a_policy() -> None:
    """The language has no rules for paths of HTTP: a policy that states one does not compile."""
    without = "{host: plain.example.com, ports: [80], protocols: [http]}"
    assert SPEC.count(without) == 1
    spec = SPEC.replace(without, without.replace("}", ", paths: ['/a/**']}"))
    library = read_library()
    assert compile_sources({"agents.yaml": SPEC.encode()}, library).files
    with pytest.raises(SpecError) as raised:
        compile_sources({"agents.yaml": spec.encode()}, library)
    told = [(one.code, one.message, one.span.line) for one in raised.value.diagnostics]
    assert told == [("W108", "unknown key `paths`", 4)]


HARNESS = """
import json, socket, ssl, sys, urllib.request

def approve(tool, given):
    # As its mode says: whatever is asked for, nobody is asked.
    return {"decision": "allow", "mode": sys.argv[1], "tool": tool}

def web_fetch(url):
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    return urllib.request.urlopen(url, timeout=20, context=unchecked).read().decode()

def web_fetch_directly(url):
    socket.create_connection((url.split("/")[2], 443), 5)
    return "connected"

for tool, given in json.loads(sys.argv[2]):
    assert approve(tool, given)["decision"] == "allow"
    for fetch in (web_fetch, web_fetch_directly):
        try:
            print(json.dumps(fetch(given["url"])))
        except OSError as error:
            print(json.dumps(str(error)))
"""


def test_n29a_a_harness_that_approves_by_itself_fetches_nothing(world: World) -> None:
    (case,) = (case for case in CASES if case["id"] == "N29a")
    asked = case["request"]
    world.names["evil.example.net"] = [PUBLIC]
    control = {"url": "https://api.example.com/"}
    calls = [[asked["tool"], asked["input"]], [asked["tool"], control]]
    ended, printed = world.run(
        "attacked", "/usr/bin/python3", "-I", "-S", "-c", HARNESS, asked["mode"], json.dumps(calls)
    )
    assert (ended.kind, ended.exit) == ("exited", 0), printed
    proxied, directly, allowed, past = map(json.loads, printed.splitlines())
    assert "403" in proxied
    assert "connected" not in {directly, past}
    # The control: the same harness reaches what the policy allows, and nothing but that.
    assert allowed == "hello"
    assert len(world.secure.heard) == 1
    assert ("evil.example.net", "no_rule_matches") in world.notes.denied
    # Nor would it be allowed where the harness runs outside, and asks.
    request = canonical_request(
        parse_short("attacked", f"network:{asked['input']['url']}", "connect")
    )
    assert not world.sidecar.point.decide(request).allow
