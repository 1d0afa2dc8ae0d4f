"""Comparisons made by hand, for whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.analyze.difference import AgentGroup, Change, Comparison, Undecided
from wilkc.cli.review import Confirmation, Review, Side
from wilkc.cli.versions import Version
from wilkc.core.contract import Request, RuleRef

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.analyze.difference import Kind, Risk
    from wilkc.compiler import LeftOut

SPEC_FILE = "policies/reviewer.yaml"


def rule(text: str, line: int, file: str = SPEC_FILE) -> RuleRef:
    """An entry of a spec."""
    return RuleRef("fs.read.allow.0", file, line, 9, text)


def asks(id_: str, type_: str = "file", action: str = "read", agent: str = "reviewer") -> Request:
    """A request of the reviewer."""
    properties = {"argv": id_.split(" ")} if type_ == "shell" else {}
    return Request(agent, action, type_, id_, properties)


PEM = Change(
    "newly_allowed", "file", "read", asks("./.pem"), None, rule("**/*.pem", 9),
    "high", "key files: secrets may be read",
)  # fmt: skip
PUSH = Change(
    "newly_allowed", "shell", "execute", asks("git push", "shell", "execute"), None,
    rule("git push *", 38), "high", "changes a remote",
)  # fmt: skip
GITHUB = Change(
    "newly_denied", "network", "connect",
    asks("https://x.github.com", "network", "connect"), rule("*.github.com", 27), None,
)  # fmt: skip
TOKENS = Change(
    "tighter", "llm", "max_tokens_per_request", None, rule("8192", 48), rule("4096", 48),
    detail="8192 -> 4096",
)  # fmt: skip
OPEN = Undecided("file", "write", rule("?*?*?*", 3), "the budget of 1,000 steps ran out")

REVIEWER = AgentGroup(
    ("reviewer",), "changed", ("reviewer",), ("reviewer",), (SPEC_FILE,),
    (PEM, PUSH, GITHUB, TOKENS),
)  # fmt: skip
SAME = AgentGroup(("ci-runner", "release"), "unchanged", ("ci",), ("ci",), reworded=3)


def group(
    agent: str, risk: Risk = "low", kind: Kind = "newly_allowed", text: str = "./src/**"
) -> AgentGroup:
    """One changed agent of many."""
    ref = rule(text, 4, f"policies/{agent}.yaml")
    old, new = (None, ref) if kind == "newly_allowed" else (ref, None)
    change = Change(kind, "file", "read", asks("./src/a", agent=agent), old, new, risk, "a reason")
    return AgentGroup((agent,), "changed", (agent,), (agent,), (ref.file,), (change,))


def review_of(
    *groups: AgentGroup,
    fail_on: str = "",
    refused: Sequence[str] = (),
    old_left_out: tuple[LeftOut, ...] = (),
    new_left_out: tuple[LeftOut, ...] = (),
    compiler: str = "",
) -> Review:
    """A review of these groups."""
    examples = sum(1 for one in groups for change in one.changes if change.witness)
    old = Version("git:main:policies (0123456789ab)", {}, commit="0" * 40, compiler=compiler)
    new = Version("git:HEAD:policies (ba9876543210)", {}, commit="1" * 40)
    return Review(
        Side(old, old_left_out),
        Side(new, new_left_out),
        Comparison(sum(len(one.agents) for one in groups), groups),
        (),
        Confirmation(examples, by_opa=True),
        "wilkc diff git:main:policies git:HEAD:policies",
        fail_on,
        tuple(refused),
    )
