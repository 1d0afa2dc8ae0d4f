"""Generated logs: whatever is newly granted was recorded, or is shown as wider; no more.

A second, naive reading says what a request is: the very file, target, argument list or name.
"""

from __future__ import annotations

import random
import shlex
from typing import TYPE_CHECKING, Any

from wilkc.analyze.learning import Asked, Refused, screen
from wilkc.compiler import check, understand
from wilkc.compiler.learning import Proposal, propose
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.requests import canonical_request
from wilkc.plan import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.plan import Plan

PARTS = (
    "src",
    "a.ts",
    "b.ts",
    "c.ts",
    "x[1].md",
    "*",
    "{a,b}",
    "**",
    ".env",
    "key.pem",
    "\u00e4",
    "\\",
)
ODD = ("a\nb", "a\u202eb", "..", "", "a ", "'", "#", "-x", "~")
HOSTS = (
    "api.example.com", "www.example.com", "xn--pple-43d.com", "github.io", "10.0.0.1", "localhost",
    "build", "*.example.com", "example.com:8443", "Example.COM", "ex_ample.com",
)  # fmt: skip
WORDS = (
    "git", "status", "ls", "python3", "x.py", "-c", "sh", "sudo", "find", "-delete", "*",
    "a b", "'", "{x}", "$HOME", "https://10.0.0.1/", "~/.ssh/id_rsa", "a\nb", "sed", "s/a/b/",
    "make", "?",
)  # fmt: skip
EMPTY = "agent: a\npermissions: {}\n"
LISTS = """\
agent: a
permissions:
  filesystem:
    read: ['./docs/**'] # docs
    metadata: {blocked_paths: ['./src/b.ts']}
  shell:
    allowed_commands:
      - 'ls *'
    blocked_commands: ['git push *']
"""
FOLDED = """\
agent: a
case: insensitive
permissions:
  filesystem: {execute: ['./x.py']}
  network: {}
"""
SPECS = (EMPTY, LISTS, FOLDED)


def request(rng: random.Random) -> Request:
    kind = rng.choice(("file", "file", "network", "shell", "tool"))
    if kind == "file":
        parts = rng.choices((*PARTS, rng.choice(ODD)), k=rng.randrange(1, 4))
        return Request("a", rng.choice(("read", "write", "delete")), "file", f"./{'/'.join(parts)}")
    if kind == "network":
        return Request("a", "connect", "network", f"https://{rng.choice(HOSTS)}")
    if kind == "tool":
        return Request("a", "call", "tool", rng.choice(("mcp__x", "a*", "[b]", "c\nd", "e")))
    argv = rng.choices(WORDS, k=rng.randrange(1, 4))
    return Request("a", "execute", "shell", shlex.join(argv), {"argv": argv})


def said(one: Request) -> tuple[Any, ...]:
    given = one.properties
    if one.type == "network":
        return one.type, given["host"], given["port"], given["protocol"]
    if one.type == "shell":
        return one.type, tuple(given["argv"])
    return one.type, one.action, one.id


def requests(rng: random.Random, plan: Plan, most: int) -> Iterator[Request]:
    """Canonical requests that a plan denies."""
    for one in [request(rng) for _ in range(most)]:
        try:
            canonical = canonical_request(one)
        except RequestError:
            continue
        if not decide(plan, canonical).allow:
            yield canonical


def learnt(rng: random.Random, spec: dict[str, bytes], plan: Plan) -> tuple[list[Asked], Proposal]:
    asked, never = [], []
    for one in requests(rng, plan, rng.randrange(1, 25)):
        held, reason = Asked(one), screen(one, lambda _: "")
        if reason:
            never.append(Refused(held, reason))
        else:
            asked.append(held)
    return asked, propose(spec, asked, never, least=rng.choice((None, 2, 3)))


def require_kept(asked: list[Asked], found: Proposal, plan: Plan) -> None:
    """Whatever was asked is granted or refused, as the proposal says."""
    assert not [one for one in check(found.sources) if one.severity == "error"]
    refused = {id(one.asked) for one in found.refused}
    for held in asked:
        assert decide(plan, held.request).allow == (id(held) not in refused)
    for left in found.refused:
        assert not decide(plan, left.asked.request).allow, left


def test_what_is_newly_granted_was_recorded_or_is_shown(
    seed: int, effort: int, compared: Callable[[int], None]
) -> None:
    rng, count, granted = random.Random(seed), 0, 0
    for _ in range(15 * effort):
        spec = {"a.yaml": rng.choice(SPECS).encode()}
        old = understand(spec).plan
        asked, found = learnt(rng, spec, old)
        new = understand(found.sources).plan
        require_kept(asked, found, new)
        recorded = {said(one.request) for one in asked}
        wider = {one.entry.place.path[1] for one in found.listed if one.entry.notes or one.beyond}
        shown = {{"filesystem": "file", "tools": "tool"}.get(one, one) for one in wider}
        for one in requests(rng, old, 60):
            count += 1
            if decide(new, one).allow:
                granted += 1
                assert said(one) in recorded or one.type in shown, (one, found.sources)
    assert granted > count // 200
    compared(count)
