"""`wilkc audit detect`, `report` and `review` as a person runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands import PATIENT, run_wilkc
from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST
from wilkc.core.dsse import parse_envelope
from wilkc.runtime.audit import AuditLogger, unverified_records
from wilkc.runtime.compliance import open_report
from wilkc.runtime.keys import parse_verifier_key

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PERIOD = ("--from", "2020-01-01", "--to", "2099-12-31")


class Place:
    """A log of a few records, with a checkpoint that was kept elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "a log"
        self.kept = folder / "kept checkpoint"
        made = run_wilkc(
            "audit", "init", self.log, "--origin", "example.org/report/test",
            "--reserve", "4KiB", "--root-key", folder / "root", "--policies", PATIENT,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.root = made.stdout.strip()
        keys = folder / "a log.keys"
        provider = folder / "a log.keys.provider"
        with AuditLogger.open(self.log, keys, provider=provider) as logger:
            logger.intent(REQUEST, ALLOW).outcome("success")
            logger.intent(REQUEST, DENY)
        self.kept.write_bytes((self.log / "checkpoint").read_bytes())

    def report(self, standard: str, *more: object) -> subprocess.CompletedProcess[str]:
        bound = ("--root", self.root, "--checkpoint", self.kept)
        return run_wilkc("audit", "report", standard, self.log, *bound, *PERIOD, *more)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A log to report from."""
    return Place(tmp_path)


@pytest.mark.parametrize("form", ["json", "md", "html", "ocsf", "oscal"])
def test_each_form_is_the_same_each_time_and_claims_no_more(place: Place, form: str) -> None:
    first = place.report("SOC2", "-f", form)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == place.report("SOC2", "-f", form).stdout
    assert "compliant" not in first.stdout.lower()
    assert "CC6.1" in first.stdout


def test_a_signed_report_is_on_record_and_opens_by_the_key_that_the_log_names(
    place: Place, tmp_path: Path
) -> None:
    signed, shown = tmp_path / "signed report", tmp_path / "report.json"
    done = place.report("GDPR", "--sign", signed, "-o", shown)
    assert done.returncode == 0, done.stderr
    records = list(unverified_records(place.log))
    [created] = [
        one["action"]["details"] for one in records
        if one["action"]["type"] == "key.created" and one["action"]["details"]["use"] == "report"
    ]  # fmt: skip
    body = open_report(signed.read_bytes(), parse_verifier_key(created["public"]))
    assert body == json.loads(shown.read_text())
    [issued] = [one for one in records if one["action"]["type"] == "report.issued"]
    assert issued["action"]["details"]["kid"] == parse_envelope(signed.read_bytes()).key_id
    before = signed.read_bytes()
    assert place.report("GDPR", "--sign", signed, "-o", shown).returncode == 0
    assert signed.read_bytes() == before
    assert run_wilkc("audit", "verify", place.log, "--root", place.root).returncode == 0


def test_a_log_that_does_not_verify_gives_its_verdict_and_nothing_else(
    place: Place, tmp_path: Path
) -> None:
    [segment] = place.log.glob("seg-*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b'"allow":false', b'"allow":true', 1))
    output, signed = tmp_path / "out", tmp_path / "signed"
    done = place.report("SOC2", "-o", output, "--sign", signed)
    assert (done.returncode, done.stdout) == (5, "")
    assert "TAMPERED" in done.stderr
    assert not output.exists()
    assert not signed.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--to", "2019-01-01"), 2, "holds no time"),
        (("--from", "yesterday"), 2, "no day or time"),
        (("--checkpoint", "/nowhere"), 2, "cannot read"),
        (("-o", "/nowhere/report"), 2, "cannot write"),
    ],
)
def test_what_makes_no_report_is_refused(
    place: Place, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = place.report("HIPAA", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_every_cited_record_gets_its_proof(place: Place, tmp_path: Path) -> None:
    proofs = tmp_path / "new proofs"
    done = place.report("SOC2", "--proofs", proofs)
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    seqs = {seq for one in body["controls"] for got in one["evidence"] for seq in got["seqs"]}
    assert {int(path.stem) for path in proofs.iterdir()} == seqs
    for path in proofs.iterdir():
        assert run_wilkc("audit", "verify-proof", path, "--root", place.root).returncode == 0
    again = place.report("SOC2", "--proofs", proofs)
    assert (again.returncode, again.stdout) == (2, "")


def test_a_violation_is_found_reported_resolved(place: Place, tmp_path: Path) -> None:
    keys, provider = tmp_path / "a log.keys", tmp_path / "a log.keys.provider"
    unbound = ALLOW.__class__(allow=True, reason=ALLOW.reason, detail="allowed", message="m")
    with AuditLogger.open(place.log, keys, provider=provider) as logger:
        logger.intent(REQUEST, unbound).outcome("success")
    found = run_wilkc("audit", "detect", place.log)
    assert found.returncode == 0, found.stderr
    assert found.stdout.startswith("R1   high     record 4: an action was allowed without")
    assert run_wilkc("audit", "detect", place.log).stdout == ""
    place.kept.write_bytes((place.log / "checkpoint").read_bytes())
    body = json.loads(place.report("SOC2").stdout)
    [violation] = body["violations"]
    said = ("--by", "ann", "--outcome", "resolved", "--text", "a test", "--violation")
    assert run_wilkc("audit", "review", place.log, *said, violation["id"]).returncode == 0
    unknown = violation["id"][:-1] + ("0" if violation["id"][-1] != "0" else "1")
    refused = run_wilkc("audit", "review", place.log, *said, unknown)
    assert (refused.returncode, refused.stdout) == (2, "")
    place.kept.write_bytes((place.log / "checkpoint").read_bytes())
    after = json.loads(place.report("SOC2").stdout)
    assert after["violations"][0]["resolved"]
    assert {one["id"]: one["state"] for one in after["controls"]}["CC6.1"] == "evidenced"
    assert "a test" not in (place.log / "checkpoint").read_text()
    assert all("a test" not in json.dumps(one) for one in unverified_records(place.log))
