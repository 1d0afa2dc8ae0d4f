"""Telling people what is in the outbox. Layer: runtime.

Each channel works in a thread of its own, and one that fails is left alone until the next
pass: a channel that is dead or hangs keeps neither the others nor anything else waiting.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from wilkc.core.errors import WilkError
from wilkc.runtime.alerts.channel import ChannelError, Message
from wilkc.runtime.alerts.records import acknowledgement, note_event

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wilkc.runtime.alerts.channel import Channel
    from wilkc.runtime.alerts.entry import Delivery, Entry
    from wilkc.runtime.alerts.outbox import Outbox
    from wilkc.runtime.audit import Event

PATIENCE_SECONDS: Final = 30.0
_JITTER: Final = 1000
_TIMED_OUT: Final = "timed_out"
_NO_CHANNEL: Final = "channel_unknown"
_BROKEN: Final = "channel_broken"


class Recorder(Protocol):
    """Puts facts on record."""

    def system(self, event: Event) -> object:
        """Record one.

        Raises:
            WilkError: it could not be recorded.
        """
        ...


def any_jitter() -> int:
    """From -1000 to 1000."""
    return random.randint(-_JITTER, _JITTER)  # noqa: S311  # spreads load, hides nothing


@dataclass(slots=True)
class Deliverer:
    """Delivers what is due, and puts on record what became of it.

    Attributes:
        outbox: what is on its way.
        channels: by name.
        recorder: writes records; None where there is no log to write to.
        log: origin of the log.
        patience: seconds that a channel may take for one pass before it counts as hung.
        jitter: spreads hourly attempts, from -1000 to 1000.
    """

    outbox: Outbox
    channels: Mapping[str, Channel]
    recorder: Recorder | None
    log: str
    patience: float = PATIENCE_SECONDS
    jitter: Callable[[], int] = any_jitter
    _busy: dict[str, threading.Thread] = field(default_factory=dict)
    _unsaved: dict[tuple[str, str], str] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def step(self, now_us: int) -> None:
        """Do everything that is due.

        Raises:
            OSError: the outbox cannot be read or written.
        """
        # First of all: on a full disk nobody is told the same at every step.
        self._apply(now_us)
        self.take_answers()
        for entry in self.outbox.entries():
            reminded = entry.reminded(now_us)
            if reminded != entry or entry.done:
                self.outbox.save(reminded)
        self._send_due(now_us)
        self.record()

    def take_answers(self) -> None:
        """Take up what people left word of.

        Raises:
            OSError: the outbox cannot be read or written.
        """
        for alert_id, by in self.outbox.answers().items():
            entry = self.outbox.find(alert_id)
            if entry is not None:
                self.outbox.save(entry.answered(by))
            elif not self._write([acknowledgement(alert_id, by)]):
                continue  # taken up when the log can be written again
            self.outbox.forget_answer(alert_id)

    def _send_due(self, now_us: int) -> None:
        work: dict[str, list[tuple[Entry, Delivery]]] = defaultdict(list)
        for entry in self.outbox.entries():
            for delivery in entry.due(now_us):
                work[delivery.channel].append((entry, delivery))
        begun = {name: self._begin(name, due, now_us) for name, due in sorted(work.items())}
        until = time.monotonic() + self.patience
        for name, (thread, results) in begun.items():
            if thread is not None:
                thread.join(max(0.0, until - time.monotonic()))
                if thread.is_alive():
                    results.add(work[name], _TIMED_OUT)
            self._unsaved |= {(name, entry): code for entry, code in results.close().items()}
        self._apply(now_us)

    def _begin(
        self, name: str, due: Sequence[tuple[Entry, Delivery]], now_us: int
    ) -> tuple[threading.Thread | None, _Results]:
        """Start to work on what is due; no thread where that is over already."""
        results = _Results()
        hung = self._busy.get(name)
        if hung is not None and hung.is_alive():
            results.add(due, _TIMED_OUT)
            return None, results
        channel = self.channels.get(name)
        if channel is None:
            results.add(due, _NO_CHANNEL)
            return None, results

        def send() -> None:
            for entry, delivery in due:
                message = Message(entry.alert, self.log, entry.final, delivery.escalated)
                code = _send(channel, message, now_us)
                if not results.put(entry.name, code) or code:
                    return

        thread = threading.Thread(target=send, daemon=True, name=f"wilk-alert-{name}")
        self._busy[name] = thread
        thread.start()
        return thread, results

    def _apply(self, now_us: int) -> None:
        """Put down what became of attempts; what cannot be written is kept for the next step."""
        for (channel, name), code in list(self._unsaved.items()):
            entry = self.outbox.find(name)
            if entry is not None:
                after = (
                    entry.missed(channel, code, now_us, self.jitter())
                    if code
                    else entry.delivered(channel)
                )
                self.outbox.save(after)
            del self._unsaved[channel, name]

    def record(self) -> bool:
        """Write the records that are owed; whether none is owed any more.

        Raises:
            OSError: the outbox cannot be read or written.
        """
        for entry in self.outbox.entries():
            for note in entry.owed:
                # One that is on record is not recorded again because the disk is full.
                if entry.name not in self._written and not self._write(
                    [note_event(note, entry.alert)]
                ):
                    return False
                self._written.add(entry.name)
                entry = entry.recorded(1)  # noqa: PLW2901  # the same, one step further
                self.outbox.save(entry)
                self._written.discard(entry.name)
        return True

    def _write(self, events: Sequence[Event]) -> bool:
        if self.recorder is None:
            return False
        try:
            for event in events:
                self.recorder.system(event)
        except WilkError:
            return False  # owed until the log accepts again; people are told all the same
        return True


class _Results:
    """What became of each entry, until nobody waits for more. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._codes: dict[str, str] = {}
        self._closed = False

    def put(self, name: str, code: str) -> bool:
        """Add one; whether anybody still waits."""
        with self._lock:
            if not self._closed:
                self._codes[name] = code
            return not self._closed

    def add(self, due: Sequence[tuple[Entry, Delivery]], code: str) -> None:
        """Add the first that is not there yet: it is what is being waited for."""
        with self._lock:
            missing = [entry.name for entry, _ in due if entry.name not in self._codes]
            for name in missing[:1]:
                self._codes[name] = code

    def close(self) -> dict[str, str]:
        """All of them; nothing is added any more."""
        with self._lock:
            self._closed = True
            return dict(self._codes)


def _send(channel: Channel, message: Message, now_us: int) -> str:
    """The code of a failure, or nothing."""
    try:
        channel.send(message, at_us=now_us)
    except ChannelError as error:
        return error.code
    except Exception:  # noqa: BLE001  # a fault in a channel must not end the others
        return _BROKEN
    return ""
