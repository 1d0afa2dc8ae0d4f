"""The host that attacks are made on: a project, a home and what lies around them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

QUARANTINE: Final = ".wilk-quarantine"
CANARY: Final = "SECRET-CANARY"
GIT: Final = {
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
}  # fmt: skip


@dataclass
class Scenery:
    """Everything below one folder: `/srv/project` and `/home/dev` of the cases, renamed.

    Attributes:
        top: the folder, `/srv` of the cases.
        owner: whom all of it belongs to.
    """

    top: Path
    owner: int
    elsewhere: list[Path] = field(default_factory=list)

    @property
    def project(self) -> Path:
        """The workspace."""
        return self.top / "project"

    @property
    def home(self) -> Path:
        """The user's home."""
        return self.top / "home-dev"

    def build(self) -> None:
        """What every case finds: readable, writable and blocked files."""
        self.file("README.md", "readable\n")
        self.file("scripts/tool", "#!/bin/sh\n", 0o755)
        self.file("out/kept", "kept\n")
        for name in (".env", "blocked/x0", "sub/blocked/key"):
            self.file(name, CANARY)
        for name in (".ssh/id_ed25519", ".aws/credentials", ".bashrc"):
            self.file(self.home / name, CANARY)
        self.file(self.top / "main/.git/config", "[core]\n")
        self.own()

    def take_down(self) -> None:
        """Remove what lies outside the folder."""
        for path in self.elsewhere:
            path.unlink(missing_ok=True)

    def file(self, name: str | Path, text: str, mode: int = 0o644) -> Path:
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def own(self) -> None:
        if os.geteuid() == 0:
            for path in (self.top, *self.top.rglob("*"), *self.elsewhere):
                os.chown(path, self.owner, self.owner, follow_symlinks=False)

    def named(self, value: Any) -> Any:
        """A value of a case, with the names of this host in place of its own."""
        if isinstance(value, dict):
            return {key: self.named(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.named(one) for one in value]
        if not isinstance(value, str):
            return value
        for theirs, ours in (
            ("/srv/project", self.project), ("/home/dev", self.home), ("/srv", self.top),
            ("/tmp/build.log", self.top.with_name(f"{self.top.name}.log")),  # noqa: S108  # the case's
        ):  # fmt: skip
            value = value.replace(theirs, str(ours))
        return value

    def place(self, name: str) -> Path:
        """A path of a case on this host."""
        return self.project / str(self.named(name))

    def set_up(self, steps: list[dict[str, Any]]) -> None:
        """Do what a case wants done before."""
        for step in steps:
            self._step(step)
        self.own()

    def _step(self, step: dict[str, Any]) -> None:
        if "append" in step:
            with self.place(step["append"]).open("a", encoding="utf-8") as file:
                file.write(step["text"])
            return
        if "absent" in step:
            assert not self.place(step["absent"]).exists()
            return
        path = self.place(step["path"])
        path.parent.mkdir(parents=True, exist_ok=True)
        self._make(step["make"], path, step)

    def _make(self, kind: str, path: Path, step: dict[str, Any]) -> None:
        match kind:
            case "file":
                self.file(path, step["text"])
            case "program":
                target = self.place(step["writes"])
                self.file(path, f"#!/bin/sh\n: > {target}\n", 0o755)
            case "link":
                self._link(path, step["target"])
            case "hardlink":
                target = self.place(step["target"])
                if not target.exists():
                    self.file(target, "[core]\n")
                os.link(target, path)
            case "repo":
                self._repository(path)
            case "bare_repo":
                self._bare_repository(path, step["config"])
            case "worktree":
                self.file(path / ".git", f"gitdir: {self.named(step['gitdir'])}\n")
            case other:
                raise AssertionError(f"unknown setup `{other}`")

    def _link(self, path: Path, target: str) -> None:
        if path.is_dir():
            path.rename(path.with_name("out-before"))
        elif not path.is_relative_to(self.top):
            self.elsewhere.append(path)
        path.symlink_to(self.named(target))

    def _repository(self, path: Path) -> None:
        path.mkdir()
        for words in (["init", "-q"], ["config", "user.name", "a"], ["config", "user.email", "b"]):
            self.git(path, *words)
        self.file(path / "tracked", "one\n")
        self.git(path, "add", "tracked")
        self.git(path, "commit", "-q", "-m", "first")
        # A commit with a signature, so that there is something to check.
        head, _, message = self.git(path, "cat-file", "commit", "HEAD").partition("\n\n")
        lines = ["-----BEGIN PGP SIGNATURE-----", "", "x", "-----END PGP SIGNATURE-----"]
        signed = (
            f"{head}\ngpgsig {chr(10).join(lines).replace(chr(10), chr(10) + ' ')}\n\n{message}"
        )
        self.file(path / "signed", signed)
        name = self.git(path, "hash-object", "-t", "commit", "-w", "signed").strip()
        self.git(path, "update-ref", "HEAD", name)
        (path / "signed").unlink()
        self.file(path / "tracked", "two\n")

    def _bare_repository(self, path: Path, config: str) -> None:
        path.mkdir()
        self.git(path, "init", "-q", "--bare")
        # Only a repository that claims a work tree makes git look at files at all.
        work_tree = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n"
        self.file(path / "config", work_tree + config)

    def git(self, path: Path, *words: str) -> str:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), **GIT}
        command = ["git", "-c", "safe.directory=*", *words]
        done = subprocess.run(
            command, cwd=path, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    def outside(self, cwd: Path, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the project's owner without any sandbox."""
        given: dict[str, Any] = {}
        if os.geteuid() == 0:
            given = {"user": self.owner, "group": self.owner, "extra_groups": []}
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.home), **GIT}
        return subprocess.run(
            list(argv), cwd=cwd, env=environment, check=False, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=30, **given,
        )  # fmt: skip

    def digest(self) -> str:
        """Names and contents of all that no rule lets be written."""
        state = sha256()
        for path in sorted(self.top.rglob("*")):
            if any(path.is_relative_to(self.project / one) for one in ("out", QUARANTINE)):
                continue
            state.update(f"{path}\0{path.lstat().st_mode}\0".encode("utf-8", "surrogateescape"))
            if path.is_file() and not path.is_symlink():
                state.update(path.read_bytes())
        return state.hexdigest()
