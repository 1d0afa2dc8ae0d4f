"""The shim as process 1 of a container: whatever bubblewrap leaves is its to wait for."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest

PROGRAM = """
import os, runpy, sys
assert os.getpid() == 1
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
finally:
    states = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    states.append(file.read().rpartition(")")[2].split()[0])
            except OSError:
                pass
    print("zombies", states.count("Z"), "of", len(states), file=sys.stderr)
"""


@pytest.mark.parametrize(("script", "kind"), [("true", "exited"), ("sleep 60", "timeout")])
def test_no_process_stays_behind(root_work: Any, spec: Any, script: str, kind: str) -> None:
    unshare = shutil.which("unshare") or "/usr/bin/unshare"
    launcher = (unshare, "-pf", "--mount-proc", *root_work.launcher, "-c", PROGRAM)
    work = replace(root_work, launcher=launcher)
    process = work.start(spec().limited(wall_clock_ms=3000), "/bin/sh", "-c", script)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f'"{kind}"' in out.decode()
    assert "zombies 0 of 1" in err.decode().splitlines()
