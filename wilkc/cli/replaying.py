"""Asking recorded requests again. Layer: cli.

What is compared is in `wilkc.runtime.audit.replay`; here requests are taken out from under
their seals and an engine is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from wilkc.core.errors import RequestError, UnavailableError, VerificationError
from wilkc.core.strict_json import decode_json
from wilkc.language.requests import read_request
from wilkc.opa import is_answer
from wilkc.runtime.audit import follow
from wilkc.runtime.audit.replay import Replayed, answer_of, why_not
from wilkc.runtime.audit.sealing import open_member

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wilkc.cli.engines import Engine
    from wilkc.core.contract import Request
    from wilkc.runtime.compliance import Period
    from wilkc.runtime.keys import KeyStore

GROUP: Final = 500
"""Requests that are asked together."""
ERASED: Final = "input erased or expired"
OTHERS: Final = "decided by another bundle"
UNREADABLE: Final = "input is no request"


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recorded decision with the request it answered."""

    record: Mapping[str, Any]
    request: Request
    size: int


@dataclass(slots=True)
class Log:
    """The recorded requests of a log.

    Attributes:
        directory: of the log.
        keys: which open what is sealed.
        period: of the records; None takes all.
        left_out: why requests cannot be asked again, to how many.
    """

    directory: Path
    keys: KeyStore
    period: Period | None = None
    left_out: Replayed = field(default_factory=Replayed)

    def requests(self) -> Iterator[Recorded]:
        """The requests that can be asked again, in order.

        Raises:
            UsageError: there is no log.
            VerificationError: the log does not hang together.
        """
        for step in follow(self.directory):
            record = step.record
            if record["phase"] != "intent" or not self._holds(record["ts"]):
                continue
            found = open_recorded(record, self.keys, self.directory)
            if isinstance(found, Recorded):
                yield found
            else:
                self.left_out.leave_out(found)

    def _holds(self, ts: str) -> bool:
        return self.period is None or self.period.holds(ts)


def open_recorded(record: Mapping[str, Any], keys: KeyStore, directory: Path) -> Recorded | str:
    """A recorded decision with its request, or why the request cannot be known.

    Args:
        record: an intent.
        keys: which open what is sealed.
        directory: of the log.
    """
    reason = why_not(record)
    if reason is not None:
        return reason
    try:
        data = open_member(record, "input", keys, directory)
    except VerificationError:
        return ERASED
    try:
        return Recorded(record, read_request(decode_json(data)), len(data))
    except (RequestError, ValueError):
        return UNREADABLE


def replay(log: Log, engine: Engine, *, own: bool = False) -> Replayed:
    """Ask the recorded requests again.

    Args:
        log: where they are.
        engine: the candidate.
        own: whether only what the very bundle of the engine decided is compared.

    Raises:
        UnavailableError: the engine gave no answer: nothing is guessed in its place.
    """
    log.left_out = found = Replayed()
    requests = log.requests()
    while group := list(islice(requests, GROUP)):
        answers = engine([one.request for one in group])
        for one, answer in zip(group, answers, strict=True):
            if not is_answer(answer):
                raise UnavailableError(f"no answer to record {one.record['seq']}")
            if own and answer.revision != one.record["decision"]["revision"]:
                found.leave_out(OTHERS)
                continue
            found.compare(one.record, one.request, one.size, answer_of(answer))
    return found
