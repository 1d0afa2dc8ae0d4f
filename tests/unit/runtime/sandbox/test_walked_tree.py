"""A real tree inside a real sandbox: what processes can do against what OPA decides.

Every file is opened for reading, opened for writing and unlinked from inside. Where the kernel
lets pass what OPA denies, a gap of the plan must say so, and every gap must be seen to be one.
"""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.conftest import Judged
from tests.unit.runtime.sandbox.conftest import REVISION, Spec, Workspace
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError
from wilkc.language.paths import parse_path
from wilkc.runtime.sandbox.names import Roots
from wilkc.runtime.sandbox.obeyed import FROZEN_FILES

if TYPE_CHECKING:
    from pathlib import Path

    from wilkc.core.sandbox_plan import Gap
    from wilkc.plan.model import FilePlan

SEED: Final = 20261129
FILES: Final = 60
FOLDERS: Final = ("src", "src/deep", "docs", "out", "out/sub", "out/secrets", "scripts", "other")
NAMES: Final = (
    "a", "a.ts", "b.md", "c.MD", ".env", "key.pem", "x.py", "Makefile", "a b", "-rf", "--bind",
    "quote'\"", "$(id)", "new\nline", "cafe\u0301", "é.md", "*", "{}",
)  # fmt: skip
RULES: Final = """
permissions:
  filesystem:
    read: ['./src/**/*.{ts,md}', './docs/**', './out/sub/**', './package.json', './gone/**']
    write: ['./out/**', './notes.md']
    delete: ['./out/sub/**']
    execute: ['./scripts/**']
    metadata: {blocked_paths: ['.env*', '**/secrets/**', '**/*.pem']}
"""
LIMITED: Final = RULES.replace("metadata: {", "metadata: {allowed_extensions: ['.md'], ")
SPECS: Final = {
    "moderate": "agent: a\nsandbox: {isolation: {level: moderate}, degraded: [cgroup]}" + RULES,
    "limited": "agent: a\nsandbox: {isolation: {level: moderate}, degraded: [cgroup]}" + LIMITED,
    "narrow": "agent: a\nsandbox: {isolation: {level: moderate}, write_gap: narrow,"
    " degraded: [cgroup]}" + LIMITED,
    "everything": "agent: a\nsandbox: {isolation: {level: moderate}, degraded: [cgroup]}\n"
    "permissions: {filesystem: {read: ['./**'], write: ['./**'], delete: ['./**']}}\n",
}  # fmt: skip
# Each prints one digit per path: whether the action was possible.
TRIES: Final = {
    "read": 'cat -- "$p" > /dev/null',
    "write": '(printf x >> "$p")',
    "delete": 'unlink -- "$p"',
}


@dataclass
class Tree:
    """A workspace with files, and what was found out about each."""

    work: Workspace
    spec: Spec
    judged: Judged
    compiled: Any
    paths: list[str] = field(default_factory=list)

    def plant(self) -> None:
        """Files of every kind, and one for the witness of each gap."""
        rng = random.Random(SEED)
        names = {f"{rng.choice(FOLDERS)}/{rng.choice(NAMES)}" for _ in range(FILES)}
        names |= {"package.json", "notes.md", "out/.npmrc", "scripts/run"}
        witnesses = {gap.witness.removeprefix("./") for gap in self.spec.plan.gaps}
        for name in (*sorted(names), *sorted(witnesses)):
            # The witness of a blocked folder may be the folder, which then stands for it.
            if not (self.work.path / name).exists():
                self.work.write(name, "text")
        self.paths = sorted(one for one in names | witnesses if (self.work.path / one).is_file())

    def done(self, action: str, paths: list[str]) -> dict[str, bool]:
        """What processes inside could do."""
        loop = f"for p do if {TRIES[action]} 2> /dev/null; then printf 1; else printf 0; fi; done"
        full = [str(self.work.path / name) for name in paths]
        ended = self.work.run(self.spec, "/bin/sh", "-c", loop, "sh", *full)
        assert ended.kind in {"exited", "policy_violation"}, ended
        assert len(ended.stdout) == len(paths), ended
        return {name: mark == "1" for name, mark in zip(paths, ended.stdout, strict=True)}

    def decided(self, action: str, paths: list[str]) -> dict[str, str]:
        """What OPA says of each: `allowed`, or the detail of its denial."""
        roots = Roots(str(self.work.path), None)
        requests = [_request(action, roots, str(self.work.path / name)) for name in paths]
        asked = [one for one in requests if one is not None]
        answers = iter(self.judged.ask(self.compiled, asked))
        return {
            name: "no name" if request is None else _said(next(answers))
            for name, request in zip(paths, requests, strict=True)
        }

    def gaps(self, action: str, name: str) -> list[Gap]:
        """The gaps of the plan that speak of such a path."""
        path = f"./{name}"
        return [
            gap for gap in self.spec.plan.gaps
            if gap.action == action and (path == gap.base or path.startswith(f"{gap.base}/"))
        ]  # fmt: skip

    def writable(self, name: str) -> bool:
        """Whether the path lies in a tree that is mounted writable."""
        return any(
            f"./{name}".startswith(f"{one.base}/")
            for one in self.spec.plan.mounts
            if (one.access, one.how) == ("write", "tree")
        )


