"""A watcher on a real log: alerts go out, on record, once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.alerts.conftest import SECOND
from tests.unit.runtime.alerts.watched import violate
from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL
from wilkc.core.contract import denial
from wilkc.core.errors import UnavailableError, UsageError
from wilkc.runtime.alerts import ChannelError, Outbox, Watcher, open_alerts
from wilkc.runtime.audit import Actor, Event
from wilkc.runtime.audit.clock import timestamp
from wilkc.runtime.compliance.judging import Judge
from wilkc.runtime.compliance.rule import moment_us
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.alerts.conftest import Told
    from tests.unit.runtime.alerts.watched import Site

UNKNOWN = denial("NO_PERMISSIONS", "unknown_agent", "m", revision="r1")


def test_an_alert_goes_out_once_and_is_put_on_record(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        seq = violate(logger)
        watcher.step()
        watcher.step()
    assert [(one.alert.rule, one.alert.seqs, one.log) for one in ops.got] == [
        ("A12", (seq,), "example.org/test/log")
    ]
    name = ops.got[0].id
    assert site.of_alerts() == [("alert.raised", name), ("alert.delivered", name)]
    assert site.log.verify().ok


def test_decisions_that_are_allowed_raise_nothing(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        logger.intent(REQUEST, ALLOW).outcome("success")
        logger.intent(REQUEST, DENY)
        watcher.step()
    assert (ops.got, site.waiting()) == ([], [])


def test_by_the_seed_profile_every_refusal_is_told(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger:
        logger.intent(REQUEST, DENY)
        with Watcher(
            site.log.directory, site.folder, logger, clock=site.hand, channels={"ops": ops},
            min_free_bytes=0, profile="seed",
        ) as watcher:  # fmt: skip
            watcher.step()
            logger.intent(REQUEST, ALLOW).outcome("success")
            watcher.step()
    assert [(one.alert.rule, one.alert.severity) for one in ops.got] == [("A3", "critical")]


def test_a_real_denial_of_an_unknown_agent_is_told(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        logger.intent(REQUEST, UNKNOWN)
        watcher.step()
    assert {one.alert.rule for one in ops.got} == {"A3", "A7"}


def test_what_is_told_as_a_total_is_on_record_as_told(
    site: Site, told: Callable[..., Told]
) -> None:
    """Of many, the total names the newest; the rule on untold records knows the others, too."""
    grave = Event("sandbox.violation", "sandbox:x", Actor("agent", "reviewer"), risk="high")
    with site.log.open() as logger, site.watch({"ops": told()}, logger) as watcher:
        for count in (1, 30):
            for _ in range(count):
                logger.system(grave)
            site.hand.pass_s(10)
            watcher.step()
        before = len(site.log.records())
        site.hand.pass_s(300)
        watcher.step()
        watcher.step()
    records = site.log.records()
    later = timestamp(moment_us(records[-1]["ts"]) + 2 * 3600 * SECOND)
    end = {**records[-1], "seq": len(records), "ts": later}
    assert untold([*records, end]) == []
    # Without the total, those that came after the first were not told to anybody.
    assert len(untold([*records[:before], end])) == 30


def untold(records: list[dict[str, Any]]) -> list[int]:
    judge = Judge()
    return [one.seq for record in records for one in judge.take(record) if one.rule == "R12"]


def test_another_watcher_goes_on_where_the_first_ended(
    site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        with site.watch({"ops": ops}, logger) as watcher:
            violate(logger)
            watcher.step()
        with site.watch({"ops": ops}, logger) as watcher:
            violate(logger, "other")
            watcher.step()
    assert [one.alert.agent for one in ops.got] == ["reviewer", "other"]


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b'{"engine":{},"cursor":{}}'])
def test_without_its_state_it_reads_the_log_anew_and_repeats_nothing(
    damage: bytes | None, site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        with site.watch({"ops": ops}, logger) as watcher:
            violate(logger)
            watcher.step()
        state = site.folder / "state.json"
        state.unlink() if damage is None else state.write_bytes(damage)
        with site.watch({"ops": ops}, logger) as watcher:
            watcher.step()
            violate(logger, "other")
            watcher.step()
    assert [one.alert.agent for one in ops.got] == ["reviewer", "other"]


def test_a_first_look_at_an_old_log_wakes_nobody(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger:
        violate(logger)
        site.hand.pass_s(2 * 86_400)
        with site.watch({"ops": ops}, logger) as watcher:
            watcher.step()
    assert ops.got == []


def test_two_watchers_at_once_are_refused(site: Site, told: Callable[..., Told]) -> None:
    with (
        site.watch({"ops": told()}),
        pytest.raises(UnavailableError, match="another watcher is at work"),
    ):
        site.watch({"ops": told()})
    site.watch({"ops": told()}).close()


def test_a_folder_inside_the_log_is_refused(site: Site) -> None:
    with pytest.raises(UsageError, match="must not lie in"):
        Watcher(site.log.directory, site.log.directory / "alerts")


def test_a_log_that_cannot_be_written_keeps_nobody_untold(
    site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        violate(logger)
    with site.watch({"ops": ops}) as watcher:
        watcher.step()
    assert len(ops.got) == 1
    assert len(site.waiting()) == 1  # its records are owed
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        watcher.step()
    assert [kind for kind, _ in site.of_alerts()] == ["alert.raised", "alert.delivered"]
    assert (len(ops.got), site.waiting()) == (1, [])


def test_an_acknowledged_alert_is_open_no_more(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        violate(logger)
        watcher.step()
        shown = open_alerts(site.log.directory, site.folder)
        assert [(one.id, one.rule, one.told) for one in shown] == [(ops.got[0].id, "A12", ["ops"])]
        outbox = Outbox(site.folder, Disk())
        outbox.answer(shown[0].id, "ann")
        assert open_alerts(site.log.directory, site.folder) == []
        watcher.step()
        assert outbox.answers() == {}
        site.hand.pass_s(1000)
        watcher.step()
    assert site.of_alerts()[-1] == ("alert.acknowledged", shown[0].id)
    assert (len(ops.got), site.waiting()) == (1, [])
    assert open_alerts(site.log.directory, site.folder) == []
    record = site.log.records()[-1]
    assert (record["actor"]["type"], record["actor"]["name"]) == ("user", None)
    assert record["actor"]["id"].startswith("s_")
    assert "actor.name" in record["sealed"]


def test_an_answer_waits_until_the_log_can_be_written(
    site: Site, told: Callable[..., Told]
) -> None:
    outbox = Outbox(site.folder, Disk())
    with site.watch({"ops": told()}) as watcher:
        outbox.answer("a" * 64, "ann")
        watcher.step()
        assert outbox.answers() == {"a" * 64: "ann"}
    with site.log.open() as logger, site.watch({"ops": told()}, logger) as watcher:
        watcher.step()
    assert outbox.answers() == {}
    assert site.of_alerts() == [("alert.acknowledged", "a" * 64)]


@pytest.mark.parametrize("name", ["", "a", "../state", "A" * 64, "a" * 65])
def test_what_is_no_alert_cannot_be_acknowledged(name: str, site: Site) -> None:
    outbox = Outbox(site.folder, Disk())
    outbox.make()
    with pytest.raises(UsageError, match="is no alert"):
        outbox.answer(name, "ann")


def test_a_damaged_file_is_set_aside_and_the_others_go_out(
    site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        (site.folder / "outbox" / ("a" * 64 + ".json")).write_bytes(b'{"v":"wilk.outbox/v1"}')
        violate(logger)
        watcher.step()
    assert len(ops.got) == 1
    assert [path.suffix for path in (site.folder / "outbox").iterdir()] == [".damaged"]


def test_a_full_outbox_lets_the_log_wait_and_loses_nothing(
    site: Site, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.runtime.alerts.outbox.MAX_ENTRIES", 1)
    ops = told("timed_out")
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        violate(logger)
        watcher.step()
        violate(logger, "other")
        watcher.step()
        assert len(site.waiting()) == 1
        ops.fails = ""
        for _ in range(3):
            site.hand.pass_s(1000)
            watcher.step()
    assert {one.alert.agent for one in ops.got} == {"reviewer", "other"}


def test_a_thread_of_a_guard_watches_until_told_to_stop(
    site: Site, told: Callable[..., Told]
) -> None:
    ops, stop = told("timed_out"), threading.Event()
    with site.log.open(SMALL) as logger, site.watch({"ops": ops}, logger) as watcher:
        thread = threading.Thread(target=watcher.run, args=(stop, 0.01))
        thread.start()
        violate(logger)
        limit = time.monotonic() + 30
        while not ops.tried and time.monotonic() < limit:
            time.sleep(0.01)
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    assert ops.tried


def test_errors_of_channels_say_a_code() -> None:
    assert ChannelError("timed_out", "x").code == "timed_out"
