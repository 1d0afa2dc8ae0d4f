"""Commands in real sandboxes, the real OPA, and hosts with real TLS, joined by the proxy."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.answering import Notes
from wilkc.bundle import sign_bundle, verify_bundle, write_bundle
from wilkc.cli.library import read_library
from wilkc.compiler import compile_sources
from wilkc.core.sandbox_plan import Limits, Quantity, SandboxPlan
from wilkc.runtime.egress import Gateway, Outside
from wilkc.runtime.limits import MemoryStore
from wilkc.runtime.sandbox import Job, Outcome, Streams, launch

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.egress.hosts import Authority, Host
    from wilkc.bundle import PrivateKey, VerifiedBundle
    from wilkc.opa import Sidecar

HERE = Path(__file__).parent
INSIDE = (HERE / "inside.py").read_text(encoding="utf-8")
SPEC = (HERE / "agents.yaml").read_text(encoding="utf-8")
CASES = json.loads((HERE.parents[1] / "conformance" / "egress-attack-cases.json").read_text())
PUBLIC = "203.0.113.10"
PATIENT = 20.0
"""Seconds for a decision, on a machine that does other things too."""
PLAN = SandboxPlan(level="moderate", network="restricted", degraded=("cgroup",))


@dataclass
class World:
    """Policies in force, hosts that can be reached, and a folder to launch in."""

    sidecar: Sidecar
    key: PrivateKey
    authority: Authority
    secure: Host
    plain: Host
    greeting: Host
    work: Path
    notes: Notes = field(default_factory=Notes)
    names: dict[str, list[str]] = field(default_factory=dict)
    way: Any = None

    def resolve(self, host: str) -> list[str]:
        if host not in self.names:
            raise OSError("no such name")
        return self.names[host]

    def dial(self, address: str, port: int, seconds: float) -> socket.socket:
        """The hosts stand for every address; which one was dialled is on record."""
        del address
        stands = {443: self.secure, 22: self.greeting}.get(port, self.plain)
        return socket.create_connection(("127.0.0.1", stands.port), seconds)

    @property
    def gateway(self) -> Gateway:
        return Gateway(
            self.sidecar.point,
            self.notes,
            MemoryStore(),
            None,
            Outside(self.resolve, self.dial),
            PATIENT,
        )

    def run(
        self,
        agent: str,
        *command: str,
        said: Callable[[bytes], object] | None = None,
        plan: SandboxPlan = PLAN,
        gateway: Gateway | None = None,
    ) -> tuple[Outcome, str]:
        """Launch a command of an agent; the outcome, and what it printed."""
        printed: list[bytes] = []

        def take(chunk: bytes) -> None:
            printed.append(chunk)
            if said is not None:
                said(chunk)

        job = Job(agent, command, str(self.work), plan, self.sidecar.revision)
        streams = Streams(take, printed.append)
        ended = launch(
            job, self.sidecar.point, streams, egress=_Kept(self, gateway or self.gateway)
        )
        return ended, b"".join(printed).decode("utf-8", "replace")

    def steps(self, agent: str, *steps: dict[str, Any], **given: Any) -> list[dict[str, Any]]:
        """What came of each step of the program inside."""
        words = ("/usr/bin/python3", "-I", "-c", INSIDE, json.dumps(steps))
        ended, printed = self.run(agent, *words, **given)
        assert ended.kind in {"exited", "limit"}, (ended, printed)
        lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
        found = [line for line in lines if "id" in line]
        assert len(found) == len(steps), printed
        return found

    def publish(self, spec: str) -> None:
        self.sidecar.publish(bundle_of(spec, self.key))


@dataclass
class _Kept:
    """Makes the way out, and shows it to the test."""

    world: World
    gateway: Gateway

    def open(self, job: Job, uid: int) -> Any:
        self.world.way = self.gateway.open(job, uid)
        return self.world.way


def bundle_of(spec: str, key: PrivateKey) -> VerifiedBundle:
    compiled = compile_sources({"agents.yaml": spec.encode()}, read_library())
    signed = sign_bundle(write_bundle(compiled.files, compiled.manifest), key, key_id="k")
    return verify_bundle(signed, {"k": key.public()})


def limited(**changes: Any) -> SandboxPlan:
    return replace(PLAN, limits=replace(PLAN.limits, **changes))


def at_most(count: int, enforcement: Any = "hard") -> Limits:
    return replace(Limits(), network=Quantity(count, count // 2, "bytes", enforcement))
