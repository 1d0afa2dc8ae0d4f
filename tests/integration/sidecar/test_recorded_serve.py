"""`wilkc serve --audit`: what comes into force is on record, and the record is looked after."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.sidecar.conftest import gone
from wilkc.bundle import Approval
from wilkc.cli.recording import hold_log
from wilkc.core.canonical import canonical_json
from wilkc.opa.pages import ask_condition
from wilkc.runtime.audit import AuditSettings, Places, create_log, unverified_records, verify
from wilkc.runtime.audit.settings import kept_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.sidecar.conftest import Cli, Running, Signer

SMALL = AuditSettings(reserve_bytes=4096, min_free_bytes=0, wait_ms=10_000)
BOTH = Approval("ann", "ben")
BROKEN = b"package wilk\n\nx := nothing(1)\n"
SECONDS = 30


@dataclass
class Site:
    """A log, and a service that keeps it."""

    cli: Cli
    opa: Path
    folder: Path
    keys: Path
    root: str

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket(self) -> Path:
        return self.folder / "run" / "opa.sock"

    def put(self, data: bytes) -> None:
        (self.folder / "new").write_bytes(data)
        (self.folder / "new").replace(self.folder / "bundle.tar.gz")

    def start(self, *more: str | Path) -> Running:
        return self.cli.start(
            "serve", "--bundle", self.folder / "bundle.tar.gz", "--key", self.keys / "k.pub.pem",
            "--scope", "test", "--socket", self.socket, "--audit", self.log, *more,
            WILK_OPA=str(self.opa),
        )  # fmt: skip

    def served(self, *more: str | Path) -> Running:
        running = self.start(*more)
        assert running.line_with("ready")
        return running

    def policy(self) -> list[dict[str, Any]]:
        """The records about policies."""
        return [
            one for one in unverified_records(self.log)
            if one["action"]["type"].startswith("policy.")
        ]  # fmt: skip

    def seen(self) -> list[tuple[str, Any, Any]]:
        return [
            (one["action"]["type"], one["action"]["details"].get("revision"),
             one["result"]["error"])
            for one in self.policy()
        ]  # fmt: skip

    def violations(self) -> list[str]:
        done = self.cli.run("audit", "detect", self.log)
        assert done.returncode == 0, done.stderr
        return [
            one["action"]["details"]["rule"] for one in unverified_records(self.log)
            if one["action"]["type"] == "compliance.violation"
        ]  # fmt: skip

    def verdict(self) -> str:
        text = (self.log / "checkpoint").read_text()
        return verify(self.log, self.root, {"the newest": text}).verdict


@pytest.fixture
def site(opa: Path, cli: Cli, folder: Path, keys: Path, signer: Signer) -> Site:
    """See `Site`; the bundle `r5` is there."""
    places = Places(folder / "log", folder / "log.keys", folder / "log.keys.provider",
                    folder / "root.key")  # fmt: skip
    root = create_log(places, "example.org/serve/test", SMALL)
    found = Site(cli, opa, folder, keys, root)
    found.put(signer.bundle("r5", "a", sequence=5, approval=BOTH))
    return found


def within(holds: Callable[[], Any]) -> Any:
    """What holds in the end, and soon."""
    deadline = time.monotonic() + SECONDS
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_every_activation_is_on_record(site: Site, signer: Signer) -> None:
    running = site.served()
    first = site.policy()[-1]
    assert first["phase"] == "system"
    assert first["class"] == "security"
    assert first["action"]["resource"] == "policy:test"
    details = first["action"]["details"]
    assert (details["revision"], details["sequence"], details["key_id"]) == ("r5", 5, "k")
    assert (details["requester"], details["approver"]) == ("ann", "ben")
    assert len(details["digest"]) == 64
    site.put(signer.bundle("r6", "a", sequence=6, approval=BOTH))
    assert running.line_with("active")
    assert running.stop() == 0
    site.served().stop()
    assert site.seen() == [("policy.activated", f"r{n}", None) for n in (5, 6, 6)]
    assert site.violations() == []
    assert site.verdict() == "OK"


def test_one_that_nobody_approved_is_found_once(site: Site, signer: Signer) -> None:
    site.put(signer.bundle("r5", "a", sequence=5))
    site.served().stop()
    site.served().stop()
    assert site.violations() == ["R3"]


def test_refusals_are_on_record_with_their_codes(site: Site, signer: Signer) -> None:
    running = site.served()
    for data in (
        b"nothing",
        replace(signer, name="other").bundle("r6", "a", sequence=6),
        signer.bundle("r4", "a", sequence=4),
        signer.bundle("r7", "a", sequence=7, audit=b"{}"),
        signer.bundle("r8", "a", sequence=8, policy=BROKEN, approval=BOTH),
    ):
        site.put(data)
        running.line_with("refused the new bundle")
    assert running.stop() == 0
    assert site.seen() == [
        ("policy.activated", "r5", None),
        ("policy.rejected", None, "malformed"),
        ("policy.rejected", None, "signature_wrong"),
        ("policy.rejected", "r4", "rolled_back"),
        ("policy.rejected", "r7", "settings_unreadable"),
        ("policy.activated", "r8", None),
        ("policy.rejected", "r8", "not_in_force"),
    ]
    records = site.policy()
    assert records[2]["security"]["risk_level"] == "critical"
    assert records[-1]["ref"] == records[-2]["id"]
    assert all(
        one["action"]["details"]["stays"] == "r5" for one in records if one["result"]["error"]
    )
    text = b"".join(path.read_bytes() for path in site.log.glob("seg-*"))
    assert b"other" not in text  # what an offer says of itself is sealed
    assert b"bundle.tar.gz" not in text


def test_what_did_not_come_into_force_is_not_gone_back_from(site: Site, signer: Signer) -> None:
    running = site.served()
    site.put(signer.bundle("r8", "a", sequence=8, policy=BROKEN, approval=BOTH))
    running.line_with("refused the new bundle")
    site.put(signer.bundle("r6", "a", sequence=6, approval=BOTH))
    assert running.line_with("active")
    assert running.stop() == 0
    assert site.violations() == []


def test_nothing_comes_into_force_that_cannot_be_recorded(site: Site, signer: Signer) -> None:
    running = site.served()
    with hold_log(str(site.log), None, None):
        site.put(signer.bundle("r6", "a", sequence=6))
        line = running.line_with("refused the new bundle")
        assert "cannot be recorded" in line
        assert line.endswith("revision r5 stays")
        assert ask_condition(site.socket).revision == "r5"
    assert running.line_with("active").endswith("revision r6  sequence 6")
    assert running.stop() == 0
    with hold_log(str(site.log), None, None):
        assert "cannot be recorded" in site.start().line_with("cannot be recorded")
        assert gone(site.folder / "run")


def test_the_log_is_written_as_the_bundle_in_force_says(site: Site, signer: Signer) -> None:
    told = replace(SMALL, seal_resources=True, key_rotation_days=30)
    running = site.served()
    site.put(signer.bundle("r6", "a", sequence=6, audit=canonical_json(told.as_json())))
    assert running.line_with("active")
    assert kept_settings(site.folder / "log.keys") == told
    broken = signer.bundle("r7", "a", sequence=7, policy=BROKEN,
                           audit=canonical_json(SMALL.as_json()))  # fmt: skip
    site.put(broken)
    running.line_with("refused the new bundle")
    # An OPA that was slow to say so is asked once more.
    assert within(lambda: kept_settings(site.folder / "log.keys") == told)
    assert running.stop() == 0
    assert site.verdict() == "OK"


def test_the_log_is_looked_after_and_told_of(site: Site) -> None:
    running = site.served("--audit-root", site.root, "--backup", site.folder / "copy")

    def chores() -> Any:
        upkeep = ask_condition(site.socket).upkeep
        assert upkeep is not None
        done = {name for name, one in upkeep.chores.items() if one.age_seconds >= 0}
        return upkeep if {"alerts", "housekeeping", "rules"} <= done else None

    upkeep = within(chores)
    assert upkeep.well
    done = site.cli.run("status", "--socket", site.socket)
    assert done.returncode == 0, done.stdout
    assert "looked after" in done.stdout
    kinds = {one["action"]["type"] for one in unverified_records(site.log)}
    assert {"verify.done", "config.modify"} <= kinds
    assert running.stop() == 0
    assert _keepers(site) == []
    assert site.verdict() == "OK"


def test_those_who_look_after_it_write_as_the_newest_policy_says(
    site: Site, signer: Signer
) -> None:
    running = site.served()
    within(lambda: (one := ask_condition(site.socket).upkeep) and one.chores.get("rules"))
    told = replace(SMALL, seal_resources=True)
    # Nobody approved it, so there is a violation to record.
    site.put(signer.bundle("r6", "a", sequence=6, audit=canonical_json(told.as_json())))
    assert running.line_with("active")
    site.put(signer.bundle("r7", "a", sequence=7, audit=canonical_json(told.as_json())))
    assert running.line_with("active")

    def violations() -> int:
        kinds = [one["action"]["type"] for one in unverified_records(site.log)]
        return kinds.count("compliance.violation") >= 2

    within(violations)
    assert running.stop() == 0
    headers = [
        one["action"]["details"]["settings"] for one in unverified_records(site.log)
        if one["action"]["type"] == "system.header"
    ]  # fmt: skip
    assert list(dict.fromkeys(headers)) == [SMALL.digest(), told.digest()]
    assert headers[-1] == told.digest()
    assert headers == sorted(headers, key=headers.index)  # never back to the one before
    assert site.verdict() == "OK"


def test_a_keeper_that_dies_is_started_again(site: Site) -> None:
    running = site.served()
    (first,) = within(lambda: _keepers(site))
    os.kill(first, signal.SIGKILL)
    assert "ended with code -9; starting it again" in running.line_with("ended with code")
    within(lambda: [one for one in _keepers(site) if one != first])
    restarted = within(lambda: (one := ask_condition(site.socket).upkeep) and one.restarts and one)
    assert restarted.restarts == 1
    running.process.kill()
    running.process.wait()
    within(lambda: not _keepers(site))


def test_work_that_fails_is_no_secret(site: Site) -> None:
    alerts = site.folder / "log.alerts"
    alerts.mkdir(mode=0o700)
    (alerts / "alerts.toml").write_text("[channel.x]\nkind = 'pigeon'\n")
    running = site.served()
    assert "alerts: " in running.line_with("alerts: ")
    within(lambda: (one := ask_condition(site.socket).upkeep) and not one.well)
    done = site.cli.run("status", "--socket", site.socket)
    assert done.returncode == 6
    assert "pigeon" in done.stdout or "webhook" in done.stdout
    assert site.cli.run("status", "--answering", "--socket", site.socket).returncode == 0
    (alerts / "alerts.toml").unlink()
    running.line_with("alerts: well again")
    assert running.stop() == 0


def test_keys_that_are_gone_are_told_of_though_nobody_records(site: Site) -> None:
    running = site.served()

    def tried() -> Any:
        upkeep = ask_condition(site.socket).upkeep
        return (one := upkeep and upkeep.chores.get("log")) and one.age_seconds >= 0 and one

    assert within(tried).problem == ""
    ring = site.folder / "log.keys" / "keyring.json"
    ring.rename(site.folder / "aside")
    assert "audit_key_missing" in running.line_with("keep: log: ")
    within(lambda: tried().problem)
    (site.folder / "aside").rename(ring)
    running.line_with("keep: log: well again")
    assert running.stop() == 0
    assert site.verdict() == "OK"


def test_alerts_and_reports_without_a_log_are_refused(site: Site) -> None:
    done = site.cli.run("serve", "--bundle", "b", "--key", "k", "--alerts", "x")
    assert done.returncode == 2
    assert "name --audit" in done.stderr


def _keepers(site: Site) -> list[int]:
    """Processes of `wilkc audit keep` on this log."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (
                (process / "cmdline").read_bytes().split(b"\0") if process.name.isdigit() else []
            )
        except OSError:
            continue
        if b"keep" in words and str(site.log).encode() in words and b"--pdeathsig" not in words:
            found.append(int(process.name))
    return found
