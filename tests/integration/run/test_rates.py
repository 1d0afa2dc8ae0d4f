"""`wilkc run` takes the hits of a grant before anything starts, from the stores of the guard.

No spec limits how often commands run, so the bundle is one whose releaser says so in its data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.redis_server import RedisServer
from wilkc.bundle import generate_key, sign_bundle, write_bundle
from wilkc.cli.building import build_bundle
from wilkc.runtime.guard.jobs import DATA_MEMBER
from wilkc.runtime.limits import RedisStore, SqliteStore

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.integration.run.conftest import Site

LIMIT = 2
TIMEOUT = b'{"id":"shell.max_execution_time","properties":{"seconds":3},"type":"timeout"}'
RATE = (
    b'{"id":"shell.rate","properties":{"key":"shell","limit":%d,"window_seconds":3600},'
    b'"type":"rate_limit"}'
) % LIMIT


@dataclass(frozen=True)
class Limited:
    """A site whose commands may run so often in an hour."""

    site: Site
    words: tuple[str, ...]
    place: Path

    def run(self, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A command that leaves a trace if it runs."""
        command = ("builder", "--", "touch", "out/ran")
        return self.site.run(*self.words, *more, *command, **variables)

    def ran(self) -> bool:
        """Whether it ran since this was last asked."""
        trace = self.site.work / "out" / "ran"
        there = trace.exists()
        trace.unlink(missing_ok=True)
        return there

    def details(self) -> list[str]:
        """The details of the recorded decisions, in order."""
        events = self.site.events()
        return [event["decision"]["detail"] for event in events if event["phase"] == "intent"]


@pytest.fixture
def limited(site: Site) -> Limited:
    """See `Limited`."""
    compiled = build_bundle([str(site.top / "policies")]).compiled
    data = compiled.files[DATA_MEMBER]
    files = {**compiled.files, DATA_MEMBER: data.replace(TIMEOUT, TIMEOUT + b"," + RATE)}
    key = generate_key()
    signed = sign_bundle(write_bundle(files, compiled.manifest), key, key_id="test")
    (site.top / "bundle.tar.gz").write_bytes(signed)
    (site.top / "test.pub.pem").write_bytes(key.public().pem)
    bundle = ("--bundle", str(site.top / "bundle.tar.gz"), "--key", str(site.top / "test.pub.pem"))
    return Limited(site, (*bundle, *site.record()), site.top / "limits" / "limits.db")


def test_commands_run_until_the_limit_and_no_further(limited: Limited) -> None:
    SqliteStore.create(limited.place)
    for _ in range(LIMIT):
        assert limited.run("--rates", str(limited.place)).returncode == 0
        assert limited.ran()
    ended = limited.run("--rates", str(limited.place))
    assert (ended.returncode, limited.ran()) == (121, False)
    assert "try again in" in ended.stderr
    assert limited.details() == ["allowed"] * LIMIT + ["rate_exceeded"]


def test_the_environment_names_the_store(limited: Limited) -> None:
    SqliteStore.create(limited.place)
    assert limited.run(WILK_RATES=str(limited.place)).returncode == 0
    assert limited.ran()


def test_a_command_that_is_denied_takes_no_hit(limited: Limited) -> None:
    SqliteStore.create(limited.place)
    named = ("--rates", str(limited.place))
    for _ in range(LIMIT):
        denied = limited.site.run(*limited.words, *named, "builder", "--", "rm", "src/a.txt")
        assert denied.returncode == 121
    assert limited.run(*named).returncode == 0
    assert limited.ran()


def test_without_a_store_nothing_runs(limited: Limited) -> None:
    assert (limited.run().returncode, limited.ran()) == (121, False)
    assert limited.details() == ["condition_not_fulfillable"]


def test_a_store_that_is_not_there_is_not_made(limited: Limited) -> None:
    ended = limited.run("--rates", str(limited.place))
    assert (ended.returncode, limited.ran()) == (121, False)
    assert limited.details() == ["rate_store_unavailable"]
    assert not limited.place.exists()


def test_a_store_that_is_damaged_denies(limited: Limited) -> None:
    SqliteStore.create(limited.place)
    limited.place.write_bytes(b"no database" * 1000)
    assert (limited.run("--rates", str(limited.place)).returncode, limited.ran()) == (121, False)
    assert limited.details() == ["rate_store_damaged"]


def test_hits_of_a_fleet(limited: Limited, redis_program: str) -> None:
    del redis_program
    with RedisServer(limited.site.top) as server:
        store = RedisStore(server.url)
        store.create()
        store.close()
        named = ("--rates", server.url)
        codes = [(limited.run(*named).returncode, limited.ran()) for _ in range(LIMIT + 1)]
        assert codes == [(0, True)] * LIMIT + [(121, False)]
    assert (limited.run(*named).returncode, limited.ran()) == (121, False)
    assert limited.details()[-2:] == ["rate_exceeded", "rate_store_unavailable"]


def test_an_address_that_makes_no_sense_runs_nothing(limited: Limited) -> None:
    ended = limited.run("--rates", "redis://localhost:port")
    assert (ended.returncode, limited.ran()) == (121, False)
    assert "no address of a server" in ended.stderr
