"""A sidecar and agents that act, each in processes of their own, and what must hold of them.

Whatever a test breaks: nothing runs that the newest valid policy denies, nothing runs
unrecorded or beyond its limit, every answer comes in time, and all is well soon after.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.faults.agent import ACTIONS, SECONDS
from tests.integration.guard.conftest import SMALL, Log
from wilkc.bundle import sign_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.runtime.audit import Places, create_log
from wilkc.runtime.limits import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Self

    from tests.integration.sidecar.conftest import Cli, Running
    from wilkc.bundle import PrivateKey

WELL_SECONDS = 2.0
"""How soon all is well again."""
SLACK = 10.0
"""Seconds that a machine may add which runs other tests on every processor at the same time:
to start OPA alone takes it several times as long as an idle one."""
START_SECONDS = 60.0
MODEL_LIMIT = 2
AGENTS = 2
"""A parent and its child."""
SPEC = """\
agent: worker
permissions:
  filesystem:
    read: {read}
    metadata: {{blocked_paths: {blocked}}}
  llm:
    allowed_models: [gpt-4]
    max_requests_per_hour: {limit}
"""
VALID = SPEC.format(read="['./src/**']", blocked="['**/secrets/**']", limit=MODEL_LIMIT)
LATER = SPEC.format(read="['./src/**', './new/**']", blocked="['**/secrets/**']", limit=MODEL_LIMIT)
"""The policy that grants one thing more."""
OPEN = SPEC.format(read="['./**']", blocked="[]", limit=100)
"""What was never in force, and must not be: it grants everything."""


def signed(spec: str, key: PrivateKey, sequence: int, *, scope: str = "test") -> bytes:
    """A bundle of a spec."""
    compiled = compile_sources({"worker.yaml": spec.encode()}, read_library())
    whole = write_bundle(compiled.files, compiled.manifest)
    return sign_bundle(whole, key, key_id="k", scope=scope, sequence=sequence)


@dataclass(frozen=True)
class Attempt:
    """One try of one action, as the process that made it tells it."""

    name: str
    process: int
    at: float
    ran: bool
    detail: str
    seconds: float

    @property
    def ended(self) -> float:
        return self.at + self.seconds


@dataclass
class Stage:
    """`wilkc serve` and two agents, from `with` to `judge`."""

    cli: Cli
    folder: Path
    environment: Mapping[str, str]
    killed: set[int] = field(default_factory=set)
    attempts: list[Attempt] = field(default_factory=list)
    asked: int = 0
    """Questions that others asked beside the agents' actions."""

    def __post_init__(self) -> None:
        audit = self.folder / "audit"
        audit.mkdir()
        self.places = Places(*(audit / name for name in ("log", "keys", "provider", "root")))
        self.log = Log(self.places, create_log(self.places, "example.org/faults", SMALL))
        self.rates = self.folder / "limits" / "limits.db"
        SqliteStore.create(self.rates)
        self.workspace, self.control = self.folder / "work", self.folder / "control"
        self.control.mkdir()
        for resource, _ in ACTIONS.values():
            kind, _, name = resource.partition(":./")
            if kind == "file":
                (self.workspace / name).parent.mkdir(parents=True, exist_ok=True)
                (self.workspace / name).write_text("text\n")

    @property
    def run(self) -> Path:
        """The sidecar's folder."""
        return self.folder / "run"

    @property
    def socket(self) -> Path:
        return self.run / "opa.sock"

    def serve(self, bundle: Path | str, keys: Path, *more: str) -> Running:
        """Start the sidecar and wait until it is ready."""
        words = ("--key", keys / "k.pub.pem", "--scope", "test", "--socket", self.socket)
        self.sidecar = self.cli.start("serve", "--bundle", bundle, *words, *more,
                                      **self.environment)  # fmt: skip
        self.sidecar.line_with("ready", START_SECONDS)
        return self.sidecar

    def __enter__(self) -> Self:
        paths = (self.socket, self.places.directory.parent, self.workspace, self.rates)
        self.agent = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.faults.agent",
             *map(str, (*paths, self.control))],
            stdout=subprocess.PIPE,
            env={**self.cli.environment, **self.environment},
            cwd=Path(__file__).parents[3],
        )  # fmt: skip
        threading.Thread(target=self._follow, daemon=True).start()
        self._await(lambda: len(self._agents_where("app", 0.0, ran=True)) == AGENTS, START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the agents come to their end."""
        (self.control / "stop").touch()
        try:
            self.agent.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.agent.kill()
            raise

    def expect(self, name: str, *details: str, ran: bool = False) -> None:
        """Wait until an action of each agent ends so that was begun after this call."""
        since = time.monotonic()
        self._await(lambda: self._all_agents(name, since, *details, ran=ran), START_SECONDS)

    def expect_well(self, since: float, *, name: str = "app", ran: bool = True) -> float:
        """Wait until each agent acts again, as it must soon after the fault's end.

        Args:
            since: when the fault ended.
            name: of the action that is to be looked at.
            ran: whether it is to run again, or no longer.
        """
        limit = WELL_SECONDS + SLACK
        self._await(
            lambda: self._all_agents(name, since, ran=ran), since + limit - time.monotonic()
        )
        again: dict[int, float] = {}
        for one in list(self.attempts):
            if one.name == name and one.ran is ran and one.at >= since:
                again.setdefault(one.process, one.ended)
        took = max(again.values()) - since
        # Shown by `pytest -rP`; asserted only with slack.
        print(f"well again after {took:.2f} s")
        return took

    def judge(self) -> None:
        """What must hold, whatever was broken."""
        self.stop()
        assert {one.name for one in self.attempts} == set(ACTIONS)
        ran = [one for one in self.attempts if one.ran]
        assert [one for one in ran if one.name == "secret"] == []
        assert len([one for one in ran if one.name == "model"]) == MODEL_LIMIT
        slowest = max(self.attempts, key=lambda one: one.seconds)
        assert slowest.seconds < SECONDS + SLACK, slowest
        self._judge_record(len(ran))

    def _judge_record(self, ran: int) -> None:
        records = self.log.records()
        intents = [one for one in records if one["phase"] == "intent"]
        acts = [one for one in intents if one["action"]["type"] != "permission.check"]
        assert len(intents) - len(acts) == self.asked
        granted = [one for one in acts if one["decision"]["allow"]]
        ended = [one for one in records if one["phase"] == "outcome"]
        # Who was killed may have been granted what it could not tell any more.
        if self.killed:
            assert ran <= len(granted) <= ran + len(self.killed)
        else:
            assert len(granted) == len(ended) == ran
        assert self.log.verify().verdict == "OK"

    def _all_agents(self, name: str, since: float, *details: str, ran: bool) -> bool:
        live = {one.process for one in self.attempts} - self.killed
        return live <= self._agents_where(name, since, *details, ran=ran)

    def _agents_where(self, name: str, since: float, *details: str, ran: bool) -> set[int]:
        return {
            one.process
            for one in list(self.attempts)
            if (one.name, one.ran) == (name, ran)
            and one.at >= since
            and (not details or one.detail in details)
        }

    def _await(self, wanted: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not wanted():
            assert time.monotonic() < deadline, self.attempts[-8:]
            assert self.agent.poll() is None or self.killed, "the agent ended"
            time.sleep(0.01)

    def _follow(self) -> None:
        if self.agent.stdout is not None:
            with self.agent.stdout as lines:
                for line in lines:
                    self.attempts.append(Attempt(**json.loads(line)))
