"""A signal ends what runs until one comes, wherever in the program it comes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

_IN_A_FINALIZER = """
import os, signal, sys
from wilkc.cli.signals import end_in_order, pause

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})
        for _ in range(1000):
            pass

end_in_order({code})
made = Finalized()
del made
print("lost", flush=True)
for _ in range(3):
    pause(0.01)
print("it runs on")
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("code", [0, None])
def test_a_signal_in_a_finalizer_is_heeded(name: str, code: int | None) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_FINALIZER.format(name=name, code=code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Exception ignored" in done.stderr
    assert done.stdout == "lost\n"
    assert done.returncode == (128 + signal.Signals[name] if code is None else code)
