"""An S3-compatible server of the test's own, with Object Lock, on a port of the kernel's choice."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Final, Self

import boto3

from wilkc.opa.obtain import cached_program, is_whole

VERSION: Final = "1.8.0"  # as tools/build_test_servers.py has it
SECONDS: Final = 60.0
ACCESS: Final = {"AWS_ACCESS_KEY_ID": "wilk", "AWS_SECRET_ACCESS_KEY": "wilk-of-a-test"}
REGION: Final = "us-east-1"
_LISTENING: Final = "0A"


def find_server() -> Path | None:
    """The program: named in WILK_VERSITYGW, on PATH, or built by set-up."""
    named = os.environ.get("WILK_VERSITYGW") or shutil.which("versitygw")
    if named:
        return Path(named)
    built = cached_program("versitygw", VERSION)
    return built if is_whole(built) else None


class S3Server:
    """One server on a folder.

    Args:
        program: of versitygw.
        folder: where it keeps what it is given.
    """

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""

    def __enter__(self) -> Self:
        for name in ("objects", "versions", "meta"):
            (self._folder / name).mkdir()
        self._process = subprocess.Popen(
            [
                self._program, "--port", "127.0.0.1:0", "--quiet", "posix",
                "--versioning-dir", self._folder / "versions",
                "--sidecar", self._folder / "meta", self._folder / "objects",
            ],
            env={
                "ROOT_ACCESS_KEY": ACCESS["AWS_ACCESS_KEY_ID"],
                "ROOT_SECRET_KEY": ACCESS["AWS_SECRET_ACCESS_KEY"],
                "PATH": os.environ["PATH"],
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        limit = time.monotonic() + SECONDS
        while (port := _port_of(self._process.pid)) is None:
            if time.monotonic() > limit or self._process.poll() is not None:
                self.__exit__()
                raise RuntimeError("the S3 server does not start")
            time.sleep(0.02)
        self.endpoint = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(SECONDS)
            self._process = None

    def client(self) -> Any:
        """A client that may do everything."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
        )


def _port_of(pid: int) -> int | None:
    """The port that a process listens on, see proc(5)."""
    held = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(str(path.readlink()))
        except OSError:
            continue
    for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[3] == _LISTENING and f"socket:[{words[9]}]" in held:
            return int(words[1].partition(":")[2], 16)
    return None
