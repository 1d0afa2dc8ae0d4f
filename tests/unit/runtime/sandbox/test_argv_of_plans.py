"""From specs over a real tree to argument lists: golden files, and what holds for every tree."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.unit.runtime.sandbox.test_argv import ENVIRONMENT, HOSTILE, STATIC, operations
from wilkc.compiler import understand
from wilkc.plan import decide
from wilkc.runtime.sandbox.argv import arguments
from wilkc.runtime.sandbox.binds import Bases
from wilkc.runtime.sandbox.job import Job
from wilkc.runtime.sandbox.names import is_within
from wilkc.runtime.sandbox.prepare import prepare
from wilkc.runtime.sandbox.static import static_masks
from wilkc.runtime.sandbox.view import Handles, View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from wilkc.core.contract import Decision, Request
    from wilkc.plan import Plan

REVISION: Final = "r" * 64
FILES: Final = """
permissions:
  filesystem:
    read: ['./src/**/*.{ts,md}', './docs/**', './package.json']
    write: ['./out/**', './notes.md']
    execute: ['./scripts/**']
    metadata: {blocked_paths: ['.env*', '**/secrets/**', './out/kept']}
"""
SPECS: Final = {
    "nothing": "permissions: {}\n",
    "strict": FILES.replace("    metadata: {", "    metadata: {allowed_extensions: ['.md'], "),
    "moderate": "sandbox: {isolation: {level: moderate}}" + FILES,
    "narrow": "sandbox: {isolation: {level: moderate}, write_gap: narrow}"
    + FILES.replace("    metadata: {", "    metadata: {allowed_extensions: ['.md'], "),
    "readonly": "sandbox: {isolation: {filesystem: readonly}}\n"
    "permissions: {filesystem: {read: ['./**']}}\n",
    "denied": "sandbox: {permissions: {deny: [fs]}}" + FILES,
    "protected": "sandbox: {protected: ['./out/ci/**', Makefile], tmp: 1MB, shm: 2MB}\n"
    "permissions: {filesystem: {write: ['./out/**']}}\n",
    "unfiltered": "sandbox: {isolation: {level: minimal}, security: {seccomp: false},"
    " degraded: [seccomp]}\npermissions: {filesystem: {read: ['./docs/**']}}\n",
    "everything": "permissions: {filesystem: {read: ['./**'], write: ['./**']}}\n",
}
TREE: Final = (
    "src/a.ts", "src/deep/b.md", "src/c.py", "src/.env", "docs/d", "docs/secrets/key",
    "package.json", "notes.md", "scripts/run", "other/e", "out/f.md", "out/sub/.env.local",
    "out/repo/.git/config", "out/repo/.git/hooks/post-commit", "out/Makefile", "out/g.txt",
)  # fmt: skip


class _Reference:
    """The reference evaluator as a decision point."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def decide(self, request: Request) -> Decision:
        return decide(self._plan, request, revision=REVISION)

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        return [self.decide(request) for request in requests]


@pytest.fixture
def top() -> Iterator[Path]:
    """A workspace that somebody else than root owns."""
    made = Path(tempfile.mkdtemp(prefix="wilk-work-"))
    yield made
    shutil.rmtree(made)


def _fill(top: Path, names: Sequence[str]) -> None:
    for name in names:
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody").pw_uid
        for path in (top, *top.rglob("*")):
            os.chown(path, owner, owner)


def _view(top: Path, text: str) -> View:
    """What a launch of the spec would show, without what differs between hosts."""
    plan = understand({"a.yaml": f"agent: a\n{text}".encode()}).plan
    job = Job("a", ("true",), str(top), plan.specs["a"].sandbox, REVISION)
    bases = Bases()
    try:
        view = prepare(job, _Reference(plan), bases, frozenset, use_fds=False).view
    finally:
        bases.close()
    fixed = len(static_masks())
    return replace(
        view, static=STATIC, home="/home/dev", environment=ENVIRONMENT, masks=view.masks[fixed:]
    )


def _arguments(view: View, *, seccomp: bool = True) -> tuple[str, ...]:
    paths = ["/etc/passwd", *(mask.path for mask in view.masks if mask.kind == "empty_file")]
    data = {path: 20 + number for number, path in enumerate(paths)}
    return arguments(view, Handles(10, 11, 12 if seccomp else None, data))


@pytest.mark.parametrize("name", SPECS)
def test_argument_lists_of_specs(top: Path, golden: Callable[[str, str], None], name: str) -> None:
    _fill(top, TREE)
    listed = _arguments(_view(top, SPECS[name]), seccomp=name != "unfiltered")
    text = "".join(" ".join(one) + "\n" for one in operations(listed))
    golden(f"sandbox/plans/{name}.args", text.replace(str(top), "/srv/project"))


RULES: Final = (
    "permissions: {filesystem: {read: ['./**'], write: ['./out/**', './src/*/**'],"
    " metadata: {blocked_paths: ['.env*', '**/secrets/**']}}}\n"
)


@pytest.mark.parametrize("seed", range(12))
def test_what_holds_for_every_tree(top: Path, seed: int) -> None:
    chance = random.Random(seed)  # a seeded generator is the point
    pool = [*HOSTILE, ".env", "secrets", ".git", "a", "-rf", "--ro-bind", "e\u0301"]
    names = {
        "/".join(
            (chance.choice(["out", "src"]), *chance.choices(pool, k=chance.randint(1, 3)), "f")
        )
        for _ in range(30)
    }
    _fill(top, sorted(names))
    view = _view(top, "sandbox: {isolation: {level: moderate}}\n" + RULES)
    done = operations(_arguments(view))
    place: dict[str, int] = {}
    for number, (_, *words) in enumerate(done):
        if words:
            place.setdefault(words[-1], number)
    writable = [one.path for one in view.binds if one.access == "write"]
    assert writable
    assert view.masks
    for mask in view.masks:
        # Whoever could rename a folder above a mask would carry the mask away with it.
        above = _folders_above(mask.path, writable)
        held = {*view.pins, *(other.path for other in view.masks)}
        assert above <= held, mask
        binds = [place[one.path] for one in view.binds if is_within(mask.path, one.path)]
        assert max(binds) < place[mask.path]
        assert all(place[pin] < place[mask.path] for pin in above & set(view.pins))
    # Names of files stand only where bubblewrap reads a path.
    assert all(option.startswith("--") and " " not in option for option, *_ in done)
    assert all(
        word.startswith("/") for option, *words in done if option in {"--bind", "--ro-bind"}
        for word in words
    )  # fmt: skip


def _folders_above(path: str, writable: Sequence[str]) -> set[str]:
    found = set()
    for tree in writable:
        here = path.rpartition("/")[0]
        while is_within(here, tree) and here != tree:
            found.add(here)
            here = here.rpartition("/")[0]
    return found
