"""Channels that fail or hang, a log that is cut, a full disk, and a crash at every step."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.unit.runtime.alerts.watched import ONE, TWO, violate
from tests.unit.runtime.audit.conftest import ALLOW, REQUEST
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.alerts import Outbox, Watcher, open_alerts
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runtime.alerts.conftest import Told
    from tests.unit.runtime.alerts.watched import Site
    from wilkc.runtime.alerts import Message
    from wilkc.runtime.audit import Event


def test_a_channel_that_fails_is_tried_again_and_the_failure_is_on_record(
    site: Site, told: Callable[..., Told]
) -> None:
    site.settings(f'escalation = "oncall"\n{TWO}')
    ops, oncall = told("status_refused"), told()
    with site.log.open() as logger:
        channels = {"ops": ops, "oncall": oncall}
        with site.watch(channels, logger) as watcher:
            violate(logger)
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
            violate(logger)
            started = time.monotonic()
            for _ in range(3):
                watcher.step()
                site.hand.pass_s(1)
                logger.intent(REQUEST, ALLOW).outcome("success")
            assert time.monotonic() - started < 15
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
        violate(logger)
        one.step()
        assert len(other.got) == 1
        entry = Outbox(site.folder, Disk()).entries()[0]
    assert entry.deliveries[0].error == "channel_broken"


def test_a_channel_that_is_gone_from_the_settings_is_given_up_in_time(
    site: Site, told: Callable[..., Told]
) -> None:
    with site.log.open() as logger:
        with site.watch({"ops": told("timed_out")}, logger) as watcher:
            violate(logger)
            watcher.step()
        with site.watch({"mail": told()}, logger) as watcher:
            site.hand.pass_s(86_400)
            watcher.step()
            watcher.step()
    assert ("alert.failed" in dict(site.of_alerts())) is True


def test_a_log_that_was_tampered_with_is_told_once(site: Site, told: Callable[..., Told]) -> None:
    ops = told()
    with site.log.open() as logger:
        violate(logger)
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
        violate(logger)
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


class Refusing(Disk):
    """Takes no file of a folder for so many times."""

    def __init__(self, folder: str, times: int) -> None:
        self.folder = folder
        self.times = times

    def put_file(self, path: Path, data: bytes, **options: Any) -> None:
        if path.parent.name == self.folder and self.times:
            self.times -= 1
            raise OSError(errno.ENOSPC, "no space left")
        super().put_file(path, data, **options)


@pytest.mark.parametrize("folder", ["outbox", "alerts"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_disk_that_takes_no_alert_for_a_while_loses_none(
    folder: str, times: int, site: Site, told: Callable[..., Told]
) -> None:
    ops, disk = told(), Refusing(folder, times)
    with site.log.open() as logger, site.watch({"ops": ops}, logger, disk) as watcher:
        violate(logger)
        for _ in range(times):
            with pytest.raises(OSError, match="no space"):
                watcher.step()
        watcher.step()
        violate(logger, "other")
        watcher.step()
    assert {one.alert.agent for one in ops.got} == {"reviewer", "other"}
    assert len({one.id for one in ops.got}) == 2
    assert site.waiting() == []


class Full(Disk):
    """Takes nothing for the outbox any more, once it is full."""

    full = False

    def put_file(self, path: Path, data: bytes, **options: Any) -> None:
        if self.full and path.parent.name == "outbox":
            raise OSError(errno.ENOSPC, "no space left")
        super().put_file(path, data, **options)

    def unlink(self, path: Path) -> None:
        if self.full:
            raise OSError(errno.EROFS, "no space left")
        super().unlink(path)


@pytest.mark.parametrize("fails", ["", "status_refused"])
def test_on_a_full_disk_nobody_is_told_the_same_at_every_step(
    fails: str, site: Site, told: Callable[..., Told]
) -> None:
    ops, other, disk = told(fails), told(), Full()
    site.settings(TWO)

    class Filling:
        def send(self, message: Message, *, at_us: int) -> None:
            disk.full = not ops.tried
            ops.send(message, at_us=at_us)

    with site.log.open() as logger:
        with site.watch({"ops": Filling(), "oncall": other}, logger, disk) as watcher:
            violate(logger)
            for _ in range(3):
                with pytest.raises(OSError, match="no space"):
                    watcher.step()
            assert (len(ops.tried), len(other.tried)) == (1, 1)
            disk.full, ops.fails = False, ""
            for _ in range(2):
                site.hand.pass_s(1)
                watcher.step()
        assert (len(ops.got), len(other.got)) == (1, 1)
    assert site.waiting() == []


def test_on_a_full_disk_nothing_is_recorded_again_at_every_step(
    site: Site, told: Callable[..., Told]
) -> None:
    disk = Full()
    with site.log.open() as logger:

        class Filling:
            def system(self, event: Event) -> object:
                disk.full = True
                return logger.system(event)

        with site.watch({"ops": told()}, disk=disk) as watcher:
            watcher._deliverer.recorder = Filling()
            violate(logger)
            for _ in range(3):
                with pytest.raises(OSError, match="no space"):
                    watcher.step()
            watcher._deliverer.recorder, disk.full = logger, False
            watcher.step()
    kinds = [kind for kind, _ in site.of_alerts()]
    assert kinds == ["alert.raised", "alert.delivered"]
    assert site.waiting() == []


def test_nothing_is_written_while_nothing_happens(site: Site, told: Callable[..., Told]) -> None:
    with site.log.open() as logger, site.watch({"ops": told()}, logger) as watcher:
        watcher.step()
        before = (site.folder / "state.json").stat().st_mtime_ns
        for _ in range(3):
            site.hand.pass_s(60)
            watcher.step()
        assert (site.folder / "state.json").stat().st_mtime_ns == before


def _failing(watcher: Watcher, monkeypatch: pytest.MonkeyPatch, stop: threading.Event) -> list[int]:
    """Steps fail the first few times, and each that does not ends the run."""
    steps: list[int] = []
    own = watcher.step

    def step() -> int:
        steps.append(len(steps))
        if len(steps) < 5:
            raise OSError(errno.ENOSPC, "no space left")
        stop.set()
        return own()

    monkeypatch.setattr(watcher, "step", step)
    return steps


def test_a_watcher_outlasts_what_is_over_within_its_patience(
    site: Site, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.settings(ONE)
    ops, stop = told(), threading.Event()
    with site.log.open() as logger, site.watch({"ops": ops}, logger) as watcher:
        violate(logger)
        steps = _failing(watcher, monkeypatch, stop)
        watcher.run(stop, 0.01, patience=60)
    assert (len(steps), len(ops.got)) == (5, 1)


def test_a_watcher_that_never_gets_on_says_why_and_loses_nothing(
    site: Site, told: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.settings(ONE)
    ops, stop = told(), threading.Event()
    with site.log.open() as logger:
        violate(logger)
        with site.watch({"ops": ops}, logger) as watcher, monkeypatch.context() as patch:
            _failing(watcher, patch, stop)
            with pytest.raises(OSError, match="no space left"):
                watcher.run(stop, 0.01, patience=0)
        assert ops.got == []
        with site.watch({"ops": ops}, logger) as watcher:
            watcher.step()
    assert len(ops.got) == 1


def test_a_watcher_that_cannot_begin_leaves_the_folder_to_others(site: Site) -> None:
    site.settings(ONE)
    with site.log.open():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("wilkc.runtime.alerts.watching.load_kept", _no_memory)
            with pytest.raises(UnavailableError, match="cannot use the alerts"):
                site.watch({})
        site.watch({}).close()


def _no_memory(folder: Path) -> NoReturn:
    raise OSError(errno.EIO, f"{folder.name} cannot be read")
