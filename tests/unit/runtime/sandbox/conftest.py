from __future__ import annotations

import base64
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

import wilkc
from wilkc.core.sandbox_plan import Limits, Mount, SandboxPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BWRAP = Path("/usr/bin/bwrap")
SCRIPT = Path(__file__).parent / "launch_as.py"
USER = "nobody"
REVISION = "r" * 64


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the shim that an ordinary user may read."""
    del tmp_path_factory  # pytest's folders are closed to others
    top = Path(tempfile.mkdtemp(prefix="wilk-code-"))
    top.chmod(0o755)
    source = Path(wilkc.__file__).parent
    ignore = shutil.ignore_patterns("__pycache__", "cli", "spec", "syntax", "plan", "emit")
    shutil.copytree(source, top / "wilkc", ignore=ignore)
    shutil.copy(SCRIPT, top / SCRIPT.name)
    for path in top.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield top
    shutil.rmtree(top)


@dataclass(frozen=True)
class Result:
    kind: str
    status: int
    exit: int | None
    detail: str
    message: str
    help: str
    launch: dict[str, Any]
    stdout: str
    stderr: str
    result: str


@dataclass(frozen=True)
class Workspace:
    """A folder that the run identity owns, and how to launch commands over it."""

    path: Path
    launcher: tuple[str, ...]
    package: Path
    owner: int

    def write(self, name: str, text: str = "", mode: int = 0o644) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        self.own()
        return path

    def folder(self, name: str) -> Path:
        (self.path / name).mkdir(parents=True, exist_ok=True)
        self.own()
        return self.path / name

    def own(self) -> None:
        if os.geteuid() == 0:
            os.chown(self.path, self.owner, self.owner)
            # A launch that is under way makes and removes what it mounts over.
            for folder, folders, files in os.walk(self.path):
                for name in (*folders, *files):
                    with suppress(FileNotFoundError):
                        os.chown(Path(folder, name), self.owner, self.owner, follow_symlinks=False)

    def notes(self) -> list[Path]:
        """The notes of running launches."""
        return [
            *Path("/run/wilk-root").glob("*"),
            *Path(tempfile.gettempdir(), f"wilk-{self.owner}").glob("*"),
        ]

    def names(self) -> set[str]:
        return {str(path.relative_to(self.path)) for path in self.path.rglob("*")}

    def start(self, spec: Spec, *command: str, **more: Any) -> subprocess.Popen[bytes]:
        given = {
            "workspace": str(self.path),
            "command": list(command),
            "plan": spec.plan.as_json(),
            "rules": spec.rules,
            "bwrap": str(BWRAP),
            "environment": {},
        }
        process = subprocess.Popen(
            [*self.launcher, str(self.package / SCRIPT.name)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd="/", pass_fds=more.pop("pass_fds", ()),
            env={"PYTHONPATH": str(self.package), "PYTHONDONTWRITEBYTECODE": "1",
                 "PATH": "/usr/bin:/bin", **more.pop("shim", {})},
        )  # fmt: skip
        assert process.stdin
        process.stdin.write(json.dumps({**given, **more}).encode())
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, spec: Spec, *command: str, **more: Any) -> Result:
        process = self.start(spec, *command, **more)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        answer = json.loads(out)
        for name in ("stdout", "stderr", "result"):
            answer[name] = base64.b64decode(answer[name]).decode("utf-8", "replace")
        return Result(**answer)

    def sh(self, spec: Spec, script: str, **more: Any) -> Result:
        return self.run(spec, "/bin/sh", "-c", script, **more)


@dataclass(frozen=True)
class Spec:
    """A plan, and the rules that a decision point answers by."""

    plan: SandboxPlan
    rules: dict[str, Any] = field(default_factory=dict)

    def changed(self, **changes: Any) -> Spec:
        return Spec(replace(self.plan, **changes), self.rules)

    def limited(self, **changes: Any) -> Spec:
        return self.changed(limits=replace(self.plan.limits, **changes))


def _mount(access: str, pattern: str, how: str, postcheck: bool, suffix: str) -> Mount:
    parts = pattern.split("/")
    fixed = [part for part in parts if "*" not in part]
    base = "/".join(parts[: len(fixed)]) or "."
    sample = base if how == "file" else f"{base}/a{suffix}"
    if how == "each":
        sample = pattern.replace("**/", "").replace("*", "a")
    return Mount(access, how, base, pattern, sample, f"fs.{access}.{pattern}", "t.yaml", 3,  # type: ignore[arg-type]
                 postcheck)  # fmt: skip


def _spec(  # a table of rules
    read: tuple[str, ...] = (), write: tuple[str, ...] = (), block: tuple[str, ...] = (),
    extensions: tuple[str, ...] = (), each: tuple[str, ...] = (), files: tuple[str, ...] = (),
    write_each: tuple[str, ...] = (), write_files: tuple[str, ...] = (), **plan: Any,
) -> Spec:  # fmt: skip
    suffix = extensions[0] if extensions else ""
    check = bool(block or extensions)
    mounts = [_mount("read", one, "tree", False, "") for one in read]
    mounts += [_mount("read", one, "each", False, "") for one in each]
    mounts += [_mount("read", one, "file", False, "") for one in files]
    mounts += [_mount("write", one, "tree", check, suffix) for one in write]
    mounts += [_mount("write", one, "each", False, suffix) for one in write_each]
    mounts += [_mount("write", one, "file", False, suffix) for one in write_files]
    given = {"level": "moderate", "degraded": ("cgroup",), **plan}
    allow = {"read": [*read, *each, *files], "write": [*write, *write_each, *write_files]}
    return Spec(
        SandboxPlan(mounts=tuple(mounts), hidden=block, **given),
        {"allow": allow, "block": list(block), "extensions": list(extensions),
         "revision": REVISION},
    )  # fmt: skip


@pytest.fixture
def spec() -> Callable[..., Spec]:
    return _spec


@pytest.fixture
def limits() -> Callable[..., Limits]:
    return Limits


def _user_python() -> str:
    """A Python that an ordinary user may run."""
    for candidate in ("/usr/bin/python3", "/usr/local/bin/python3", sys.executable):
        probe = [*_as_user(), candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if Path(candidate).exists() and subprocess.run(probe, check=False, cwd="/").returncode == 0:
            return candidate
    return ""


def _user_launcher(require: Any) -> tuple[str, ...]:
    python = _user_python()
    if not python:
        require("bwrap", "there is no Python 3.11 that an ordinary user may run")
    return (*_as_user(), python)


def _as_user() -> tuple[str, ...]:
    return (
        (shutil.which("runuser") or "/usr/sbin/runuser", "-u", USER, "--")
        if os.geteuid() == 0
        else ()
    )


@pytest.fixture(params=["root", "user"])
def identity(request: pytest.FixtureRequest) -> str:
    name = cast("str", request.param)
    if name == "root" and os.geteuid() != 0:
        pytest.skip("only root can give up being root")
    return name


def _owner() -> int:
    return pwd.getpwnam(USER).pw_uid if os.geteuid() == 0 else os.geteuid()


def bare_launcher(identity: str, require: Any) -> tuple[tuple[str, ...], int]:
    """How to start the shim as root or as an ordinary user, and whom files belong to."""
    python = (sys.executable,) if identity == "root" else _user_launcher(require)
    return python, _owner()


def _open(package: Path, launcher: tuple[str, ...]) -> Iterator[Workspace]:
    owner = _owner()
    top = Path(tempfile.mkdtemp(prefix="wilk-work-"))
    top.chmod(0o755)
    workspace = Workspace(top, launcher, package, owner)
    workspace.own()
    yield workspace
    shutil.rmtree(top)


@pytest.fixture
def work(bwrap: Path, package: Path, identity: str, require: Any) -> Iterator[Workspace]:
    """A workspace, once with the shim as root and once as an ordinary user."""
    del bwrap
    python = (sys.executable,) if identity == "root" else _user_launcher(require)
    yield from _open(package, python)


@pytest.fixture
def root_work(bwrap: Path, package: Path) -> Iterator[Workspace]:
    """A workspace with the shim as root, for what only root can have."""
    del bwrap
    if os.geteuid() != 0:
        pytest.skip("only root has control groups here")
    yield from _open(package, (sys.executable,))


@pytest.fixture
def user_work(bwrap: Path, package: Path, require: Any) -> Iterator[Workspace]:
    """A workspace with the shim as an ordinary user."""
    del bwrap
    yield from _open(package, _user_launcher(require))