def _request(action: str, roots: Roots, real: str) -> Request | None:
    try:
        names = roots.names(real)
        parse_path(names[0])
    except (ValueError, RequestError):
        return None
    return Request("a", action, "file", names[0], {"aliases": list(names[1:])})


def _said(answer: dict[str, Any]) -> str:
    return "allowed" if answer["decision"] else str(answer["context"]["detail"])


def _rules(files: FilePlan, texts: dict[str, list[str]]) -> dict[str, Any]:
    """The same rules for the decision point of the launch."""
    extensions = [f".{one}" for one in files.extensions.values] if files.extensions else []
    block = [rule.text for rule in files.block]
    return {"allow": texts, "block": block, "extensions": extensions, "revision": REVISION}


@pytest.fixture(params=SPECS)
def tree(request: pytest.FixtureRequest, work: Workspace, opa: Path, tmp_path: Path) -> Tree:
    judged = Judged(opa, tmp_path)
    compiled = judged.compiled(a=SPECS[request.param])
    held = compiled.plan.specs["a"]
    files = held.permissions.file
    texts = {action: [one.text for one in rules] for action, rules in files.allow.items()}
    tree = Tree(work, Spec(held.sandbox, _rules(files, texts)), judged, compiled)
    tree.plant()
    return tree


def _frozen(name: str) -> bool:
    return name.rpartition("/")[2] in FROZEN_FILES


def test_what_can_be_read_is_allowed_or_a_listed_gap(tree: Tree) -> None:
    done, decided = (part("read", tree.paths) for part in (tree.done, tree.decided))
    wider = {name for name, could in done.items() if could and decided[name] != "allowed"}
    assert {name for name in wider if not tree.gaps("read", name)} == set()
    assert {name for name in wider if decided[name] in {"blocked", "no name"}} == set()
    assert {name for name in done if not done[name] and decided[name] == "allowed"} == set()
    assert _witnesses(tree, "read", postcheck=False) <= wider
    assert any(done.values())


def test_what_can_be_written_is_allowed_or_a_listed_gap(tree: Tree) -> None:
    new = sorted(f"{folder}/new{end}" for folder in FOLDERS for end in ("", ".md", ".pem"))
    paths = [*tree.paths, *new]
    done, decided = (part("write", paths) for part in (tree.done, tree.decided))
    wider = {name for name, could in done.items() if could and decided[name] != "allowed"}
    assert {name for name in wider if not tree.gaps("write", name)} == set()
    assert {name for name in wider if decided[name] == "blocked" and name not in new} == set()
    kept = {name for name in done if not done[name] and decided[name] == "allowed"}
    if "tree" in {one.how for one in tree.spec.plan.mounts if one.access == "write"}:
        assert {name for name in kept if not _frozen(name)} == set()
    else:
        assert kept <= set(new)
    # What was new or changed and is denied did not stay.
    assert {name for name in wider if (tree.work.path / name).exists()} == set()
    assert any(done.values())


def test_what_can_be_deleted_is_allowed_or_a_listed_gap(tree: Tree) -> None:
    done, decided = (part("delete", tree.paths) for part in (tree.done, tree.decided))
    wider = {name for name, could in done.items() if could and decided[name] != "allowed"}
    assert {name for name in wider if not tree.gaps("delete", name)} == set()
    assert {name for name in wider if decided[name] == "blocked"} == set()
    assert {name for name in done if done[name] and not tree.writable(name)} == set()
    kept = {name for name in done if not done[name] and decided[name] == "allowed"}
    assert {name for name in kept if tree.writable(name) and not _frozen(name)} == set()
    assert _witnesses(tree, "delete", postcheck=False) <= wider


def test_names_that_a_block_covers_can_be_made_and_do_not_stay(tree: Tree) -> None:
    """The gaps that are checked after the run: each witness is made, and taken away."""
    for name in _witnesses(tree, "write", postcheck=True):
        path = tree.work.path / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    paths = sorted(_witnesses(tree, "write", postcheck=True))
    done = tree.done("write", paths)
    assert all(done.values()), done
    assert {name for name in paths if (tree.work.path / name).exists()} == set()


def _witnesses(tree: Tree, action: str, *, postcheck: bool) -> set[str]:
    return {
        gap.witness.removeprefix("./")
        for gap in tree.spec.plan.gaps
        if (gap.action, gap.postcheck) == (action, postcheck)
    }


def test_the_plans_hold_what_the_tests_are_about(opa: Path, tmp_path: Path) -> None:
    judged = Judged(opa, tmp_path)
    plans = {name: judged.compiled(a=text).plan.specs["a"].sandbox for name, text in SPECS.items()}
    kinds = {
        name: {(gap.action, gap.postcheck) for gap in plan.gaps} for name, plan in plans.items()
    }
    read, write, delete = ("read", False), ("write", True), ("delete", False)
    assert kinds == {
        "moderate": {read, write, delete}, "limited": {read, write, delete},
        "narrow": {read}, "everything": set(),
    }  # fmt: skip
