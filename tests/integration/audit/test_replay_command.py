"""Recorded requests asked again: the recorded policy agrees, another one shows what changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.commands import PATIENT, run_wilkc
from wilkc.core.contract import Request, denial
from wilkc.runtime.audit import AuditLogger, AuditSettings

EXAMPLES = Path(__file__).parents[3] / "policies" / "examples"
REQUESTS = (
    ("read", "./src/a.ts"),
    ("read", "./docs/guide.md"),
    ("read", "./docs/a/very/long/way/down/guide.md"),
    ("read", "./notes/x.md"),
    ("write", "./reports/x.md"),
)
RATED = Request("reviewer", "read", "file", "./src/a.ts")


class Place:
    """Policies, and a log of what real OPA decided by them."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "a log"
        self.policies, self.candidate = folder / "policies", folder / "candidate"
        for place in (self.policies, self.candidate):
            place.mkdir()
            shutil.copy(EXAMPLES / "reviewer.yaml", place)
        spec = self.candidate / "reviewer.yaml"
        spec.write_text(spec.read_text().replace("'./docs/**/*.md'", "'./notes/**/*.md'"))
        made = run_wilkc(
            "audit", "init", self.log, "--origin", "example.org/replay/test",
            "--reserve", "4KiB", "--root-key", folder / "root", "--policies", PATIENT,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        lines = [
            json.dumps(Request("reviewer", action, "file", path).as_input())
            for action, path in REQUESTS
        ]
        asked = run_wilkc(
            "decide", "--policies", self.policies, "--batch", "-", "--audit", self.log,
            given="\n".join(lines),
        )  # fmt: skip
        assert asked.returncode == 0, asked.stderr
        self.decided = [json.loads(line)["decision"] for line in asked.stdout.splitlines()]

    def record(self, reason: Any, detail: str, settings: AuditSettings | None = None) -> None:
        """One more decision, a denial that no policy gave."""
        keys = self.log.with_name("a log.keys")
        provider = self.log.with_name("a log.keys.provider")
        answer = denial(reason, detail, "m", revision="r1")
        with AuditLogger.open(self.log, keys, provider=provider, settings=settings) as logger:
            logger.intent(RATED, answer)

    def replay(self, candidate: Path, *more: object) -> dict[str, Any]:
        done = run_wilkc("audit", "replay", self.log, "--bundle", candidate, "-f", "json", *more)
        assert done.returncode == 0, done.stderr
        # What nobody asked is said, and never counted as passed.
        assert done.stderr.startswith("not asked first") is ("--recorded" not in more)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A log to replay."""
    return Place(tmp_path)


def test_replay_of_recorded_bundle_agrees(place: Place) -> None:
    assert place.decided == [True, True, True, False, True]
    found = place.replay(place.policies, "--recorded", place.policies)
    for one in found.values():
        assert (one["compared"], one["same"]) == (5, 5)
        assert one["changes"] == []
        assert one["not_replayable"] == {}


def test_a_candidate_shows_what_it_newly_allows_and_denies(place: Place) -> None:
    found = place.replay(place.candidate)["candidate"]
    changes = {one["kind"]: one for one in found["changes"]}
    assert set(changes) == {"newly_allowed", "newly_denied"}
    assert changes["newly_allowed"]["example"]["resource"]["id"] == "./notes/x.md"
    denied = changes["newly_denied"]
    assert (denied["count"], len(denied["seqs"])) == (2, 2)
    assert denied["example"]["resource"]["id"] == "./docs/guide.md"
    assert found["same"] == 2
    done = run_wilkc("audit", "replay", place.log, "--bundle", place.candidate)
    assert "newly denied: 2\n  reviewer: 2 by " in done.stdout


def test_what_cannot_be_asked_again_is_counted(place: Place) -> None:
    place.record("RATE_LIMIT_EXCEEDED", "rate_limit_exceeded")
    place.record("VALIDATION_ERROR", "audit_unavailable")
    place.record("PERMISSION_DENIED", "blocked", AuditSettings(record_input=False))
    found = place.replay(place.policies)["candidate"]
    # The policy grants what a counter denied, and that is all that is compared.
    assert (found["compared"], found["same"]) == (6, 6)
    assert found["not_replayable"] == {"input not recorded": 1, "not decided by a policy": 1}


def test_erased_inputs_are_counted_and_not_guessed(place: Place) -> None:
    (place.log.with_name("a log.keys") / "deks.jsonl").write_bytes(b"")
    found = place.replay(place.policies)["candidate"]
    assert (found["compared"], found["not_replayable"]) == (0, {"input erased or expired": 5})


def test_a_bundle_that_did_not_decide_is_not_the_recorded_one(place: Place) -> None:
    done = run_wilkc(
        "audit", "replay", place.log, "--bundle", place.policies, "--recorded", place.candidate
    )
    assert done.returncode == 6
    assert "does not reproduce" in done.stderr
    assert "not replayable: 5, decided by another bundle" in done.stdout


def test_only_the_period_is_replayed(place: Place) -> None:
    found = place.replay(place.policies, "--from", "2020-01-01", "--to", "2020-01-02")
    assert found["candidate"]["compared"] == 0


def test_a_bundle_needs_a_key_or_to_be_taken_unverified(place: Place, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tar.gz"
    bundle.write_bytes(b"")
    done = run_wilkc("audit", "replay", place.log, "--bundle", bundle)
    assert (done.returncode, done.stdout) == (2, "")
    assert "signature" in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_a_review_shows_what_recorded_requests_would_get(place: Place, form: str) -> None:
    done = run_wilkc(
        "diff", place.policies, place.candidate, "--replay", place.log, "-f", form
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if form == "json":
        found = json.loads(done.stdout)["replay"]
        assert {one["kind"]: one["count"] for one in found["changes"]} == {
            "newly_allowed": 1, "newly_denied": 2,
        }  # fmt: skip
    else:
        assert "replayed 5 recorded decisions: 2 stay as they are" in done.stdout.replace(
            "&#58;", ":"
        )
        assert "newly denied" in done.stdout
    without = run_wilkc("diff", place.policies, place.candidate, "-f", form)
    assert "replay" not in without.stdout.replace(str(place.log.parent), "")
