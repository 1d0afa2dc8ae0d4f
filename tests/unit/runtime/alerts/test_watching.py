"""A watcher on a real log: alerts go out, on record, and survive a crash at every step."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, DENY, REQUEST, SMALL, Log, make_log
from wilkc.core.contract import denial
from wilkc.core.errors import UnavailableError, UsageError, VerificationError
from wilkc.runtime.alerts import ChannelError, Outbox, Watcher, open_alerts
from wilkc.runtime.audit import Actor, AuditLogger, Event
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.unit.runtime.alerts.conftest import Hand, Told
    from wilkc.runtime.alerts import Channel, Message

ONE = '[channel.ops]\nkind = "webhook"\nurl = "https://x.example/"\nsecret_files = ["s"]\n'
TWO = ONE + ONE.replace("ops", "oncall")
UNKNOWN = denial("NO_PERMISSIONS", "unknown_agent", "m", revision="r1")


@dataclass
class Site:
    """A log with its alerts."""

    log: Log
    folder: Path
    hand: Hand

    def watch(
        self,
        channels: Mapping[str, Channel],
        recorder: AuditLogger | None = None,
        disk: Disk | None = None,
    ) -> Watcher:
        return Watcher(
            self.log.directory, self.folder, recorder, disk=disk, clock=self.hand,
            channels=channels, min_free_bytes=0,
        )  # fmt: skip

    def settings(self, text: str) -> None:
        path = self.folder / "alerts.toml"
        path.write_text(text)
        path.chmod(0o600)

    def of_alerts(self) -> list[tuple[str, str]]:
        return [
            (one["action"]["type"], one["action"]["details"]["alert"])
            for one in self.log.records()
            if one["action"]["type"].startswith("alert.")
        ]

    def waiting(self) -> list[Path]:
        return sorted((self.folder / "outbox").glob("*.json"))


@pytest.fixture
def site(tmp_path: Path, hand: Hand) -> Site:
    """A log, and a folder of alerts with one channel; the clock shows the host's time."""
    folder = tmp_path / "alerts"
    folder.mkdir()
    hand.now = time.time_ns() // 1000
    site = Site(make_log(tmp_path / "one"), folder, hand)
    site.settings(ONE)
    return site


def _violate(logger: AuditLogger, agent: str = "reviewer") -> int:
    event = Event(type="policy.rejected", resource="policy:x", actor=Actor("agent", agent))
    return logger.system(event).seq


