"""Generated policies of OpenShell: what the imported spec allows, the policy allows too.

They are judged here by a second, naive reading: a path as text below another, a host by its labels,
a program by its whole path, and a connection that any rule inspects as one that is inspected.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from tests.property.imported import allowed_of, drafted
from wilkc.core.contract import Request

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = ("/usr", "/usr/lib", "/usr/library", "/etc/ssl/", "/a*", "/srv", "/{a,b}", "/a[b]")
ASKED = (
    "/usr",
    "/usr/lib/x",
    "/usr/library/y",
    "/etc/ssl/c",
    "/etc/s",
    "/ab",
    "/srv/z",
    "/a",
    "./w",
)
HOSTS = ("x.org", "a.x.org", "b.a.x.org", "*.x.org", "**.x.org", "a.*.org", "X.org", "10.0.0.1")
TARGETS = ("x.org", "a.x.org", "b.a.x.org", "c.b.a.x.org", "y.org", "10.0.0.1")
PORTS = (443, 80, 8443)
PROGRAMS = ("/usr/bin/gh", "/usr/bin/curl", "/usr/bin/*", "/**")
HOSTILE = ("", "../x", "a b", "x\n", "\u0430.org", "-", "*", "/" * 3, "'", "localhost", "127.0.0.1")


def an_endpoint(rng: random.Random, *, hostile: bool) -> dict[str, Any]:
    host = rng.choice(HOSTILE) if hostile and rng.random() < 0.3 else rng.choice(HOSTS)
    endpoint: dict[str, Any] = {"host": host, "port": rng.choice(PORTS)}
    if rng.random() < 0.4:
        endpoint |= {"protocol": "rest", "access": rng.choice(("full", "full", "read-only"))}
        endpoint["enforcement"] = rng.choice(("audit", "enforce"))
    if rng.random() < 0.05:
        endpoint["deny_rules"] = [{"method": "PUT", "path": "/**"}]
    return endpoint


def a_policy(rng: random.Random, *, hostile: bool) -> dict[str, Any]:
    def paths() -> list[str]:
        some = rng.choices(PATHS, k=rng.randrange(3))
        return [*some, rng.choice(HOSTILE)] if hostile and rng.random() < 0.2 else some

    rules = {
        f"r{at}": {
            "endpoints": [an_endpoint(rng, hostile=hostile) for _ in range(rng.randrange(1, 3))],
            "binaries": [{"path": one} for one in rng.choices(PROGRAMS, k=rng.randrange(3))],
        }
        for at in range(rng.randrange(4))
    }
    return {
        "version": 1,
        "filesystem_policy": {
            "include_workdir": rng.random() < 0.3, "read_only": paths(), "read_write": paths(),
        },
        "network_policies": rules,
    }  # fmt: skip


def allows_path(policy: dict[str, Any], path: str, action: str) -> bool:
    section = policy["filesystem_policy"]
    if path.startswith("./"):
        return bool(section["include_workdir"])
    given = [*section["read_write"], *(section["read_only"] if action == "read" else ())]
    return any(f"{path}/".startswith(f"{one.rstrip('/')}/") for one in given)


def host_matches(pattern: str, host: str) -> bool:
    wanted, labels = pattern.lower().split("."), host.split(".")
    if wanted[0] == "**":
        return len(labels) >= len(wanted) and labels[-len(wanted) + 1 :] == wanted[1:]
    return len(wanted) == len(labels) and all(
        one in {"*", other} for one, other in zip(wanted, labels, strict=True)
    )


def program_matches(pattern: str, program: str) -> bool:
    folder = pattern.removesuffix("*")
    return pattern in {"/**", program} or (
        pattern.endswith("/*") and program.startswith(folder) and "/" not in program[len(folder) :]
    )


def allows_host(policy: dict[str, Any], host: str, port: int, program: str) -> bool:
    """Whether every request of a program to a host and port goes through."""
    met = [
        endpoint
        for rule in policy["network_policies"].values()
        if any(program_matches(one["path"], program) for one in rule["binaries"])
        for endpoint in rule["endpoints"]
        if endpoint["port"] == port and host_matches(endpoint["host"], host)
    ]
    inspected = [one for one in met if "protocol" in one]
    if any("deny_rules" in one for one in met):
        return False
    if inspected:
        # `audit` lets more through than is written; what is written counts.
        return any(one["access"] == "full" for one in inspected)
    return bool(met)


def test_no_more_is_allowed_than_was(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    count, allowed = 0, 0
    rng = random.Random(seed)
    for round_ in range(120 * effort):
        hostile = round_ % 3 == 0
        policy = a_policy(rng, hostile=hostile)
        text = json.dumps(policy, indent=1)
        draft, refused = drafted("openshell", {"p.yaml": text.encode()})
        if draft is None:
            assert hostile, refused
            assert refused.startswith("p.yaml:"), refused
            continue
        asked = [a_question(rng, policy) for _ in range(60)]
        count += len(asked)
        allowed += allowed_of(draft, asked, text)
    assert allowed > count // 50
    compared(count)


def a_question(rng: random.Random, policy: dict[str, Any]) -> tuple[Request, bool]:
    if rng.random() < 0.5:
        path, action = rng.choice(ASKED), rng.choice(("read", "write", "delete"))
        permitted = action != "delete" and allows_path(policy, path, action)
        return Request("a", action, "file", path), permitted
    host, port = rng.choice(TARGETS), rng.choice(PORTS)
    program = rng.choice(("/usr/bin/gh", "/usr/bin/curl", "/bin/sh"))
    target = {"host": host, "port": port, "protocol": "http" if port == 80 else "https"}
    request = Request("a", "connect", "network", host, {**target}, {"program": program})
    return request, allows_host(policy, host, port, program)
