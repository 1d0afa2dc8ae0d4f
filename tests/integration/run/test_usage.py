"""What `wilkc run` says and records of what a command uses."""

from __future__ import annotations

from tests.integration.run.conftest import SPEC, Site

SLOW = "#!/bin/sh\nsleep 2.5\n"


def test_samples_are_on_record_and_limits_are_shown(site: Site) -> None:
    spec = SPEC.replace(
        "  degraded: [cgroup]\n---", "  degraded: [cgroup]\n  monitor_interval_s: 1\n---"
    )
    spec = spec.replace("max_execution_time: 3", "max_execution_time: 300")
    (site.top / "policies/agents.yaml").write_text(spec)
    site.write("scripts/greet", SLOW, 0o755)
    ended = site.agent("./scripts/greet")
    assert ended.returncode == 0, ended.stderr
    assert "wilkc: limits   memory " in ended.stderr
    intent, *samples, outcome = site.events()[-5:]
    assert (intent["phase"], outcome["phase"]) == ("intent", "outcome")
    assert {one["action"]["type"] for one in samples} == {"system.usage"}
    assert {one["class"] for one in samples} == {"operation"}
    assert {one["ref"] for one in samples} == {intent["id"]}
    assert samples[0]["action"]["details"]["memory"]["usage"] > 0