def test_an_alert_goes_out_once_and_is_put_on_record(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        seq = _violate(logger)
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


def test_a_real_denial_of_an_unknown_agent_is_told(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        logger.intent(REQUEST, UNKNOWN)
        watcher.step()
    assert {one.alert.rule for one in ops.got} == {"A3", "A7"}


def test_another_watcher_goes_on_where_the_first_ended(
    site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        with site.watch({"ops": ops}, logger) as watcher:
            _violate(logger)
            watcher.step()
        with site.watch({"ops": ops}, logger) as watcher:
            _violate(logger, "other")
            watcher.step()
    assert [one.alert.agent for one in ops.got] == ["reviewer", "other"]


@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b'{"engine":{},"cursor":{}}'])
def test_without_its_state_it_reads_the_log_anew_and_repeats_nothing(
    damage: bytes | None, site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        with site.watch({"ops": ops}, logger) as watcher:
            _violate(logger)
            watcher.step()
        state = site.folder / "state.json"
        state.unlink() if damage is None else state.write_bytes(damage)
        with site.watch({"ops": ops}, logger) as watcher:
            watcher.step()
            _violate(logger, "other")
            watcher.step()
    assert [one.alert.agent for one in ops.got] == ["reviewer", "other"]


def test_a_first_look_at_an_old_log_wakes_nobody(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger:
        _violate(logger)
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
        _violate(logger)
    with site.watch({"ops": ops}) as watcher:
        watcher.step()
    assert len(ops.got) == 1
    assert len(site.waiting()) == 1  # its records are owed
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        watcher.step()
    assert [kind for kind, _ in site.of_alerts()] == ["alert.raised", "alert.delivered"]
    assert (len(ops.got), site.waiting()) == (1, [])


def test_a_channel_that_fails_is_tried_again_and_the_failure_is_on_record(
    site: Site, told: Callable[..., Told]
) -> None:
    site.settings(f'escalation = "oncall"\n{TWO}')
    ops, oncall = told("status_refused"), told()
    with site.log.open() as logger:
        channels = {"ops": ops, "oncall": oncall}
        with site.watch(channels, logger) as watcher:
            _violate(logger)
            for wait in (0, 1, 5, 30, 120, 600, 0):
                site.hand.pass_s(wait)
                watcher.step()
            assert ops.tried[:6] == [ops.tried[0]] * 6
            assert [one.escalated for one in oncall.got] == ["others could not be told"]
            ops.fails = ""
            site.hand.pass_s(4000)
            watcher.step()
    kinds = [kind for kind, _ in site.of_alerts()]
    assert kinds.count("alert.failed") == 1
    assert kinds.count("alert.delivered") >= 2
    # That delivery failed is itself told (A11), and nothing follows from that.
    assert kinds.count("alert.raised") == 2


def test_a_hung_channel_keeps_the_others_and_the_log_going(
    site: Site, told: Callable[..., Told]
) -> None:
    release = threading.Event()

    class Hung:
        def send(self, message: Message, *, at_us: int) -> None:
            del message, at_us
            release.wait()

    site.settings(TWO)
    other = told()
    with site.log.open() as logger:
        with site.watch({"ops": Hung(), "oncall": other}, logger) as watcher:
            watcher._deliverer.patience = 0.05
            _violate(logger)
            for _ in range(3):
                watcher.step()
                site.hand.pass_s(1)
                logger.intent(REQUEST, ALLOW).outcome("success")
            assert len(other.got) == 1
            entry = Outbox(site.folder, Disk()).entries()[0]
            assert [(one.channel, one.state, one.error) for one in entry.deliveries] == [
                ("ops", "waiting", "timed_out"), ("oncall", "delivered", ""),
            ]  # fmt: skip
        release.set()
    assert site.log.verify().ok


def test_a_channel_with_a_fault_of_its_own_is_a_channel_that_failed(
    site: Site, told: Callable[..., Told]
) -> None:
    class Broken:
        def send(self, message: Message, *, at_us: int) -> None:
            del message, at_us
            raise ZeroDivisionError

    site.settings(TWO)
    other = told()
    with site.log.open() as logger, site.watch({"ops": Broken(), "oncall": other}, logger) as one:
        _violate(logger)
        one.step()
        assert len(other.got) == 1
        entry = Outbox(site.folder, Disk()).entries()[0]
    assert entry.deliveries[0].error == "channel_broken"


def test_a_channel_that_is_gone_from_the_settings_is_given_up_in_time(
    site: Site, told: Callable[..., Told]
) -> None:
    with site.log.open() as logger:
        with site.watch({"ops": told("timed_out")}, logger) as watcher:
            _violate(logger)
            watcher.step()
        with site.watch({"mail": told()}, logger) as watcher:
            site.hand.pass_s(86_400)
            watcher.step()
            watcher.step()
    assert ("alert.failed" in dict(site.of_alerts())) is True


def test_a_log_that_was_tampered_with_is_told_once(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger:
        _violate(logger)
    watcher = site.watch({"ops": ops})
    with watcher:
        watcher.step()
        path = site.log.segments()[0]
        path.chmod(0o600)
        os.truncate(path, 10)
        for _ in range(5):
            watcher.step()
            site.hand.pass_s(150)
    assert [one.alert.rule for one in ops.got].count("A5") == 1


def test_a_log_that_cannot_be_read_from_its_beginning_is_refused(site: Site) -> None:
    path = site.log.segments()[0]
    path.chmod(0o600)
    path.write_bytes(b"{}\n" + path.read_bytes())
    with pytest.raises(VerificationError):
        site.watch({})


def test_a_disk_that_is_low_is_told_once_until_it_has_room_again(
    site: Site, told: Callable[..., Told]
) -> None:
    class Low(Disk):
        free = 0

        def free_bytes(self, path: Path) -> int:
            del path
            return self.free

    ops, disk = told(), Low()
    with site.log.open() as logger:
        watcher = Watcher(
            site.log.directory, site.folder, logger, disk=disk, clock=site.hand,
            channels={"ops": ops}, min_free_bytes=10,
        )  # fmt: skip
        with watcher:
            for free in (0, 5, 9, 10, 9):
                disk.free = free
                watcher.step()
                site.hand.pass_s(110)
    assert [one.alert.rule for one in ops.got] == ["A4", "A4"]


def test_an_acknowledged_alert_is_open_no_more(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        _violate(logger)
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
    assert record["actor"] == {"id": "operator", "name": None, "type": "user"}
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
        _violate(logger)
        watcher.step()
    assert len(ops.got) == 1
    assert [path.suffix for path in (site.folder / "outbox").iterdir()] == [".damaged"]


def test_a_full_outbox_lets_the_log_wait_and_loses_nothing(
    site: Site, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wilkc.runtime.alerts.outbox.MAX_ENTRIES", 1)
    ops = told("timed_out")
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        _violate(logger)
        watcher.step()
        _violate(logger, "other")
        watcher.step()
        assert len(site.waiting()) == 1
        ops.fails = ""
        for _ in range(3):
            site.hand.pass_s(1000)
            watcher.step()
    assert {one.alert.agent for one in ops.got} == {"reviewer", "other"}


class Killed(BaseException):
    """The process is gone."""


class Deadly(Disk):
    """Dies at the nth call that changes anything, before or after it took effect."""

    def __init__(self, calls: int, *, after: bool) -> None:
        self.left = calls
        self.after = after

    def _call(self, change: Callable[[], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise Killed
        result = change()
        if self.left == 0:
            raise Killed
        return result

    def put_file(self, path: Path, data: bytes, **options: Any) -> None:
        self._call(lambda: Disk.put_file(self, path, data, **options))

    def unlink(self, path: Path) -> None:
        self._call(lambda: Disk.unlink(self, path))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(1, 12))
def test_killed_between_any_two_steps_no_alert_is_lost_and_none_has_two_ids(
    calls: int, after: bool, site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        _violate(logger)
        with (
            suppress(Killed),
            site.watch({"ops": ops}, logger, Deadly(calls, after=after)) as watcher,
        ):
            watcher.step()
            watcher.step()
        with site.watch({"ops": ops}, logger) as watcher:
            for _ in range(3):
                watcher.step()
        answered = {one.id for one in open_alerts(site.log.directory, site.folder)}
    assert len({one.id for one in ops.got}) == 1
    assert 1 <= len(ops.got) <= 2
    assert answered == {ops.got[0].id}
    raised = [name for kind, name in site.of_alerts() if kind == "alert.raised"]
    assert set(raised) == answered


def test_a_thread_of_a_guard_watches_until_told_to_stop(
    site: Site, told: Callable[..., Told]
) -> None:
    ops, stop = told("timed_out"), threading.Event()
    with site.log.open(SMALL) as logger, site.watch({"ops": ops}, logger) as watcher:
        thread = threading.Thread(target=watcher.run, args=(stop, 0.01))
        thread.start()
        _violate(logger)
        limit = time.monotonic() + 30
        while not ops.tried and time.monotonic() < limit:
            time.sleep(0.01)
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    assert ops.tried


def test_errors_of_channels_say_a_code() -> None:
    assert ChannelError("timed_out", "x").code == "timed_out"
