"""`wilkc run` of a command that may reach one host: confined, and on the real record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.integration.egress.hosts import Host, make_authority, page

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.run.conftest import Site

SPEC = """\
agent: fetcher
permissions:
  network:
    allowed_hosts:
      - {host: localhost, ports: [PORT], protocols: [https]}
      - {host: 127.0.0.1, ports: [PORT], protocols: [https]}
  shell: {allowed_commands: ['cat *', 'curl *']}
sandbox: {isolation: {level: moderate}, degraded: [cgroup]}
"""
CURL = ("curl", "-sk", "--noproxy", "none", "--retry", "5", "--max-time", "40")


def test_a_command_reaches_the_allowed_host_and_no_other(site: Site, tmp_path: Path) -> None:
    host = Host(page, make_authority(tmp_path).server)
    (site.top / "policies/agents.yaml").write_text(SPEC.replace("PORT", str(host.port)))
    told = site.top / "outcome.json"
    words = (*site.policies(), "--outcome", str(told), "fetcher", "--")
    ended = site.run(*words, *CURL, f"https://localhost:{host.port}/")
    assert (ended.stdout, ended.returncode) == ("hello", 0)
    assert "network restricted" in ended.stderr
    egress = json.loads(told.read_text())["launch"]["egress"]
    assert (egress["connections"], egress["refused"]) == (1, 0)
    assert egress["bytes_received"] > len("hello")
    refused = site.run(*words, *CURL, "http://evil.example/")
    assert json.loads(refused.stdout)["detail"] == "no_rule_matches"
    assert host.accepted == 1
    host.close()
    _require_recorded(site, host.port)


def _require_recorded(site: Site, port: int) -> None:
    """Each connection before it was dialled and after it ended, inside its command's record."""
    told = [
        (
            event["action"]["type"],
            event["action"]["resource"],
            None if event["decision"] is None else event["decision"]["allow"],
        )
        for event in site.events()
        if not event["action"]["type"].startswith("system.")
    ]
    assert told == [
        ("shell.execute", "shell:curl", True),
        ("network.request", f"network:localhost:{port}", True),
        ("network.response", f"network:localhost:{port}", None),
        ("shell.complete", "shell:curl", None),
        ("shell.execute", "shell:curl", True),
        ("network.request", "network:evil.example:80", False),
        ("shell.complete", "shell:curl", None),
    ]


def test_without_a_network_rule_there_is_no_proxy(site: Site) -> None:
    ended = site.agent("env")
    assert "network none" in ended.stderr
    assert "PROXY" not in ended.stdout


def test_only_the_loopback_device_is_there(site: Site) -> None:
    ended = site.run(*site.policies(), "fetcher", "--", "cat", "/proc/net/dev")
    assert [line.split(":")[0].strip() for line in ended.stdout.splitlines()[2:]] == ["lo"]
