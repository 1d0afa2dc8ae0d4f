"""Which alerts are open, as the log and the outbox say. Layer: runtime. Reads files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.outbox import FOLDER, Outbox
from wilkc.runtime.alerts.records import ACKNOWLEDGED, RAISED
from wilkc.runtime.audit import unverified_records
from wilkc.runtime.audit.clock import timestamp
from wilkc.runtime.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wilkc.runtime.alerts.entry import Entry

_ROOM: Final = "alert."
_DELIVERED: Final = "alert.delivered"


@dataclass(slots=True)
class OpenAlert:
    """An alert that nobody acknowledged.

    Attributes:
        id: of the alert.
        at: when it was raised.
        rule: `A1` to `A15`.
        severity: how urgent.
        title: a fixed sentence.
        agent: whom it is about.
        resource_type: what it is about.
        count: how many findings it stood for when it was raised.
        seqs: numbers of records.
        numbers: what it was found by.
        told: channels that it was delivered to.
        failed: channels that failed, with the code.
    """

    id: str
    at: str
    rule: str
    severity: str
    title: str
    agent: str
    resource_type: str
    count: int
    seqs: list[int]
    numbers: dict[str, Any]
    told: list[str]
    failed: dict[str, str]


def open_alerts(directory: Path, folder: Path) -> list[OpenAlert]:
    """The alerts that nobody acknowledged, the oldest first. The log is not verified.

    Args:
        directory: of the log.
        folder: of its alerts; it may be missing.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a line is no record.
        OSError: the outbox cannot be read.
    """
    found: dict[str, OpenAlert] = {}
    closed: set[str] = set()
    for record in _records(directory):
        _take(record, found, closed)
    if (folder / FOLDER).is_dir():
        outbox = Outbox(folder, Disk())
        closed |= set(outbox.answers())
        for entry in outbox.entries():
            if not entry.final:
                _add(entry, found)
            if entry.acknowledged:
                closed.add(entry.alert.id)
    return sorted(
        (one for name, one in found.items() if name not in closed),
        key=lambda one: (one.at, one.id),
    )


def told_before(directory: Path) -> frozenset[str]:
    """Alerts of which the log says that somebody got them or answered.

    Raises:
        UsageError: there is no log, or it cannot be read.
        VerificationError: a line is no record.
    """
    return frozenset(
        record["action"]["details"]["alert"]
        for record in _records(directory)
        if record["action"]["type"] in {_DELIVERED, ACKNOWLEDGED}
    )


def _records(directory: Path) -> Iterator[Mapping[str, Any]]:
    for record in unverified_records(directory):
        of_alerts = record["action"]["type"].startswith(_ROOM)
        if of_alerts and isinstance(record["action"]["details"].get("alert"), str):
            yield record


def _take(record: Mapping[str, Any], found: dict[str, OpenAlert], closed: set[str]) -> None:
    kind, details = record["action"]["type"], record["action"]["details"]
    name = details["alert"]
    if kind == RAISED:
        found.setdefault(
            name,
            OpenAlert(
                id=name,
                at=record["ts"],
                rule=str(details.get("rule", "")),
                severity=str(details.get("severity", "")),
                title=str(details.get("title", "")),
                agent=str(details.get("agent", "")),
                resource_type=str(details.get("resource_type", "")),
                count=details.get("count", 1),
                seqs=list(details.get("seqs", [])),
                numbers=dict(details.get("numbers", {})),
                told=[],
                failed={},
            ),
        )
    elif kind == ACKNOWLEDGED:
        closed.add(name)
    elif name in found:
        channel = str(details.get("channel", ""))
        if kind == _DELIVERED:
            found[name].told.append(channel)
            found[name].failed.pop(channel, None)
        else:
            found[name].failed[channel] = str(details.get("error", ""))


def _add(entry: Entry, found: dict[str, OpenAlert]) -> None:
    """An alert that is on its way, and perhaps not on record yet."""
    alert = entry.alert
    shown = found.setdefault(
        alert.id,
        OpenAlert(
            id=alert.id,
            at=timestamp(alert.first_us),
            rule=alert.rule,
            severity=alert.severity,
            title=alert.title,
            agent=alert.agent,
            resource_type=alert.resource_type,
            count=alert.count,
            seqs=list(alert.seqs),
            numbers=dict(alert.numbers_json()),
            told=[],
            failed={},
        ),
    )
    for one in entry.deliveries:
        if one.state == "delivered" and one.channel not in shown.told:
            shown.told.append(one.channel)
        elif one.error:
            shown.failed[one.channel] = one.error
