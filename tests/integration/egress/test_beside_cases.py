"""Cases of the network that need more than one step inside: P11a, and N17, which cannot be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.egress.world import SPEC
from wilkc.cli.building import read_library
from wilkc.compiler import compile_sources
from wilkc.core.errors import SpecError

if TYPE_CHECKING:
    from tests.integration.egress.world import World

TIMES = 200
REACHES = "import socket; socket.create_connection(('127.0.0.1', 3128), 1)"


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
