"""What `wilkc serve --print` prints: its form, and that what it says does serve."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.conftest import lacking

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.sidecar.conftest import Cli, Signer

POD = (
    "serve", "--print", "kubernetes", "--bundle", "/etc/wilk/bundle/policy.tar.gz",
    "--key", "/etc/wilk/keys/a.pub.pem", "--key", "/etc/wilk/keys/b.pub.pem",
)  # fmt: skip
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"')


def _unit(text: str) -> dict[str, dict[str, list[str]]]:
    """Section to key to values; every line is one that a unit may hold."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = line.strip("[]")
            assert section not in found
            found[section] = {}
        else:
            key, equals, value = line.partition("=")
            assert equals
            assert re.fullmatch("[A-Za-z]+", key)
            found[section].setdefault(key, []).append(value)
    return found


def _words(command: str) -> list[str]:
    assert _WORD.sub("", command).strip() == ""
    words = _WORD.findall(command)
    return [re.sub(r"\\(.)", r"\1", one).replace("%%", "%").replace("$$", "$") for one in words]


def test_the_unit_is_hardened_and_says_the_command(cli: Cli) -> None:
    done = cli.run(
        "serve", "--print", "systemd", "--bundle", "/srv/policy", "--key", "/etc/wilk/k.pub.pem",
        "--scope", "pr%d $X", "--poll", "7", "--metrics-port", "9100",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    unit = _unit(done.stdout)
    assert set(unit) == {"Unit", "Service", "Install"}
    service = {key: values[0] for key, values in unit["Service"].items()}
    program, *words = _words(service["ExecStart"])
    assert program.endswith("/wilkc")
    assert words == [
        "serve", "--bundle", "/srv/policy", "--key", "/etc/wilk/k.pub.pem",
        "--socket", "/run/wilk/opa.sock", "--state", "/var/lib/wilk/serve.state",
        "--scope", "pr%d $X", "--poll", "7.0", "--metrics-port", "9100",
    ]  # fmt: skip
    for key, value in {
        "User": "wilk",
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "MemoryDenyWriteExecute": "yes",
        "RestrictAddressFamilies": "AF_UNIX AF_INET",
        "IPAddressDeny": "any",
        "IPAddressAllow": "localhost",
        "RuntimeDirectory": "wilk",
        "RuntimeDirectoryMode": "0700",
        "StateDirectory": "wilk",
        "Restart": "always",
    }.items():
        assert service[key] == value
    assert "ReadWritePaths" not in service


def test_a_unit_that_fetches_may_reach_hosts(cli: Cli) -> None:
    address = "https://example.org/policy.tar.gz?x=%41"
    done = cli.run("serve", "--print", "systemd", "--bundle", address, "--key", "k.pub.pem")
    unit = _unit(done.stdout)
    assert address in _words(unit["Service"]["ExecStart"][0])
    assert unit["Service"]["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert "IPAddressDeny" not in unit["Service"]
    assert unit["Unit"]["After"] == ["network-online.target"]


def test_a_unit_that_keeps_the_record_may_write_it_and_tell_people(cli: Cli) -> None:
    done = cli.run(
        "serve", "--print", "systemd", "--bundle", "/srv/policy", "--key", "/k.pub.pem",
        "--audit", "/var/log/wilk/audit", "--audit-root", "a+b+c", "--backup", "/mnt/copy",
        "--report", "SOC2", "--report", "GDPR", "--reports", "/srv/reports",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    service = _unit(done.stdout)["Service"]
    words = _words(service["ExecStart"][0])
    assert words[words.index("--audit") :] == [
        "--audit", "/var/log/wilk/audit", "--audit-root", "a+b+c", "--backup", "/mnt/copy",
        "--reports", "/srv/reports", "--report", "SOC2", "--report", "GDPR",
    ]  # fmt: skip
    assert service["ReadWritePaths"] == [
        f'"-{place}"'
        for place in (
            "/mnt/copy", "/srv/reports", "/var/log/wilk", "/var/log/wilk/audit",
            "/var/log/wilk/audit.alerts", "/var/log/wilk/audit.keys", "/var/log/wilk/audit.sinks",
        )
    ]  # fmt: skip
    assert service["RestrictAddressFamilies"] == ["AF_UNIX AF_INET AF_INET6"]
    assert "IPAddressDeny" not in service
    assert "ProcSubset" not in service
    refused = cli.run(*POD, "--audit", "/var/log/wilk/audit")
    assert refused.returncode == 2
    assert "volumes" in refused.stderr


def test_the_housekeeping_of_a_host_without_serve_is_a_hardened_unit_and_a_timer(cli: Cli) -> None:
    given = ["audit", "housekeeping", "/var/log/wilk/audit", "--root", "a+b+c",
             "--backup", "/mnt/the copy", "--print"]  # fmt: skip
    done = cli.run(*given, "service")
    assert done.returncode == 0, done.stderr
    unit = _unit(done.stdout)
    assert set(unit) == {"Unit", "Service"}
    service = unit["Service"]
    program, *words = _words(service["ExecStart"][0])
    assert program.endswith("/wilkc")
    assert words == [*given[:4], "a+b+c", "--backup", "/mnt/the copy"]
    assert service["Type"] == ["oneshot"]
    for key in ("NoNewPrivileges", "PrivateNetwork", "MemoryDenyWriteExecute"):
        assert service[key] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert '"-/var/log/wilk/audit"' in service["ReadWritePaths"]
    assert '"-/mnt/the copy"' in service["ReadWritePaths"]
    timer = _unit(cli.run(*given, "timer").stdout)
    assert set(timer) == {"Unit", "Timer", "Install"}
    assert timer["Timer"]["OnCalendar"] == ["hourly"]
    assert timer["Timer"]["Persistent"] == ["true"]
    assert timer["Install"]["WantedBy"] == ["timers.target"]


def test_systemd_takes_the_unit(cli: Cli, folder: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        lacking("systemd", "there is no systemd-analyze")
    keeping = ["audit", "housekeeping", "/var/log/wilk/audit", "--root", "a+b+c", "--print"]
    serving = ["serve", "--print", "systemd", "--key", "/k.pub.pem", "--bundle"]
    for name, words in (
        ("wilk-local.service", [*serving, "/srv/policy"]),
        ("wilk-remote.service", [*serving, "https://example.org/b.tar.gz"]),
        ("wilk-recorded.service", [*serving, "/srv/policy", "--audit", "/var/log/wilk/audit"]),
        ("wilk-housekeeping.service", [*keeping, "service"]),
        ("wilk-housekeeping.timer", [*keeping, "timer"]),
    ):
        path = folder / name
        path.write_text(cli.run(*words).stdout)
        checked = subprocess.run(
            [analyze, "verify", path], capture_output=True, text=True, check=False
        )
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
        if name.endswith(".timer"):
            continue
        judged = subprocess.run(
            [analyze, "security", "--offline=true", "--threshold=25", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert judged.returncode == 0, judged.stdout


def test_what_the_unit_says_serves(
    cli: Cli, opa: Path, folder: Path, keys: Path, signer: Signer
) -> None:
    bundle = folder / "a b%c$d.tar.gz"
    bundle.write_bytes(signer.bundle("r1", "a", sequence=1))
    done = cli.run(
        "serve", "--print", "systemd", "--bundle", bundle, "--key", keys / "k.pub.pem",
        "--scope", "test", "--socket", folder / "run" / "opa.sock", "--state", folder / "state",
    )  # fmt: skip
    unit = _unit(done.stdout)["Service"]
    assert unit["ReadWritePaths"] == [f'"{folder}"', f'"{folder}/run"']
    command = _words(unit["ExecStart"][0])
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "WILK_OPA": str(opa), "TMPDIR": str(folder / "tmp")},
    )
    assert process.stdout is not None
    with process.stdout as lines:
        assert lines.readline().startswith("ready  revision r1  sequence 1")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def _pod(cli: Cli, *words: str) -> dict[str, Any]:
    done = cli.run(*words)
    assert done.returncode == 0, done.stderr
    pod: dict[str, Any] = yaml.safe_load(done.stdout)
    assert (pod["apiVersion"], pod["kind"]) == ("v1", "Pod")
    return pod


def test_the_pod_is_hardened_and_says_the_command(cli: Cli) -> None:
    pod = _pod(cli, *POD, "--scope", 'p"}: x')
    spec = pod["spec"]
    (sidecar,), (agent,) = spec["initContainers"], spec["containers"]
    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["command"] == [
        "wilkc", "serve", "--bundle", "/etc/wilk/bundle/policy.tar.gz",
        "--key", "/etc/wilk/keys/a.pub.pem", "--key", "/etc/wilk/keys/b.pub.pem",
        "--socket", "/run/wilk/serve/opa.sock", "--state", "/var/lib/wilk/serve.state",
        "--scope", 'p"}: x',
    ]  # fmt: skip
    assert sidecar["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["automountServiceAccountToken"] is False
    for probe in ("startupProbe", "livenessProbe"):
        assert sidecar[probe]["exec"]["command"][:3] == ["wilkc", "status", "--answering"]
    volumes = {volume["name"] for volume in spec["volumes"]}
    mounts = {mount["name"]: mount for mount in sidecar["volumeMounts"]}
    assert set(mounts) == volumes == {"wilk-run", "wilk-state", "wilk-keys", "wilk-bundle"}
    assert mounts["wilk-keys"] == {
        "name": "wilk-keys", "mountPath": "/etc/wilk/keys", "readOnly": True,
    }  # fmt: skip
    assert agent["volumeMounts"] == [mounts["wilk-run"]]


def test_authzen_is_served_as_well(cli: Cli) -> None:
    place = "/run/wilk/authzen/authzen.sock"
    command = _pod(cli, *POD, "--authzen", place)["spec"]["initContainers"][0]["command"]
    assert command[command.index("--authzen") + 1] == place
    words = ("serve", "--print", "systemd", "--bundle", "/b", "--key", "/k.pub.pem", "--authzen")
    for given, writable in (("/run/wilk/authzen.sock", None), ("/srv/a/a.sock", ['"/srv/a"'])):
        unit = _unit(cli.run(*words, given).stdout)["Service"]
        command = _words(unit["ExecStart"][0])
        assert command[command.index("--authzen") + 1] == given
        assert unit.get("ReadWritePaths") == writable


def test_a_pod_that_fetches_has_no_volume_for_bundles(cli: Cli) -> None:
    address = "https://example.org/policy.tar.gz"
    words = ("serve", "--print", "kubernetes", "--bundle", address, *POD[5:])
    spec = _pod(cli, *words)["spec"]
    assert address in spec["initContainers"][0]["command"]
    assert "wilk-bundle" not in {volume["name"] for volume in spec["volumes"]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (("--bundle", "policy.tar.gz"), "must be absolute"),
        (("--key", "/etc/other/c.pub.pem"), "need a folder each"),
        (("--bundle", "/etc/wilk/keys/policy.tar.gz"), "need a folder each"),
        (("--state", "/etc/wilk/keys/state"), "need a folder each"),
        (("--socket", "/run/opa.sock"), "need a folder each"),
        (("--socket", "/run/a/opa.sock", "--run-dir", "/run/b"), "name one of"),
        (("--authzen", "authzen.sock"), "must be absolute"),
        (("--authzen", "/run/wilk/authzen.sock"), "in a folder of `/run/wilk`"),
        (("--authzen", "/run/other/authzen.sock"), "in a folder of `/run/wilk`"),
    ],
)
def test_pods_that_could_not_be(cli: Cli, changes: tuple[str, ...], message: str) -> None:
    done = cli.run(*POD, *changes)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_unit_with_a_line_break_is_refused(cli: Cli) -> None:
    words = ("--bundle", "/b", "--key", "/k.pub.pem", "--scope", "a\nExecStartPre=/bin/x")
    done = cli.run("serve", "--print", "systemd", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot stand in a unit file" in done.stderr
