"""`wilkc run` from the command line to the record, with real OPA and real bubblewrap."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.integration.run.conftest import SPEC, Site
from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.cli.building import build_bundle
from wilkc.identity import create_identity, open_revocations
from wilkc.opa import Sidecar, SidecarSettings


def test_an_allowed_command_runs_and_is_on_record(site: Site) -> None:
    ended = site.agent("cat", "src/a.txt")
    assert (ended.returncode, ended.stdout) == (0, "hello")
    assert "level moderate" in ended.stderr
    assert "may lack cgroup" in ended.stderr
    intent, outcome = [one for one in site.events() if one["phase"] != "system"][-2:]
    assert (intent["phase"], intent["decision"]["allow"]) == ("intent", True)
    assert (outcome["phase"], outcome["ref"]) == ("outcome", intent["id"])
    assert outcome["result"]["status"] == "success"
    assert outcome["action"]["details"]["exit_code"] == 0


def test_the_command_s_own_exit_code(site: Site) -> None:
    assert site.agent("false").returncode == 1
    assert site.events()[-1]["result"]["status"] == "failure"


def test_a_blocked_command_names_its_line(site: Site) -> None:
    ended = site.agent("touch", "-d", "now", "out/x")
    assert (ended.returncode, ended.stdout) == (121, "")
    assert "agents.yaml:11:" in ended.stderr
    assert "touch -d *" in ended.stderr
    event = site.events()[-1]
    assert (event["phase"], event["decision"]["allow"]) == ("intent", False)


def test_a_command_without_a_rule_is_denied(site: Site) -> None:
    ended = site.agent("rm", "-rf", "out")
    assert ended.returncode == 121
    assert "shell.allowed_commands" in ended.stderr


def test_an_unknown_agent_is_denied(site: Site) -> None:
    ended = site.run(*site.policies(), "stranger", "--", "cat", "src/a.txt")
    assert ended.returncode == 121
    assert "stranger" in ended.stderr


def test_a_revoked_agent_runs_nothing(site: Site) -> None:
    who = site.top / "who"
    create_identity(who)
    revocations = open_revocations(who)
    named = ("--identity", str(who))
    assert site.run(*site.policies(), *named, "builder", "--", "cat", "src/a.txt").returncode == 0
    revocations.revoke("agent", "builder")
    ended = site.run(*site.policies(), *named, "builder", "--", "cat", "src/a.txt")
    assert (ended.returncode, ended.stdout) == (121, "")
    assert "the agent `builder` is revoked" in ended.stderr
    event = site.events()[-1]
    assert (event["phase"], event["decision"]["detail"]) == ("intent", "agent_revoked")
    # Named by the variable as well; and the twin, who is not asked about it.
    assert site.agent("cat", "src/a.txt", WILK_IDENTITY=str(who)).returncode == 121
    assert site.agent("cat", "src/a.txt").returncode == 0
    (who / "revoked.table").unlink()
    ended = site.agent("cat", "src/a.txt", WILK_IDENTITY=str(who))
    assert (ended.returncode, ended.stdout) == (121, "")


def test_the_sandbox_refuses_what_the_rules_do_not_grant(site: Site) -> None:
    ended = site.agent("cat", "src/.env")
    assert (ended.returncode, ended.stdout) == (1, "")
    ended = site.agent("touch", "src/new")
    assert (ended.returncode, "Read-only" in ended.stderr) == (1, True)
    ended = site.agent("cat", "/etc/hostname")
    assert (ended.returncode, "No such file" in ended.stderr) == (1, True)


def test_the_sandbox_allows_what_the_rules_grant(site: Site) -> None:
    assert site.agent("touch", "out/new").returncode == 0
    assert (site.work / "out/new").exists()
    assert {path.name for path in (site.work / "out").iterdir()} == {"new"}


def test_a_blocked_name_that_was_made_is_a_violation(site: Site) -> None:
    ended = site.agent("touch", "out/.env.local")
    assert ended.returncode == 124
    assert "quarantine" in ended.stderr
    assert not (site.work / "out/.env.local").exists()


def test_a_script_needs_its_interpreter(site: Site) -> None:
    assert site.agent("./scripts/greet").stdout == "greetings\n"
    ended = site.agent("./scripts/pearl")
    assert ended.returncode == 121
    assert "interpreter_not_listed" in ended.stderr


def test_variables(site: Site) -> None:
    ended = site.agent("env", COLOUR="blue", LD_PRELOAD="/evil", PRIVATE="SECRET-CANARY")
    lines = ended.stdout.splitlines()
    assert {"COLOUR=blue", "MODE=test"} <= set(lines)
    assert "SECRET-CANARY" not in ended.stdout
    assert "LD_PRELOAD" not in ended.stdout


def test_time_over(site: Site) -> None:
    ended = site.agent("sleep", "30")
    assert ended.returncode == 123
    assert "longer than 3000 ms" in ended.stderr


def test_a_program_that_is_not_there(site: Site) -> None:
    text = SPEC.replace("'false'", "'false', no-such-program")
    (site.top / "policies/agents.yaml").write_text(text)
    assert site.agent("no-such-program").returncode == 127


def test_the_outcome_file(site: Site) -> None:
    place = site.top / "outcome.json"
    site.run(*site.policies(), "--outcome", str(place), "builder", "--", "false")
    told = json.loads(place.read_text())
    assert (told["kind"], told["status"], told["exit"], told["recorded"]) == ("exited", 1, 1, True)
    assert told["launch"]["limits"]["wall_clock_ms"]["strength"] == "enforced"
    site.run(*site.policies(), "--outcome", str(place), "builder", "--", "rm", "x")
    assert json.loads(place.read_text())["kind"] == "denied"


def test_quiet_says_nothing_of_its_own(site: Site) -> None:
    ended = site.run(*site.policies(), "--quiet", "builder", "--", "cat", "src/a.txt")
    assert (ended.stdout, ended.stderr) == ("hello", "")


def test_without_a_record_nothing_runs(site: Site) -> None:
    words = ("--policies", str(site.top / "policies"))
    ended = site.run(*words, *site.record("nowhere"), "builder", "--", "touch", "out/ran")
    assert ended.returncode == 121
    assert "nothing runs" in ended.stderr
    ended = site.run(*words, "builder", "--", "touch", "out/ran")
    assert ended.returncode == 120
    (site.top / "keys.provider").unlink()
    ended = site.run(*words, *site.record(), "builder", "--", "touch", "out/ran")
    assert ended.returncode == 121
    assert not (site.work / "out/ran").exists()


def test_a_record_that_cannot_be_written_stops_everything(site: Site) -> None:
    segment = next((site.top / "log").glob("seg-*"))
    data = segment.read_bytes()
    segment.write_bytes(data.replace(b'"phase":"system"', b'"phase":"sistem"', 1))
    ended = site.agent("touch", "out/ran")
    assert ended.returncode == 121
    assert not (site.work / "out/ran").exists()


def test_without_opa_nothing_runs(site: Site) -> None:
    ended = site.agent("touch", "out/ran", WILK_OPA=str(site.top / "no-opa"))
    assert ended.returncode == 121
    assert not (site.work / "out/ran").exists()


def test_specs_with_errors_are_shown(site: Site) -> None:
    (site.top / "policies/agents.yaml").write_text("agent: a\npermissions: {filesystems: {}}\n")
    ended = site.agent("true")
    assert ended.returncode == 120
    assert "filesystems" in ended.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("builder", "--", "true"),
        ("--policies", "p", "--bundle", "b", "builder", "--", "true"),
        ("--bundle", "b", "builder", "--", "true"),
        ("--policies", "p", "--socket", "s", "builder", "--", "true"),
        ("--bogus", "builder", "--", "true"),
        ("--policies", "p", "builder"),
        ("--policies", "p"),
        ("--policies", "no-such-folder", "builder", "--", "true"),
        ("--bundle", "no-such-file", "--key", "none", "builder", "--", "true"),
    ],
)
def test_wrong_usage(site: Site, words: tuple[str, ...]) -> None:
    ended = site.run(*site.record(), *words)
    assert ended.returncode == 120
    assert "Traceback" not in ended.stderr
    assert ended.stderr


@pytest.mark.parametrize("place", ["/", "no-such-folder", "src/a.txt"])
def test_what_cannot_be_a_workspace(site: Site, place: str) -> None:
    ended = site.run(*site.policies(), "--workspace", place, "builder", "--", "false")
    assert ended.returncode == 120
    assert "workspace" in ended.stderr


def _signed(site: Site, name: str = "bundle.tar.gz") -> tuple[Path, Path, bytes]:
    key = generate_key()
    data = sign_bundle(build_bundle([str(site.top / "policies")]).bundle, key, key_id="test")
    bundle, public = site.top / name, site.top / f"{name}.pem"
    bundle.write_bytes(data)
    public.write_bytes(key.public().pem)
    return bundle, public, data


def test_a_signed_bundle(site: Site) -> None:
    bundle, public, data = _signed(site)
    words = ("--bundle", str(bundle), "--key", str(public), "--key-id", "test", *site.record())
    assert site.run(*words, "builder", "--", "cat", "src/a.txt").stdout == "hello"
    bundle.write_bytes(data[:-20] + bytes(20))
    ended = site.run(*words, "builder", "--", "cat", "src/a.txt")
    assert (ended.returncode, ended.stdout) == (120, "")
    _, other, _ = _signed(site, "other.tar.gz")
    bundle.write_bytes(data)
    wrong = ("--bundle", str(bundle), "--key", str(other), "--key-id", "test", *site.record())
    assert site.run(*wrong, "builder", "--", "cat", "src/a.txt").returncode == 120


def test_while_keys_change_several_are_trusted(site: Site) -> None:
    bundle, public, _ = _signed(site)
    known, following = site.top / "test.pub.pem", site.top / "next.pub.pem"
    public.rename(known)
    following.write_bytes(generate_key().public().pem)
    words = ("--bundle", str(bundle), "--key", str(following), *site.record())
    assert site.run(*words, "builder", "--", "cat", "src/a.txt").returncode == 120
    words = (*words, "--key", str(known))
    assert site.run(*words, "builder", "--", "cat", "src/a.txt").stdout == "hello"


def test_a_sidecar_that_serves(site: Site, opa: Path) -> None:
    bundle, public, _ = _signed(site)
    key = generate_key()
    unsigned = build_bundle([str(site.top / "policies")]).bundle
    keys = {"own": key.public()}
    served = verify_bundle(sign_bundle(unsigned, key, key_id="own"), keys)
    words = ("--bundle", str(bundle), "--key", str(public), "--key-id", "test", *site.record())
    with Sidecar(served, keys, SidecarSettings(opa=opa)) as sidecar:
        asked = (*words, "--socket", str(sidecar.socket))
        assert site.run(*asked, "builder", "--", "cat", "src/a.txt").stdout == "hello"
        # A plan of another revision than the decision's starts nothing.
        (site.top / "policies/agents.yaml").write_text(SPEC.replace("'false'", "'false', whoami"))
        _signed(site)
        ended = site.run(*asked, "builder", "--", "touch", "out/ran")
        assert ended.returncode == 121
        assert "different revisions" in ended.stderr
    assert not (site.work / "out/ran").exists()
    ended = site.run(*words, "--socket", "/no/such/socket", "builder", "--", "touch", "out/ran")
    assert ended.returncode == 121


def test_a_signal_ends_everything_in_order(site: Site) -> None:
    (site.top / "policies/agents.yaml").write_text(SPEC.replace("time: 3", "time: 60"))
    mark = f"87{time.time_ns() % 10**6}"
    process = site.start(*site.policies(), "builder", "--", "sleep", mark)
    deadline = time.monotonic() + 20
    while not _running(mark):
        assert time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGTERM
    assert not _running(mark)
    assert not list((site.work / "out").iterdir())
    assert site.events()[-1]["result"]["error"] == "systemexit"


def _running(mark: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == b"sleep" and mark.encode() in words:
            found.append(path.parent.name)
    return found
