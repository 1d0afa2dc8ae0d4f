"""What happens to connections when the world around a running command changes."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.egress.world import PLAN, SPEC
from wilkc.runtime.egress import Gateway, Outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.egress.world import World

TLS = {"via": "connect", "target": "api.example.com:443", "sni": "api.example.com"}
WITHOUT = SPEC.replace("'api.example.com', '*.example.com', {host: plain", "{host: plain")
"""The policy with the host taken away."""
SECONDS = 30


def _then(act: Callable[[], object]) -> Callable[[bytes], object]:
    """Do something as soon as the program inside has said something; once."""
    left = [act]

    def said(chunk: bytes) -> None:
        del chunk
        if left:
            left.pop()()

    return said


def _hold(world: World) -> dict[str, Any]:
    return {**TLS, "via": "hold", "authority": world.authority.certificate}


def test_the_policy_changes_while_the_command_runs(world: World) -> None:
    assert WITHOUT != SPEC
    steps = ({**TLS, "id": "before"}, {**TLS, "id": "after", "until": [403]})
    before, after = world.steps("attacked", *steps, said=_then(lambda: world.publish(WITHOUT)))
    assert before["body"] == "hello"
    assert (after["status"], after["told"]["detail"]) == (403, "no_rule_matches")


def test_an_open_connection_ends_once_the_policy_denies_it(world: World) -> None:
    [found] = world.steps("attacked", _hold(world), said=_then(lambda: world.publish(WITHOUT)))
    assert found["ended"]
    assert world.notes.outcomes[-1]["error"] == "no_longer_allowed"


def test_an_open_connection_stays_where_violations_are_only_denied(world: World) -> None:
    plan = replace(PLAN, violation="deny")
    holding = {**_hold(world), "id": "held"}

    def change() -> None:
        world.publish(WITHOUT)
        time.sleep(3)  # longer than the time between two looks
        os.kill(world.way.pid, signal.SIGKILL)

    [found] = world.steps("attacked", holding, plan=plan, said=_then(change))
    assert found["seconds"] > 2
    assert world.notes.outcomes[-1]["error"] == "proxy_died"


def test_nobody_decides_any_more(lone_world: World) -> None:
    world = lone_world
    quick = replace(world.gateway, seconds=0.25)
    steps = (TLS, {**TLS, "until": [503]}, {**TLS, "id": "last"})

    def stop() -> None:
        world.sidecar.__exit__(None, None, None)

    before, after, last = world.steps("attacked", *steps, said=_then(stop), gateway=quick)
    assert before["body"] == "hello"
    assert (after["status"], last["status"]) == (503, 503)
    assert after["told"]["decision"] is False
    assert len(world.secure.heard) == len(world.notes.granted)


def test_a_late_answer_is_none(world: World) -> None:
    never = replace(world.gateway, seconds=0.0)
    [found] = world.steps("attacked", TLS, gateway=never)
    assert (found["status"], found["told"]["detail"]) == (503, "late_answer")
    assert world.secure.accepted == 0


def test_the_proxy_is_killed(world: World) -> None:
    def kill() -> None:
        os.kill(world.way.pid, signal.SIGKILL)

    steps = (
        TLS,
        # It is dead from here on: what asked while it died might have been granted before.
        {"via": "direct", "target": "127.0.0.1:3128", "until": [111]},
        {"via": "direct", "target": "127.0.0.1:1080", "until": [111]},
        TLS,
        {"via": "direct", "target": "203.0.113.10:443"},
    )
    found = world.steps("attacked", *steps, said=_then(kill))
    assert found[0]["body"] == "hello"
    assert [one["errno"] for one in found[1:]] == [111, 111, 111, 101]
    assert world.way.record()["proxy_died"]
    assert len(world.secure.heard) == len(world.notes.granted) == 1


def test_nothing_is_dialled_that_cannot_be_recorded(world: World) -> None:
    world.notes.failing = "intent"
    [found] = world.steps("attacked", TLS)
    assert (found["status"], found["told"]["detail"]) == (503, "audit_unavailable")
    assert world.secure.accepted == 0


def test_every_connection_is_on_record_before_it_is_dialled(world: World) -> None:
    seen: list[int] = []
    [found] = world.steps("attacked", TLS)
    assert found["body"] == "hello"
    (first, (request, decision)), (second, outcome) = world.notes.events
    assert (first, second, decision.allow, seen) == ("intent", "outcome", True, [])
    assert request.properties["resolved"] == world.names["api.example.com"]
    assert request.context["launch"]
    assert (outcome["status"], outcome["error"]) == ("success", None)
    assert outcome["bytes_sent"] > 0
    assert outcome["bytes_received"] > len("hello")


def test_nothing_is_left_when_the_command_has_ended(world: World) -> None:
    def held() -> set[str]:
        return {str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.exists()}

    before = held()
    world.steps("attacked", TLS)
    assert not Path(f"/proc/{world.way.pid}").exists()
    deadline = time.monotonic() + SECONDS
    # Connections of the shim's own threads to the decision point close with them.
    while (left := held() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == set()


def test_the_proxy_gives_up_what_the_shim_has(world: World) -> None:
    status: list[str] = []

    def look() -> None:
        with open(f"/proc/{world.way.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            status.append(file.read())

    world.steps("attacked", TLS, said=_then(look))
    fields = dict(line.split(":\t", 1) for line in status[0].splitlines() if ":\t" in line)
    uids = set(fields["Uid"].split())
    assert "0" not in uids
    assert fields["NoNewPrivs"].strip() == "1"
    if os.geteuid() == 0:
        assert int(fields["CapEff"], 16) == 0
        # Another identity than the sandbox's, whose processes could else look at it.
        assert uids != {str(os.stat(world.work).st_uid)}  # noqa: PTH116


def test_without_a_gateway_there_is_no_way(world: World) -> None:
    from wilkc.runtime.sandbox import Job, Streams, launch  # noqa: PLC0415

    printed: list[bytes] = []
    job = Job("attacked", ("/usr/bin/env",), str(world.work), PLAN, world.sidecar.revision)
    ended = launch(job, world.sidecar.point, Streams(printed.append, printed.append))
    assert ended.record["network"] == "none (no egress proxy)"
    assert b"PROXY" not in b"".join(printed).upper()


def test_a_proxy_that_cannot_start_refuses_the_launch(world: World) -> None:
    class Broken(Outside):
        pass

    class Dying(Gateway):
        def open(self, job: Any, uid: int) -> Any:
            way = super().open(job, uid)
            os.kill(way.pid, signal.SIGKILL)
            os.waitid(os.P_PID, way.pid, os.WEXITED | os.WNOWAIT)
            world.way = way
            return way

    gateway = world.gateway
    dying = Dying(gateway.point, gateway.recorder, gateway.rates, None, Broken(), gateway.seconds)
    ended, printed = world.run("attacked", "/bin/echo", "ran", gateway=dying)
    assert (ended.kind, ended.detail) == ("sandbox_failed", "sandbox.start_failed")
    assert "ran" not in printed
