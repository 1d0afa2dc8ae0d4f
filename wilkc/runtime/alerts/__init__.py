"""Alerts: rules over the audit log, and telling people. Room: runtime."""

from wilkc.runtime.alerts.answering import acknowledge, find_open
from wilkc.runtime.alerts.channel import Channel, ChannelError, Message
from wilkc.runtime.alerts.engine import Engine
from wilkc.runtime.alerts.listing import OpenAlert, open_alerts
from wilkc.runtime.alerts.model import Alert
from wilkc.runtime.alerts.noticing import NoticingLog
from wilkc.runtime.alerts.outbox import Outbox
from wilkc.runtime.alerts.seen import Seen, fact, seen_in
from wilkc.runtime.alerts.watching import Watcher

__all__ = [
    "Alert",
    "Channel",
    "ChannelError",
    "Engine",
    "Message",
    "NoticingLog",
    "OpenAlert",
    "Outbox",
    "Seen",
    "Watcher",
    "acknowledge",
    "fact",
    "find_open",
    "open_alerts",
    "seen_in",
]
