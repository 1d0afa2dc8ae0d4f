"""What breaks around `wilkc run` while its command runs: see `docs/sandbox-faults.md`."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.run.conftest import SPEC, Site
from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.cli.building import build_bundle
from wilkc.opa import Sidecar, SidecarSettings

if TYPE_CHECKING:
    from pathlib import Path

WAITS = "#!/bin/sh\ntouch out/on\nuntil test -e out/go; do sleep 0.05; done\necho x > out/new\n"


def test_opa_gone_while_a_command_runs(site: Site, opa: Path) -> None:
    """What it changed cannot be judged any more, so the run is a violation."""
    spec = SPEC.replace("max_execution_time: 3", "max_execution_time: 300")
    (site.top / "policies/agents.yaml").write_text(spec)
    site.write("scripts/greet", WAITS, 0o755)
    key = generate_key()
    data = sign_bundle(build_bundle([str(site.top / "policies")]).bundle, key, key_id="test")
    (site.top / "bundle.tar.gz").write_bytes(data)
    (site.top / "test.pub.pem").write_bytes(key.public().pem)
    keys = {"test": key.public()}
    words = ("--bundle", str(site.top / "bundle.tar.gz"), "--key", str(site.top / "test.pub.pem"))
    with Sidecar(verify_bundle(data, keys), keys, SidecarSettings(opa=opa)) as sidecar:
        asked = (*words, "--socket", str(sidecar.socket), *site.record())
        process = site.start(*asked, "builder", "--", "./scripts/greet")
        _await((site.work / "out/on").exists, process)
    site.write("out/go", "")
    _, err = process.communicate(timeout=120)
    assert process.returncode == 124, err
    assert "could not be judged" in err
    assert site.events()[-1]["result"]["error"] == "policy_violation"


def _await(done: Any, process: Any) -> None:
    deadline = time.monotonic() + 120
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("number", [1, 2])
def test_a_reader_that_takes_nothing_is_not_waited_for(site: Site, number: int) -> None:
    """What waits for it must not hold what the end of the process needs, nor its own words."""
    spec = SPEC.replace("max_execution_time: 3", "max_execution_time: 2")
    (site.top / "policies/agents.yaml").write_text(spec)
    script = f"#!/bin/sh\nhead -c 2000000 /dev/zero | tr '\\0' x >&{number}\n"
    site.write("scripts/greet", script, 0o755)
    told = site.top / "outcome.json"
    process = site.start(
        *site.policies(), "--outcome", str(told), "builder", "--", "./scripts/greet"
    )
    try:
        assert process.wait(60) == 123
    finally:
        process.kill()
        out, err = process.communicate()
    assert "Fatal Python error" not in err
    outcome = json.loads(told.read_text())
    assert (outcome["kind"], outcome["recorded"]) == ("timeout", True)
    assert outcome["launch"]["output_lost"] > 0
    assert len((out, err)[number - 1]) >= 60_000
