"""An alert as JSON and as text. Layer: runtime. Pure.

Only what stands in clear in the record, and not all of that: no resource, no text of errors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from wilkc.runtime.alerts.seen import SECOND_US
from wilkc.runtime.audit.clock import timestamp

if TYPE_CHECKING:
    from wilkc.runtime.alerts.channel.model import Message

FORMAT: Final = "wilk.alert/v1"
LOOK: Final = "wilkc audit show DIR"


def message_json(message: Message) -> bytes:
    """The body of a webhook."""
    alert = message.alert
    body: dict[str, Any] = {
        "type": FORMAT,
        "timestamp": timestamp(alert.first_us),
        "data": {
            "id": alert.id,
            "log": message.log,
            "rule": alert.rule,
            "severity": alert.severity,
            "title": alert.title,
            "agent": alert.agent,
            "resource_type": alert.resource_type,
            "count": alert.count,
            "final": message.final,
            "escalated": message.escalated,
            "first": timestamp(alert.first_us),
            "last": timestamp(alert.last_us),
            "ref": alert.ref,
            "seqs": list(alert.seqs),
            "numbers": alert.numbers_json(),
            "look": LOOK,
            "acknowledge": _acknowledge(message),
        },
    }
    return json.dumps(body, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def message_subject(message: Message) -> str:
    """One line."""
    alert = message.alert
    times = f" ({alert.count} times)" if alert.count > 1 else ""
    return f"[wilk {alert.severity}] {alert.rule} {alert.agent}: {alert.title}{times}"


def message_text(message: Message) -> str:
    """A page of plain text."""
    alert = message.alert
    lasted = (alert.last_us - alert.first_us) // SECOND_US
    lines = [
        f"{alert.title}",
        "",
        f"severity     {alert.severity}",
        f"rule         {alert.rule}",
        f"agent        {alert.agent}",
        f"about        {alert.resource_type}",
        f"count        {alert.count} in {lasted} s",
        f"first        {timestamp(alert.first_us)}",
        f"last         {timestamp(alert.last_us)}",
        f"log          {message.log}",
        f"records      {', '.join(map(str, alert.seqs)) or 'none'}",
        *(f"{one.name:<12} {one.value}" for one in alert.numbers),
        "",
        f"look closer  {LOOK}",
        f"acknowledge  {_acknowledge(message)}",
    ]
    if message.escalated:
        lines.insert(1, f"it comes to you because {message.escalated}")
    return "\n".join(lines) + "\n"


def _acknowledge(message: Message) -> str:
    return f"wilkc audit ack {message.alert.id}"
