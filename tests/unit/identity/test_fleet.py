"""Hosts that share what is revoked, over a real server that is paused, emptied and lost."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.redis_server import RedisServer
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.identity import AuthenticationError, Identity, create_identity
from wilkc.identity import revocation as module
from wilkc.identity.fleet import join_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wilkc.identity.revocation import Kind

NAME = "test:fleet"
DELAY = 1.0
"""Seconds within which every host knows."""


@pytest.fixture
def server(redis_program: str) -> Iterator[RedisServer]:
    del redis_program
    with (
        tempfile.TemporaryDirectory(prefix="wilk-test-") as folder,
        RedisServer(Path(folder)) as running,
    ):
        yield running


@pytest.fixture
def hosts(server: RedisServer, tmp_path: Path) -> Iterator[list[Identity]]:
    """Two hosts of one fleet."""
    folders = [tmp_path / name for name in ("one", "two")]
    for number, folder in enumerate(folders):
        create_identity(folder)
        join_fleet(folder, server.url, NAME, begin=number == 0)
    opened = [Identity(folder) for folder in folders]
    yield opened
    for one in opened:
        one.close()


def _revoked(host: Identity, kind: Kind, name: str) -> bool:
    return host.revocations.is_revoked(kind, name, host.clock.now())


def _soon(seen: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DELAY
    while time.monotonic() < deadline:
        if seen():
            return True
        time.sleep(0.02)
    return seen()


@pytest.mark.parametrize("kind", ["key", "token", "session", "family", "principal", "agent"])
def test_what_one_host_revokes_another_knows_within_a_second(
    hosts: list[Identity], kind: Kind
) -> None:
    one, two = hosts
    assert not _revoked(two, kind, "x")
    one.revocations.revoke(kind, "x")
    assert _revoked(one, kind, "x")
    assert _soon(lambda: _revoked(two, kind, "x"))
    two.revocations.restore(kind, "x")
    assert not _revoked(two, kind, "x")
    assert _soon(lambda: not _revoked(one, kind, "x"))


def test_a_process_that_starts_later_knows_and_so_does_a_host_that_joins_later(
    hosts: list[Identity], server: RedisServer, tmp_path: Path
) -> None:
    hosts[0].revocations.revoke("key", "x")
    later = tmp_path / "later"
    create_identity(later)
    join_fleet(later, server.url, NAME, begin=False)
    for folder in (hosts[1].folder, later):
        opened = Identity(folder)
        assert _revoked(opened, "key", "x")
        opened.close()


def test_the_last_word_holds_however_much_was_said(
    hosts: list[Identity], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.identity.fleet.BATCH", 3)
    one, two = hosts
    for name in "abcdefgh":
        one.revocations.revoke("key", name)
    one.revocations.restore("key", "c")
    one.revocations.restore("key", "h")
    one.revocations.revoke("key", "h")
    lifted: list[str] = []
    honest = module.Revocations._lift

    def counted(table: module._Table, kind: Kind, name: str) -> bool:
        lifted.append(name)
        return honest(table, kind, name)

    monkeypatch.setattr(module.Revocations, "_lift", staticmethod(counted))
    assert _soon(lambda: _revoked(two, "key", "h"))
    assert [name for name in "abcdefgh" if not _revoked(two, "key", name)] == ["c"]
    # Not even for a moment: whoever looks meanwhile sees the table.
    assert lifted == ["c"]


def test_failures_to_authenticate_stay_on_their_host(hosts: list[Identity]) -> None:
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            hosts[0].authenticate("wk_x", channel="test", source="here")
    time.sleep(module.LOOK_SECONDS)
    with pytest.raises(AuthenticationError, match="credential_malformed"):
        hosts[1].authenticate("wk_x", channel="test", source="here")


@pytest.mark.parametrize("fault", ["killed", "paused", "emptied", "rolled_back"])
def test_a_host_that_hears_nothing_lets_nobody_in(
    hosts: list[Identity], server: RedisServer, fault: str
) -> None:
    one, two = hosts
    _, text = two.api_keys.create("a", ["file:read"], days=1)
    one.revocations.revoke("key", "x")
    assert _soon(lambda: _revoked(two, "key", "x"))
    assert two.api_keys.authenticate(text).id == "a"
    if fault == "killed":
        server.kill()
    elif fault == "paused":
        server.pause()
    elif fault == "emptied":
        server.call("FLUSHALL")
    else:
        server.call("SET", f"{NAME}:count", 0)
    time.sleep(module.FLEET_SECONDS)
    with pytest.raises(UnavailableError):
        two.api_keys.authenticate(text)
    if fault != "rolled_back":
        with pytest.raises(UnavailableError):
            one.revocations.revoke("key", "y")
    if fault == "paused":
        server.resume()
        assert _soon(lambda: two.api_keys.authenticate(text).id == "a")
    if fault == "killed":
        # It kept nothing, so the fleet is begun anew, and each host still knows what it knew.
        server.start()
        with pytest.raises(UnavailableError, match="forgotten"):
            two.api_keys.authenticate(text)
        join_fleet(one.folder, server.url, NAME, begin=True)
        join_fleet(two.folder, server.url, NAME, begin=False)
        anew = Identity(two.folder)
        assert anew.api_keys.authenticate(text).id == "a"
        assert _revoked(anew, "key", "x")
        anew.close()


@pytest.mark.parametrize(
    "entry", [("kind", "source"), ("until", "-1"), ("until", "soon"), ("name", ""), ("more", "x")]
)
def test_what_the_server_holds_and_nobody_told_lets_nobody_in(
    hosts: list[Identity], server: RedisServer, entry: tuple[str, str]
) -> None:
    given = {"number": "1", "kind": "key", "name": "x", "until": "7", entry[0]: entry[1]}
    if entry[0] == "more":
        del given["kind"]
    server.call("XADD", f"{NAME}:revoked", "*", *(part for pair in given.items() for part in pair))
    with pytest.raises(UnavailableError, match="something else"):
        hosts[1].revocations.is_revoked("key", "y", 0)


def test_a_host_that_would_miss_something_lets_nobody_in(
    hosts: list[Identity], server: RedisServer
) -> None:
    """The other one has heard it, and goes on."""
    one, two = hosts
    one.revocations.revoke("key", "x")
    assert _soon(lambda: _revoked(one, "key", "x") and one.revocations._heard > 0)
    time.sleep(module.LOOK_SECONDS)
    assert not _revoked(one, "key", "y")
    server.call("DEL", f"{NAME}:revoked")
    with pytest.raises(UnavailableError, match="forgotten"):
        _revoked(two, "key", "x")
    one.revocations.revoke("key", "y")
    with pytest.raises(UnavailableError, match="forgotten"):
        _revoked(two, "key", "y")
    time.sleep(module.LOOK_SECONDS)
    assert _revoked(one, "key", "y")


@pytest.mark.parametrize("name", ["x" * 1025, "", "\udcff"])
def test_what_no_host_could_read_is_told_to_none(hosts: list[Identity], name: str) -> None:
    one, two = hosts
    with pytest.raises(UnavailableError):
        one.revocations.revoke("key", name)
    assert _revoked(one, "key", name)
    assert not _revoked(two, "key", "y")


def test_a_fleet_is_begun_once_and_joined_where_it_is(server: RedisServer, tmp_path: Path) -> None:
    create_identity(tmp_path / "one")
    with pytest.raises(UsageError, match="no fleet"):
        join_fleet(tmp_path / "one", server.url, NAME, begin=False)
    join_fleet(tmp_path / "one", server.url, NAME, begin=True)
    with pytest.raises(UsageError, match="already"):
        join_fleet(tmp_path / "one", server.url, NAME, begin=True)
    (tmp_path / "one" / "fleet.json").chmod(0o644)
    with pytest.raises(UnavailableError, match="closed to everybody else"):
        Identity(tmp_path / "one")


@pytest.mark.parametrize(
    "url", ["redis://10.0.0.1:6379/0", "rediss://10.0.0.1/0?ssl_cert_reqs=none", "file:///x"]
)
def test_a_server_elsewhere_is_asked_by_tls_alone(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError):
        join_fleet(tmp_path, url, NAME, begin=True)
