"""What would be mounted against the reference evaluator: every path is allowed, or in a gap."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.property.conftest import EFFORT
from tests.property.worlds import HOSTILE, SEGMENTS, Maker
from wilkc.compiler import check, understand
from wilkc.core.contract import Request
from wilkc.core.diagnostics import has_errors
from wilkc.core.errors import RequestError
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import parse_path, parse_path_rule, path_matches
from wilkc.plan import decide
from wilkc.runtime.sandbox.matching import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.core.contract import Decision
    from wilkc.core.sandbox_plan import Gap, Mount, SandboxPlan
    from wilkc.plan import Plan

SPECS = 60
PROBES = 40
"""Paths tried below every mount, beside those that the plan itself names."""
LEVELS: tuple[dict[str, Any], ...] = (
    {},
    {"write_gap": "narrow", "isolation": {"level": "moderate"}},
    {"isolation": {"level": "moderate"}},
    {"isolation": {"level": "minimal"}},
)

both_kinds = pytest.mark.parametrize("hostile", [False, True], ids=["friendly", "hostile"])


@both_kinds
@pytest.mark.parametrize("part", range(4))
def test_whatever_is_mounted_is_allowed_or_a_gap_is_listed(
    seed: int, compared: Callable[[int], None], part: int, hostile: bool
) -> None:
    rng = random.Random(f"{seed} mounts {part} {hostile}")
    reached: Counter[str] = Counter()
    for number in range(SPECS * EFFORT):
        held = _Held(_spec(Maker(rng, hostile=hostile), LEVELS[number % len(LEVELS)]))
        for mount in held.sandbox.mounts:
            assert held.ask(mount.action, mount.sample).allow, (held, mount)
            for path in {*_probes(rng, mount, hostile=hostile), mount.sample}:
                reached.update(held.require(mount, path))
        for gap in held.sandbox.gaps:
            held.require_true(gap)
            reached[f"gap {gap.action} {gap.postcheck}"] += 1
    compared(reached["allowed"] + reached["denied"])
    assert reached["allowed"] > 200
    assert reached["denied"] > 100
    for kind in ("read False", "delete False", "write True"):
        assert reached[f"gap {kind}"] > 3, reached


class _Held:
    """One spec, its sandbox and its meaning."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.plan: Plan = understand({"a.yaml": source}).plan
        self.sandbox: SandboxPlan = self.plan.specs["a"].sandbox
        self._masked = [
            pattern
            for text in self.sandbox.hidden
            if literal_path(text) is not None
            for pattern in parse_path_rule(text, BLOCK)
        ]

    def __repr__(self) -> str:
        return self.source.decode()

    def ask(self, action: str, path: str) -> Decision:
        return decide(self.plan, Request("a", action, "file", path))

    def require(self, mount: Mount, path: str) -> Iterator[str]:
        """The law for one path that a mount would show."""
        if not self.shows(mount, path) or any(map(self._covers(path), self._masked)):
            return
        gaps = [gap for gap in self.sandbox.gaps if gap.base == mount.base]
        writable = mount.access == "write" and (mount.how == "tree" or path == mount.base)
        if mount.access == "write" and mount.how == "each":
            # The launch asks about each file; what it may not write is not mounted.
            if not self.ask("write", path).allow:
                return
            writable = True
        for action in ("read", *(("write",) if writable else ())):
            answer = self.ask(action, path)
            yield "allowed" if answer.allow else "denied"
            blocked = answer.detail == "blocked"
            if answer.allow or (blocked and action == "read"):
                continue  # what is blocked and exists is masked, what is new is judged as a write
            listed = [gap for gap in gaps if gap.action == action]
            assert listed, (self, mount, action, path)
            if action == "write":
                assert mount.postcheck, (self, mount, path)
                assert all(gap.postcheck for gap in listed)
            if blocked:
                assert any(self._blocked(gap) for gap in listed), (self, mount, path)
        if mount.access == "write" and mount.how == "tree":
            answer = self.ask("delete", path)
            if not answer.allow and answer.detail != "blocked":
                assert any(gap.action == "delete" for gap in gaps), (self, mount, path)

    def shows(self, mount: Mount, path: str) -> bool:
        """Whether a mount shows a path: its base is one folder, its pattern may fold case."""
        try:
            held = parse_path(path)
        except RequestError:
            return False
        inside = path.startswith(mount.base.removesuffix("/") + "/") and path != mount.base
        if mount.how == "tree":
            return inside
        if mount.how == "file":
            return path == mount.base
        # What was taken for a folder may turn out to be a file: then it is the one that matches.
        inside = inside or path == mount.base
        patterns = parse_path_rule(mount.pattern, ALLOW)
        return inside and any(path_matches(one, held, fold=self.sandbox.fold) for one in patterns)

    def _covers(self, path: str) -> Callable[[Any], bool]:
        fold = self.sandbox.fold
        return lambda pattern: path_matches(pattern, parse_path(path), fold=fold)

    def _blocked(self, gap: Gap) -> bool:
        return self.ask(gap.action, gap.witness).detail == "blocked"

    def require_true(self, gap: Gap) -> None:
        """A witness lies below what is mounted, is shown, and is denied for the reason given."""
        mounts = [one for one in self.sandbox.mounts if one.base == gap.base]
        assert any(self.shows(one, gap.witness) for one in mounts), (self, gap)
        answer = self.ask(gap.action, gap.witness)
        assert not answer.allow, (self, gap)
        if answer.detail == "blocked":
            blocks = self.plan.specs["a"].permissions.file.block
            (rule,) = (one for one in blocks if one.id == gap.rule)
            assert any(map(self._covers(gap.witness), rule.patterns)), (self, gap)
            assert (gap.action, gap.postcheck) == ("write", True)
            assert any(one.postcheck for one in mounts), (self, gap)
        else:
            assert gap.rule in {one.rule for one in mounts}, (self, gap)


def _spec(maker: Maker, sandbox: dict[str, Any]) -> bytes:
    """A spec with file rules alone that is accepted."""
    while True:
        files = {
            action: [maker.pattern() for _ in range(maker.random.randint(0, 3))]
            for action in ("read", "write", "execute", "delete")
        }
        metadata: dict[str, Any] = {"blocked_paths": [maker.pattern() for _ in range(2)]}
        if maker.random.random() < 0.4:
            metadata["allowed_extensions"] = [".ts", "MD"]
        case = maker.random.choice(["sensitive", "sensitive", "insensitive"])
        document = {
            "agent": "a", "case": case, "sandbox": sandbox,
            "permissions": {"filesystem": {**files, "metadata": metadata}},
        }  # fmt: skip
        source = json.dumps(document, ensure_ascii=False).encode()
        if not has_errors(check({"a.yaml": source})):
            return source


def _probes(rng: random.Random, mount: Mount, *, hostile: bool) -> Iterator[str]:
    folder = mount.base.removesuffix("/")
    pool = [*SEGMENTS, *HOSTILE] if hostile else SEGMENTS
    yield folder or "/"
    for _ in range(PROBES):
        names = [rng.choice(pool) for _ in range(rng.randint(1, 3))]
        yield "/".join((folder, *(name.replace("/", "") for name in names)))
