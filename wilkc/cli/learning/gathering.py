"""The recorded requests to learn from, out of a log that verifies. Layer: cli.

Memory holds a bounded number of different requests, however long the log: what one proposal has
no room for is counted and stays denied. Nothing of a log that does not verify is used.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from wilkc.analyze.learning import Asked, Reason, Refused, screen
from wilkc.cli.replaying import Recorded, open_recorded
from wilkc.core.errors import RequestError, VerificationError
from wilkc.core.names import NAME
from wilkc.language.requests import canonical_request
from wilkc.plan import decide
from wilkc.runtime.audit import Options, verify
from wilkc.runtime.audit.minimise import SECRETS, name_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from wilkc.core.contract import Request
    from wilkc.plan import Plan
    from wilkc.runtime.audit.verifying.result import Verification, VerifiedEvent
    from wilkc.runtime.compliance import Period
    from wilkc.runtime.keys import KeyStore

Origin = Literal["allowed", "denied", "audit-only"]
ORIGINS: Final[tuple[Origin, ...]] = ("allowed", "denied", "audit-only")
"""What became of a request: granted and done, denied, or only asked about (hooks, `decide`)."""
MAX_ASKED: Final = 1_000
"""Different requests of one proposal: more than anybody reviews at once."""
MAX_REFUSED: Final = 1_000
"""Different refused requests that are named; more are counted."""
MAX_SEQS: Final = 5
_MAX_KNOWN: Final = 50_000
"""Requests of which it is remembered that the policy grants them."""
_RESTING: Final = (
    "argv", "commands", "interpreter", "scripts", "host", "port", "protocol", "resolved",
    "classification", "aliases",
)  # fmt: skip
"""Properties that an entry, or its refusal, rests on."""


@dataclass(frozen=True, slots=True)
class Log:
    """A log, and what speaks for it.

    Attributes:
        directory: of the log.
        root: verifier key of its root.
        keys: which open what is sealed.
        checkpoints: kept elsewhere, by name.
        accept_pruned: whether ranges that were pruned on record are in order.
        live: whether a writer is at work.
    """

    directory: Path
    root: str
    keys: KeyStore
    checkpoints: Mapping[str, str]
    accept_pruned: bool = False
    live: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are learnt from.

    Attributes:
        origins: what became of them.
        agents: who asked; empty for all.
        period: when.
    """

    origins: Collection[Origin]
    agents: Collection[str]
    period: Period


@dataclass(slots=True)
class _Held:
    request: Request
    reason: Reason | None
    count: int = 0
    seqs: list[int] = field(default_factory=list)

    def asked(self) -> Asked:
        return Asked(self.request, self.count, tuple(self.seqs))


@dataclass(slots=True)
class Gathered:
    """What was read.

    Attributes:
        records: decisions of the log that were looked at.
        origins: what became of those of the period, to how many.
        granted: selected requests that the present policy grants.
        left_out: why others are not known, to how many.
        held: the different requests, by what an entry for them rests on.
        crowded_out: selected requests beyond what a proposal has room for.
        verification: what verifying the log found.
    """

    records: int = 0
    origins: dict[Origin, int] = field(default_factory=lambda: dict.fromkeys(ORIGINS, 0))
    granted: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    held: dict[bytes, _Held] = field(default_factory=dict)
    crowded_out: int = 0
    verification: Verification | None = None

    def asked(self) -> list[Asked]:
        """The requests to propose something for."""
        return [one.asked() for one in self.held.values() if one.reason is None]

    def refused(self) -> list[Refused]:
        """The requests that nothing is ever proposed for."""
        held = self.held.values()
        return [Refused(one.asked(), one.reason) for one in held if one.reason is not None]


def gather(log: Log, wanted: Wanted, plan: Plan | None) -> Gathered:
    """Read a log and verify it in the same pass.

    Args:
        log: where it is.
        wanted: which requests.
        plan: the present policy, whose grants need nothing; None where there is none.

    Raises:
        UsageError: there is no log.
        VerificationError: it does not verify.
    """
    reading = _Reading(log, wanted, plan)
    options = Options(accept_pruned=log.accept_pruned)
    found = verify(
        log.directory, log.root, log.checkpoints,
        live=log.live, observer=reading.see, options=options,
    )  # fmt: skip
    if not found.ok:
        raise VerificationError(
            f"nothing is proposed, as the log does not verify: {found.reasons[0]}",
            help_text="see what is wrong by `wilkc audit verify`",
        )
    reading.found.verification = found
    return reading.found


class _Reading:
    def __init__(self, log: Log, wanted: Wanted, plan: Plan | None) -> None:
        self.log, self.wanted, self.plan = log, wanted, plan
        self.found = Gathered()
        self._granted: set[bytes] = set()
        self._room = {True: MAX_ASKED, False: MAX_REFUSED}

    def see(self, event: VerifiedEvent) -> None:
        record = event.record
        if record["phase"] != "intent" or not self.wanted.period.holds(record["ts"]):
            return
        origin = _origin(record)
        self.found.records += 1
        self.found.origins[origin] += 1
        if origin not in self.wanted.origins:
            return
        opened = open_recorded(record, self.log.keys, self.log.directory)
        if not isinstance(opened, Recorded):
            self._leave_out(opened)
        elif not self.wanted.agents or opened.request.agent in self.wanted.agents:
            self._take(opened.request, event.seq)

    def _leave_out(self, why: str) -> None:
        self.found.left_out[why] = self.found.left_out.get(why, 0) + 1

    def _take(self, recorded: Request, seq: int) -> None:
        try:
            request = canonical_request(recorded)
        except RequestError as error:
            self._hold(recorded, Reason("not_canonical", error.message), seq)
            return
        if self._is_granted(request):
            self.found.granted += 1
            return
        self._hold(request, self._reason(request), seq)

    def _reason(self, request: Request) -> Reason | None:
        if NAME.fullmatch(request.agent) is None:
            return Reason("unknown_agent", "no spec can bear the name of the agent")
        try:
            return screen(request, lambda text: name_in(text, SECRETS))
        except RequestError as error:
            return Reason("not_canonical", error.message)

    def _is_granted(self, request: Request) -> bool:
        if self.plan is None:
            return False
        key = _digest(request.as_input())
        if key in self._granted:
            return True
        if not decide(self.plan, request).allow:
            return False
        if len(self._granted) < _MAX_KNOWN:
            self._granted.add(key)
        return True

    def _hold(self, request: Request, reason: Reason | None, seq: int) -> None:
        key = _key(request, reason)
        held = self.found.held.get(key)
        if held is None:
            if not self._room[reason is None]:
                self.found.crowded_out += 1
                return
            self._room[reason is None] -= 1
            held = self.found.held[key] = _Held(request, reason)
        held.count += 1
        if len(held.seqs) < MAX_SEQS:
            held.seqs.append(seq)


def _origin(record: Mapping[str, Any]) -> Origin:
    if record["action"]["details"].get("enforced", True) is False:
        return "audit-only"
    return "allowed" if record["decision"]["allow"] else "denied"


def _key(request: Request, reason: Reason | None) -> bytes:
    """What an entry for the request rests on; circumstances such as the time are no part."""
    given = request.properties
    resting = {name: given[name] for name in _RESTING if name in given}
    said: list[Any] = [request.agent, request.type, request.action, resting]
    said.append(request.context.get("cwd"))
    if request.type not in {"shell", "network"}:
        said.append(request.id)
    said.append(reason.code if reason else None)
    return _digest(said)


def _digest(value: Any) -> bytes:
    """A short name of a JSON value; texts of a request that was read are Unicode."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).digest()
