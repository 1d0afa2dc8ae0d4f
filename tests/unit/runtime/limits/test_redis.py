"""A real server of hits: its clock is set, its memory lost, its answers late; no grant too many."""

from __future__ import annotations

import ssl
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.rate_worlds import HOUR, SECOND, RedisWorld, SetClock
from wilkc.runtime.limits import Promises, RateExceededError, RateLimit, RateStoreError, RedisStore
from wilkc.runtime.limits.failures import RECORD_INCOMPLETE, STORE_DAMAGED, STORE_UNAVAILABLE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.redis_server import RedisServer
    from wilkc.runtime.limits import RateStore

LIMIT = RateLimit("reviewer/llm", 3, 60)
OTHER = RateLimit("reviewer/network", 1, 60)
MANY = RateLimit("reviewer/tool", 1_000_000, 60)
TICK = 61 * SECOND


@pytest.fixture
def world(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> RedisWorld:
    """Two hosts and a new record."""
    return RedisWorld(redis_server, monkeypatch, str(tmp_path))


@pytest.fixture
def name(tmp_path: Path) -> str:
    """The name of the world's record."""
    return str(tmp_path)


def _refused(store: RateStore, limit: RateLimit = LIMIT) -> bool:
    try:
        store.hit([limit])
    except RateExceededError:
        return True
    return False


def _unsaid(store: RateStore, detail: str, limit: RateLimit = LIMIT) -> str:
    with pytest.raises(RateStoreError) as caught:
        store.hit([limit])
    assert caught.value.detail == detail
    return caught.value.message


def _use_up(world: RedisWorld) -> None:
    """Both hosts are known then, and the limit is used up."""
    assert [_refused(world.stores[turn % 2]) for turn in range(4)] == [False, False, False, True]


def _use_up_again(world: RedisWorld) -> None:
    assert _refused(world.stores[0])
    world.passes(TICK)
    _use_up(world)


@pytest.mark.parametrize("step", [HOUR, SECOND, 10 * 365 * 24 * HOUR])
@pytest.mark.parametrize("who", [0, 1])
def test_a_clock_set_forward_grants_nothing(world: RedisWorld, step: int, who: int) -> None:
    _use_up(world)
    world.passes(59 * SECOND)
    world.steps(step)
    assert _refused(world.stores[who])
    assert _refused(world.stores[1 - who])
    assert not _refused(world.stores[who], OTHER)
    world.passes(3 * SECOND)
    assert not _refused(world.stores[who])


@pytest.mark.parametrize("step", [HOUR, SECOND, 10 * 365 * 24 * HOUR])
@pytest.mark.parametrize("who", [0, 1])
def test_a_clock_set_back_grants_nothing_and_stops_nothing(
    world: RedisWorld, step: int, who: int
) -> None:
    _use_up(world)
    world.passes(30 * SECOND)
    assert _refused(world.stores[who])
    world.steps(-step)
    assert _refused(world.stores[who])
    assert not _refused(world.stores[1 - who], OTHER)
    world.passes(32 * SECOND)
    assert not _refused(world.stores[who])


def test_a_clock_set_to_and_fro_grants_nothing(world: RedisWorld) -> None:
    _use_up(world)
    for turn in range(50):
        world.steps((-1) ** turn * HOUR)
        world.passes(SECOND)
        assert _refused(world.stores[turn % 2])


def test_a_step_too_small_to_notice_grants_nothing(world: RedisWorld) -> None:
    _use_up(world)
    world.passes(60 * SECOND)
    world.steps(world.slack_us)
    assert _refused(world.stores[0])


@pytest.mark.parametrize("hosts", [1, 2])
def test_small_steps_do_not_add_up(world: RedisWorld, hosts: int) -> None:
    short = RateLimit("short", 1, 1)
    _use_up(world)
    assert not _refused(world.stores[0], short)
    for turn in range(130):
        world.steps(world.slack_us)
        assert _refused(world.stores[turn % hosts], short)
        assert _refused(world.stores[turn % hosts])
    world.passes(TICK)
    _use_up(world)


def test_small_steps_before_new_hosts_do_not_add_up(world: RedisWorld, name: str) -> None:
    short = RateLimit("short", 1, 1)
    assert not _refused(world.stores[0], short)
    for number in range(30):
        world.steps(world.slack_us)
        clock = SetClock(number * HOUR, f"new-{number}")
        assert _refused(RedisStore(world.server.url, name=name, clock=clock), short)


def test_a_clock_that_runs_fast_grants_nothing(world: RedisWorld) -> None:
    _use_up(world)
    for turn in range(58):
        world.passes(SECOND)
        world.steps(SECOND // 5)
        assert _refused(world.stores[turn % 2])
    world.passes(3 * SECOND)
    assert not _refused(world.stores[0])


@pytest.mark.parametrize("times", [1, 59])
def test_time_that_the_server_missed_is_not_made_up_for(world: RedisWorld, times: int) -> None:
    # The first host asks nothing while the server's clock stands still for 59 seconds.
    for _ in range(times):
        world.passes(59 * SECOND // times)
        world.steps(-59 * SECOND // times)
        world.stores[1].hit([MANY])
    assert [_refused(world.stores[1]) for _ in range(4)] == [False, False, False, True]
    world.steps(59 * SECOND)
    world.passes(2 * SECOND)
    assert _refused(world.stores[0])
    world.passes(TICK)
    _use_up(world)


def test_a_host_that_stood_still_vouches_again(world: RedisWorld) -> None:
    world.passes(HOUR)
    world.clocks[0].now -= HOUR
    world.stores[1].hit([MANY])
    assert [_refused(world.stores[0]) for _ in range(4)] == [False, False, False, True]
    world.passes(TICK)
    assert not _refused(world.stores[0])


@pytest.mark.parametrize("late", [SECOND // 4, -SECOND // 4])
def test_a_host_whose_answers_are_slow_holds_up_nobody(world: RedisWorld, late: int) -> None:
    for store in world.stores:
        store.hit([LIMIT])
    for turn in range(61):
        world.passes(SECOND)
        # Its clock is read, and then its request takes so much longer than at other times.
        late_us = max(0, late * (-1) ** turn)
        world.clocks[0].now -= late_us
        world.stores[0].hit([MANY])
        world.clocks[0].now += late_us
        world.stores[1].hit([MANY])
    _use_up(world)


def test_a_host_whose_clock_runs_ahead_grants_nothing(world: RedisWorld) -> None:
    _use_up(world)
    world.clocks[0].now += HOUR
    assert _refused(world.stores[0])
    assert _refused(world.stores[1])


def test_a_host_whose_clock_goes_back_grants_nothing_and_stops_nothing(world: RedisWorld) -> None:
    _use_up(world)
    world.clocks[0].now -= HOUR // 2
    assert _refused(world.stores[0])
    world.passes(2 * TICK)
    assert not _refused(world.stores[0])


def _new_host(world: RedisWorld, name: str, *, steady: bool = False) -> RedisStore:
    world.clocks.append(SetClock(3, "host-2"))
    return RedisStore(
        world.server.url, name=name, promises=Promises(steady=steady), clock=world.clocks[-1]
    )


def test_a_new_host_counts_with_the_others(world: RedisWorld, name: str) -> None:
    _use_up(world)
    new = _new_host(world, name)
    assert _refused(new)
    world.passes(TICK)
    assert not _refused(new)


def test_a_new_host_cannot_say_that_time_has_passed(world: RedisWorld, name: str) -> None:
    _use_up(world)
    world.steps(HOUR)
    assert _refused(_new_host(world, name))
    world.passes(TICK)
    assert not _refused(world.stores[0])


def test_a_steady_clock_says_it_for_new_hosts(world: RedisWorld, name: str) -> None:
    _use_up(world)
    world.passes(TICK)
    assert not _refused(_new_host(world, name, steady=True))


def test_a_steady_clock_says_less_than_a_known_host(world: RedisWorld, name: str) -> None:
    _use_up(world)
    known = RedisStore(
        world.server.url, name=name, promises=Promises(steady=True), clock=world.clocks[0]
    )
    world.steps(HOUR)
    assert _refused(known)


def test_a_record_that_nobody_began_grants_nothing_for_a_window(
    world: RedisWorld, name: str
) -> None:
    store = RedisStore(world.server.url, name=f"{name}/new", clock=world.clocks[0])
    assert _unsaid(store, RECORD_INCOMPLETE).endswith("try again in 61 s")
    world.passes(60 * SECOND)
    _unsaid(store, RECORD_INCOMPLETE)
    world.passes(SECOND)
    assert not _refused(store)
    # A longer window reaches further back.
    _unsaid(store, RECORD_INCOMPLETE, RateLimit("reviewer/llm", 3, 120))


def test_a_record_is_begun_once(world: RedisWorld, name: str) -> None:
    store = RedisStore(world.server.url, name=name, clock=world.clocks[0])
    with pytest.raises(RateStoreError, match="already"):
        store.create()
    _use_up(world)


@pytest.mark.parametrize("part", ["state", "hits", "due"])
def test_a_part_that_is_lost_is_noticed(world: RedisWorld, name: str, part: str) -> None:
    _use_up(world)
    world.server.call("DEL", f"{{{name}}}:{part}")
    _unsaid(world.stores[0], RECORD_INCOMPLETE)
    _unsaid(world.stores[1], RECORD_INCOMPLETE, OTHER)
    world.passes(TICK)
    _use_up(world)


def test_a_single_hit_that_is_lost_is_noticed(world: RedisWorld, name: str) -> None:
    _use_up(world)
    world.server.call("ZREMRANGEBYRANK", f"{{{name}}}:hits", 0, 0)
    _unsaid(world.stores[0], RECORD_INCOMPLETE)


def test_everything_lost_is_noticed(world: RedisWorld, name: str) -> None:
    _use_up(world)
    keys = [f"{{{name}}}:{part}" for part in ("state", "hits", "due", "hosts")]
    world.server.call("DEL", *keys)
    _unsaid(world.stores[0], RECORD_INCOMPLETE)


def test_lost_hosts_are_learnt_again(world: RedisWorld, name: str) -> None:
    _use_up(world)
    world.server.call("DEL", f"{{{name}}}:hosts")
    _use_up_again(world)


@pytest.mark.parametrize("part", ["state", "hits", "due", "hosts"])
def test_something_else_under_a_name_is_refused(world: RedisWorld, name: str, part: str) -> None:
    world.server.call("DEL", f"{{{name}}}:{part}")
    world.server.call("SET", f"{{{name}}}:{part}", "x")
    _unsaid(world.stores[0], STORE_UNAVAILABLE)


def test_another_layout_is_refused(world: RedisWorld, name: str) -> None:
    world.server.call("HSET", f"{{{name}}}:state", "layout", "2")
    _unsaid(world.stores[0], STORE_DAMAGED)
    world.server.call("HSET", f"{{{name}}}:state", "layout", "1")
    assert not _refused(world.stores[0])


def test_a_restarted_server_is_noticed(world: RedisWorld, name: str) -> None:
    _use_up(world)
    world.server.call("HSET", f"{{{name}}}:state", "run", "0" * 40)
    _unsaid(world.stores[0], RECORD_INCOMPLETE)


def test_old_keys_go_away(world: RedisWorld, name: str) -> None:
    for number in range(300):
        world.stores[0].hit([RateLimit(f"agent-{number}", 1, 60)])
    world.passes(TICK)
    for _ in range(6):
        world.stores[0].hit([MANY])
    for part in ("hits", "due"):
        assert world.server.call("ZCARD", f"{{{name}}}:{part}") == 6


def test_hosts_are_bounded(world: RedisWorld, name: str) -> None:
    world.server.call(
        "EVAL",
        "for i = 1, 10000 do redis.call('HSET', KEYS[1], 'h' .. i, '0:0') end",
        1,
        f"{{{name}}}:hosts",
    )
    _use_up(world)
    assert _refused(_new_host(world, name))
    assert world.server.call("HLEN", f"{{{name}}}:hosts") == 1
    _use_up_again(world)


def test_fleets_with_other_names_do_not_meet(world: RedisWorld, name: str) -> None:
    _use_up(world)
    other = RedisStore(world.server.url, name=f"{name}/other", clock=world.clocks[0])
    other.create()
    assert not _refused(other)


def test_a_server_out_of_memory_is_refused(world: RedisWorld) -> None:
    world.stores[0].hit([LIMIT])
    world.server.call("CONFIG", "SET", "maxmemory", "1")
    try:
        assert "maxmemory" in _unsaid(world.stores[0], STORE_UNAVAILABLE)
    finally:
        world.server.call("CONFIG", "SET", "maxmemory", "0")
    assert not _refused(world.stores[0])


def test_a_server_that_is_not_durable_is_not_called_so(world: RedisWorld, name: str) -> None:
    store = RedisStore(
        world.server.url, name=name, promises=Promises(durable=True), clock=world.clocks[0]
    )
    assert "appendonly" in _unsaid(store, STORE_UNAVAILABLE)


def test_a_server_that_is_not_there_is_refused(tmp_path: Path) -> None:
    _unsaid(RedisStore(f"unix://{tmp_path}/none"), STORE_UNAVAILABLE)


def test_what_is_no_address_is_refused() -> None:
    for address in ("", "localhost", "http://localhost", "redis://localhost:port", "redis://[::1"):
        with pytest.raises(RateStoreError) as caught:
            RedisStore(address)
        assert caught.value.detail == STORE_UNAVAILABLE


@pytest.mark.parametrize(
    "address", ["redis://10.0.0.1", "redis://rates.example", "redis://u:p@rates.example:6379/0",
                "rediss://rates.example?ssl_cert_reqs=none",
                "rediss://rates.example?ssl_check_hostname=false"],
)  # fmt: skip
def test_another_host_is_asked_by_verified_tls_only(address: str) -> None:
    with pytest.raises(RateStoreError) as caught:
        RedisStore(address)
    assert caught.value.detail == STORE_UNAVAILABLE


def test_tls_to_a_server_is_1_3_and_verified() -> None:
    store = RedisStore("rediss://rates.example")
    found = store._client.connection_pool.connection_kwargs
    assert found["ssl_min_version"] == ssl.TLSVersion.TLSv1_3
    made = store._client.connection_pool.make_connection()
    assert made.cert_reqs == ssl.CERT_REQUIRED  # type: ignore[attr-defined]
    assert made.check_hostname is True  # type: ignore[attr-defined]


def test_without_the_package_nothing_is_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(RateStoreError) as caught:
        RedisStore("redis://localhost")
    assert caught.value.help_text == "pip install 'wilkc[redis]'"


def test_a_server_that_stands_still_is_refused_in_time(world: RedisWorld, name: str) -> None:
    store = RedisStore(world.server.url, name=name, timeout_seconds=0.2, clock=world.clocks[0])
    store.hit([LIMIT])
    world.server.pause()
    try:
        before = time.monotonic()
        _unsaid(store, STORE_UNAVAILABLE)
        assert time.monotonic() - before < 5
    finally:
        world.server.resume()
    # What was asked meanwhile may count, and is never granted twice.
    assert sum(not _refused(store) for _ in range(5)) in {1, 2}
