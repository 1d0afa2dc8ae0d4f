"""Driving a headless Chromium through its DevTools protocol, over a pair of pipes.

`--remote-debugging-pipe` reads commands from descriptor 3 and answers on 4, each message
ended by NUL, so nothing but the standard library is needed.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 60.0
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One page of a browser of its own.

    Args:
        program: Chromium.
        profile: an empty folder for what it keeps.

    Attributes:
        requests: addresses that the page asked for.
        blocked: why requests were stopped before they left, one word for each.
    """

    def __init__(self, program: Path, profile: Path) -> None:
        self.requests: list[str] = []
        self.blocked: list[str] = []
        self._number = 0
        self._rest = b""
        command_end, self._writer = os.pipe()
        self._reader, answer_end = os.pipe()
        # The pipes must be 3 and 4 there, whatever their numbers are here.
        shell = 'exec "$@" 3<&"$IN" 4>&"$OUT"'
        self._process = subprocess.Popen(
            ["bash", "-c", shell, "bash", program, *_FLAGS, f"--user-data-dir={profile}"],
            # Reports of crashes and caches lie in the home folder, whatever the profile is.
            env={
                **os.environ,
                "HOME": str(profile),
                "IN": str(command_end),
                "OUT": str(answer_end),
                "XDG_CACHE_HOME": str(profile / "cache"),
                "XDG_CONFIG_HOME": str(profile / "config"),
            },
            pass_fds=(command_end, answer_end),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_end)
        os.close(answer_end)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = ""
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        with contextlib.suppress(OSError, EOFError):
            self._call("Browser.close")
        os.close(self._writer)
        os.close(self._reader)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command to the page; its answer."""
        return self._call(method, **parameters)

    def open(self, address: str) -> None:
        """Load a page and wait until it is there."""
        self.call("Page.navigate", url=address)
        limit = time.monotonic() + SECONDS
        while self.run("document.readyState + location.href") != f"complete{address}":
            if time.monotonic() > limit:
                raise TimeoutError(address)

    def size(self, width: int, height: int = 800) -> None:
        """Let the page have this many CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def dark(self, *, on: bool) -> None:
        """Let the reader prefer dark pages, or light ones."""
        value = "dark" if on else "light"
        features = [{"name": "prefers-color-scheme", "value": value}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key, by its name in UI Events."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        code = {"windowsVirtualKeyCode": codes.get(key, ord(key[0].upper()))}
        kind = "keyDown" if text else "rawKeyDown"
        self.call("Input.dispatchKeyEvent", type=kind, key=key, text=text, **code)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def run(self, script: str) -> Any:
        """The value of an expression in the page."""
        found = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", ""):
            message["sessionId"] = self._session
        os.write(self._writer, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("method") == "Network.requestWillBeSent":
                self.requests.append(answer["params"]["request"]["url"])
            if answer.get("method") == "Network.loadingFailed":
                self.blocked.append(answer["params"].get("blockedReason", ""))
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def _message(self) -> dict[str, Any]:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._reader, selectors.EVENT_READ)
            while b"\0" not in self._rest:
                if not waiting.select(SECONDS):
                    raise TimeoutError("Chromium does not answer")
                data = os.read(self._reader, 1 << 20)
                if not data:
                    raise EOFError("Chromium has ended")
                self._rest += data
        line, _, self._rest = self._rest.partition(b"\0")
        decoded: dict[str, Any] = json.loads(line)
        return decoded
