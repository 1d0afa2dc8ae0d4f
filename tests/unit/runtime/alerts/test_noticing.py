"""A log that refuses records cannot say so itself; the watcher beside it does."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.audit.conftest import ALLOW, REQUEST
from wilkc.core.errors import UnavailableError, VerificationError
from wilkc.runtime.alerts import NoticingLog, Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.alerts.conftest import Told
    from tests.unit.runtime.alerts.watched import Site
    from wilkc.runtime.audit import AuditLogger


def _watch(site: Site, ops: Told, logger: AuditLogger, noticed: NoticingLog) -> Watcher:
    return Watcher(
        site.log.directory, site.folder, logger, noticed=noticed, clock=site.hand,
        channels={"ops": ops}, min_free_bytes=0,
    )  # fmt: skip


def test_a_log_that_refuses_is_told_once_until_it_takes_records_again(
    site: Site, told: Callable[..., Told]
) -> None:
    ops = told()
    with site.log.open() as logger:
        noticed = NoticingLog(logger)
        with _watch(site, ops, logger, noticed) as watcher:
            site.log.disk.break_at("datasync", errno.EIO)
            for _ in range(3):
                with pytest.raises(UnavailableError):
                    noticed.intent(REQUEST, ALLOW)
                watcher.step()
                site.hand.pass_s(100)
            facts = [one.alert for one in ops.got if one.alert.ref.startswith("fact.")]
            assert [(one.rule, one.severity) for one in facts] == [("A4", "critical")]
            site.log.disk.mend()
            noticed.intent(REQUEST, ALLOW).outcome("success")
            watcher.step()
            assert noticed.trouble is None
            site.hand.pass_s(400)
            site.log.disk.break_at("datasync", errno.EIO)
            with pytest.raises(UnavailableError):
                noticed.intent(REQUEST, ALLOW)
            watcher.step()
            site.log.disk.mend()
    facts = [one.alert for one in ops.got if one.alert.ref.startswith("fact.")]
    assert len({one.id for one in facts}) == 2


def test_what_is_recorded_is_what_the_log_says(site: Site) -> None:
    with site.log.open() as logger:
        noticed = NoticingLog(logger)
        noticed.intent(REQUEST, ALLOW, latency_us=7).outcome("success")
        assert noticed.trouble is None
    assert site.log.records()[1]["decision"]["latency_us"] == 7


@pytest.mark.parametrize("what", ["keys", "log"])
def test_keys_and_logs_that_do_not_verify_are_told_apart(what: str, site: Site) -> None:
    with site.log.open(shared=True) as logger:
        noticed = NoticingLog(logger)
        noticed.intent(REQUEST, ALLOW).outcome("success")
        if what == "keys":
            shutil.rmtree(site.log.places.keys)
        else:
            path = site.log.segments()[-1]
            path.chmod(0o600)
            path.write_bytes(path.read_bytes()[:500])
        with pytest.raises((VerificationError, UnavailableError)):
            noticed.intent(REQUEST, ALLOW)
    wanted = {"keys": {"fact.key_problem", "fact.log_unavailable"}, "log": {"fact.log_not_ok"}}
    assert noticed.trouble in wanted[what]
