"""Launches one sandboxed command as whoever runs this script: a program, not a test.

Reads one JSON object on standard input, writes one on standard output. It stands beside the
tests so that they can run the shim as root and as an ordinary user alike.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wilkc.core.contract import Decision
from wilkc.core.sandbox_plan import SandboxPlan
from wilkc.language.atoms import ALLOW, BLOCK
from wilkc.language.paths import parse_path, parse_path_rule, path_matches
from wilkc.runtime.sandbox import Held, Job, Streams, launch, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wilkc.core.contract import Request

REVISION = "r" * 64
MOVED = "moved:"
"""Before a path that is put in another's place itself, and not as a link."""


class Rules:
    """A decision point over a few file rules, with the language's own matcher."""

    def __init__(self, given: dict[str, Any], between: dict[str, str]) -> None:
        self.allow = {
            action: [one for text in texts for one in parse_path_rule(text, ALLOW)]
            for action, texts in given["allow"].items()
        }
        self.block = [one for text in given["block"] for one in parse_path_rule(text, BLOCK)]
        self.extensions = given["extensions"]
        self.given = given
        self.between = between

    @property
    def revision(self) -> str:
        """As it is now: a policy may change while a command runs."""
        place = self.given.get("revision_file")
        if place is None:
            return str(self.given["revision"])
        with open(place, encoding="utf-8") as file:  # noqa: PTH123  # text of any bytes
            return file.read()

    def decide(self, request: Request) -> Decision:
        # The policy is asked when everything is resolved and nothing is mounted yet.
        for path, target in self.between.items():
            Path(path).rename(f"{path}.was")
            if target.startswith(MOVED):
                Path(target.removeprefix(MOVED)).rename(path)
            else:
                Path(path).symlink_to(target)
        self.between = {}
        names = [parse_path(text) for text in (request.id, *request.properties.get("aliases", []))]
        patterns = self.allow.get(request.action, [])
        allow = any(path_matches(one, names[0]) for one in patterns)
        allow = allow and not any(path_matches(one, name) for one in self.block for name in names)
        if (
            request.action == "write"
            and self.extensions
            and not request.properties.get("directory")
        ):
            allow = allow and request.id.endswith(tuple(self.extensions))
        if request.id in self.given.get("interrupted", ()):
            # As of a user who has no patience.
            os.kill(os.getpid(), signal.SIGINT)
        if request.id in self.given.get("failing", ()):
            raise RuntimeError("the decision point fails")
        # As of a decision point that has no answer to some questions.
        revision = "" if request.id in self.given.get("unanswered", ()) else self.revision
        if allow:
            return Decision(True, "PERMISSION_GRANTED", "", "", revision=revision)
        return Decision(False, "PERMISSION_DENIED", "", "", revision=revision)

    def decide_many(self, requests: Sequence[Request]) -> Sequence[Decision]:
        return [self.decide(request) for request in requests]


class Slow:
    """Takes nothing until a file is there, and half a second has passed."""

    def __init__(self, place: str, taken: list[bytes]) -> None:
        self.place, self.taken = place, taken

    def __call__(self, chunk: bytes) -> None:
        while not self.taken and not os.path.exists(self.place):  # noqa: PTH110  # any text
            time.sleep(0.02)
        if not self.taken:
            time.sleep(0.5)
        self.taken.append(chunk)


class Told:
    """Writes down what it is told, one JSON object a line."""

    def __init__(self, place: str | None) -> None:
        self.place = place

    def tell(self, kind: str, what: Any) -> None:
        if self.place:
            with open(self.place, "a", encoding="utf-8") as file:  # noqa: PTH123  # any text
                file.write(json.dumps([kind, what]) + "\n")

    def confined(self, limits: Any) -> None:
        self.tell("confined", {name: one.as_json() for name, one in limits.items()})

    def usage(self, sample: Any) -> None:
        self.tell("usage", sample)

    def alert(self, alert: Any) -> None:
        self.tell("alert", alert)


def agent_of(workspace: str) -> str:
    """An agent for each workspace: one that is busy gets no second launch on the whole host."""
    return f"tester-{hashlib.sha256(os.fsencode(workspace)).hexdigest()[:12]}"


def start_few(most: int) -> None:
    """As on a host that has no room for more threads than these."""
    start, left = threading.Thread.start, [most]

    def limited(thread: threading.Thread) -> None:
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start(thread)

    threading.Thread.start = limited  # type: ignore[method-assign, assignment]


def main() -> None:
    given = json.load(sys.stdin)
    if "threads" in given:
        start_few(given["threads"])
    walk.MAX_ENTRIES = given.get("most_entries", walk.MAX_ENTRIES)  # type: ignore[misc]
    printed: dict[str, list[bytes]] = {"stdout": [], "stderr": [], "result": []}
    job = Job(
        given.get("agent") or agent_of(given["workspace"]),
        tuple(given["command"]),
        given["workspace"],
        SandboxPlan.from_json(given["plan"]),
        REVISION,
        given.get("environment", dict(os.environ)),
        files={path: text.encode() for path, text in given.get("files", {}).items()},
        digest=given.get("digest", ""),
        session=given.get("session", ""),
        held=Held(**{name: tuple(paths) for name, paths in given.get("held", {}).items()}),
    )
    result = printed["result"].append if given.get("result") else None
    stdout = Slow(given["slow"], printed["stdout"]) if "slow" in given else printed["stdout"].append
    streams = Streams(stdout, printed["stderr"].append, result)
    ended = launch(
        job,
        Rules(given["rules"], given.get("between", {})),
        streams,
        observer=Told(given.get("told")),
        bwrap=given["bwrap"],
    )
    answer = {name: base64.b64encode(b"".join(text)).decode() for name, text in printed.items()}
    sys.stdout.write(json.dumps({**ended.as_json(), **answer}))


if __name__ == "__main__":
    main()
