"""Keeping a sidecar on the newest valid bundle of a source. Layer: opa.

A bundle that is not put in force changes nothing: the old one goes on answering, and the
refusal is remembered until what was refused is gone or replaced. What is newer and could not be
put in force yet is remembered as well: a source offers it once.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wilkc.bundle import mark_of, read_bundle, require_not_older, verify_bundle
from wilkc.core.errors import (
    RequestError,
    UnavailableError,
    UsageError,
    VerificationError,
    WilkError,
)
from wilkc.opa.readiness import BundleRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wilkc.bundle import PublicKey, VerifiedBundle
    from wilkc.opa.kept import KeptBundle
    from wilkc.opa.sidecar import Sidecar
    from wilkc.opa.sources import Offer, Source

RETRY_SECONDS: Final = 1.0
"""How long until a bundle is tried again that failed for a reason outside of it."""
HEALTH_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Trust:
    """What a bundle must be signed by and for.

    Attributes:
        keys: key id to key, each trusted alike.
        scope: scope that signatures must bind, or empty.
    """

    keys: Mapping[str, PublicKey]
    scope: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A bundle that was not even tried.

    Attributes:
        name: of what was offered: a path or an address.
        code: `signature_wrong`, `malformed`, `rolled_back` or `ambiguous`.
        why: more of it, in one line.
    """

    name: str
    code: str
    why: str


class Keeper:
    """Looks after a source and a sidecar. One thread calls; any thread may read.

    Args:
        source: where bundles appear.
        trust: what they must be signed by and for.
        log: told, in one line, of what goes wrong and of what is well again.
        kept: where the bundle in force is kept for the next start, or None.
        refused: told of each bundle that is refused before the sidecar is asked; it must not
            raise.
    """

    def __init__(
        self,
        source: Source,
        trust: Trust,
        log: Callable[[str], None],
        kept: KeptBundle | None = None,
        refused: Callable[[Refusal], None] = lambda _: None,
    ) -> None:
        self._source = source
        self._trust = trust
        self._log = log
        self._kept = kept
        self._note = refused
        self._waiting: dict[str, VerifiedBundle] = {}
        self._pending: tuple[str, VerifiedBundle] | None = None
        # Number and revision of all that was offered and not refused. What the first look finds
        # is history; an older one that is put beside it later is meant to come into force.
        self._history: set[tuple[int, str]] = set()
        self._looked = False
        self._look_at = self._retry_at = self._health_at = 0.0
        self.refusals: dict[str, str] = {}
        self.refused = 0
        self.source_problem = ""
        self.sidecar_problem = ""

    def first(self) -> VerifiedBundle:
        """The newest valid bundle that the source has now, or the one that was kept.

        What does not end a service that runs does not keep it from starting: where a bundle was
        kept, it is served rather than none.

        Raises:
            UsageError: the place is not there, or nothing in it can be read.
            VerificationError: no bundle in it verifies, and none was kept.
            UnavailableError: the address gives none, and none was kept.
        """
        kept = self._verified_copy()
        try:
            found = self._first_found("" if kept is None else kept.revision)
            return _newest(found)[1] if kept is None else self._newest_beside(kept, found)
        except (VerificationError, UnavailableError) as error:
            if kept is None:
                raise
            if not self.refusals:
                self._log(f"{error.message}; revision {kept.revision} was kept")
            if isinstance(error, UnavailableError):
                self.source_problem = error.message
            return kept

    def _newest_beside(
        self, kept: VerifiedBundle, found: list[tuple[str, VerifiedBundle]]
    ) -> VerifiedBundle:
        """The newest that may follow on what was kept, or that itself."""
        fit: list[tuple[str, VerifiedBundle]] = []
        older: list[tuple[tuple[int, str], Refusal]] = []
        for name, one in found:
            try:
                require_not_older(mark_of(kept), one)
                fit.append((name, one))
            except VerificationError as error:
                older.append((_place(one), Refusal(name, "rolled_back", error.message)))
        if self._source.holds_history:
            self._waiting = dict(fit)
        newest = max((place[0] for place, _ in older), default=0)
        for place, refusal in older:
            # Lower ones are history; the highest is not, where nothing may follow.
            if place[0] == kept.sequence or (not fit and place[0] == newest):
                self._history.discard(place)
                self._reject(refusal, kept.revision)
        try:
            return _newest(fit)[1] if fit else kept
        except VerificationError as error:
            self._reject(Refusal(_last(fit), "ambiguous", error.message), kept.revision)
            return kept

    def keep(self, bundle: VerifiedBundle) -> None:
        """Keep a bundle that came into force for the next start, where that is wished."""
        try:
            if self._kept is not None:
                self._kept.keep(bundle)
        except UnavailableError as error:
            self._log(error.message)

    def _verified_copy(self) -> VerifiedBundle | None:
        offer = self._kept.offer() if self._kept is not None else None
        try:
            return None if offer is None else self._verified(offer)
        except VerificationError as error:
            self._log(f"the bundle that was kept is not used: {error.message}")
            return None

    def _first_found(self, stays: str) -> list[tuple[str, VerifiedBundle]]:
        """What verifies, at least one."""
        failure: VerificationError | None = None
        found: list[tuple[str, VerifiedBundle]] = []
        try:
            for offer in self._source.look():
                self._looked = True
                try:
                    found.append((offer.name, self._verified(offer)))
                    self._history.add(_place(found[-1][1]))
                except VerificationError as error:
                    failure = error
                    self._note(_fault(offer, error))
                    if self._source.holds_history or stays:
                        self._refuse(offer.name, error.message, stays)
        except UsageError as error:
            # One that cannot be read keeps none of the others back.
            if not found:
                raise
            self._log(error.message)
            self.source_problem = error.message
        self._look_at = time.monotonic() + self._source.pause_seconds
        if not found:
            raise failure or VerificationError("there is no bundle to serve")
        return found

    def step(self, sidecar: Sidecar) -> bool:
        """Do what is due; to be called several times a second.

        Returns:
            Whether another bundle came into force.
        """
        sidecar.mend()
        now = time.monotonic()
        if now >= self._look_at:
            self._look(sidecar)
            self._look_at = time.monotonic() + self._source.pause_seconds
        changed = self._pending is not None and now >= self._retry_at and self._publish(sidecar)
        if now >= self._health_at:
            self._health_at = now + HEALTH_SECONDS
            problem = sidecar.problem()
            self._tell(problem, self.sidecar_problem)
            self.sidecar_problem = problem
        return changed

    def _look(self, sidecar: Sidecar) -> None:
        offered: dict[str, VerifiedBundle | None] = {}
        problem = ""
        try:
            for offer in self._source.look():
                offered[offer.name] = self._judged(offer, sidecar.bundle)
        except WilkError as error:
            # What was offered before it failed is not offered again.
            problem = error.message
        self._looked = self._looked or bool(offered)
        self._tell(problem, self.source_problem)
        self.source_problem = problem
        names = self._source.names()
        self.refusals = {name: why for name, why in self.refusals.items() if name in names}
        before = {name: one for name, one in self._waiting.items() if name in names}
        found: dict[str, VerifiedBundle | None] = {**before, **offered}
        if offered or found.keys() != self._waiting.keys():
            self._waiting = {name: one for name, one in found.items() if one is not None}
            self._consider(sidecar)

    def _judged(self, offer: Offer, in_force: VerifiedBundle) -> VerifiedBundle | None:
        """What is offered, if it verifies and is no older one that was put there now."""
        self.refusals.pop(offer.name, None)
        try:
            found = self._verified(offer)
        except VerificationError as error:
            self._reject(_fault(offer, error), in_force.revision)
            return None
        try:
            self._require_no_late(found, in_force)
        except VerificationError as error:
            self._reject(Refusal(offer.name, "rolled_back", error.message), in_force.revision)
            return None
        self._history.add(_place(found))
        return found

    def _require_no_late(self, found: VerifiedBundle, in_force: VerifiedBundle) -> None:
        """Of a file or an address the sidecar's ledger judges."""
        late = self._looked and _place(found) not in self._history
        if self._source.holds_history and late and found.sequence < in_force.sequence:
            require_not_older(mark_of(in_force), found)

    def _consider(self, sidecar: Sidecar) -> None:
        """Take up the newest of what waits, if it is anything new."""
        in_force = sidecar.bundle
        self._waiting = {
            name: one
            for name, one in self._waiting.items()
            if one.archive != in_force.archive
            and (one.sequence >= in_force.sequence or not self._source.holds_history)
        }
        found = sorted(self._waiting.items())
        # What waited to be tried again may have been replaced, too.
        self._pending, self._retry_at = None, 0.0
        try:
            self._pending = _newest(found) if found else None
        except VerificationError as error:
            self._reject(Refusal(_last(found), "ambiguous", error.message), in_force.revision)

    def _settled(self, name: str, sidecar: Sidecar) -> None:
        """A bundle waits no longer; the next one may be taken up."""
        self._waiting.pop(name, None)
        self._consider(sidecar)

    def _publish(self, sidecar: Sidecar) -> bool:
        if self._pending is None:
            return False
        name, bundle = self._pending
        try:
            sidecar.publish(bundle)
        except (BundleRefusedError, VerificationError, RequestError) as error:
            self._refuse(name, error.message, sidecar.revision)
            self._settled(name, sidecar)
            return False
        except UnavailableError as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            if self.refusals.get(name) != error.message:
                self._refuse(name, error.message, sidecar.revision)
            return False
        self.refusals.pop(name, None)
        self._settled(name, sidecar)
        return True

    def _verified(self, offer: Offer) -> VerifiedBundle:
        return verify_bundle(offer.data, self._trust.keys, scope=self._trust.scope)

    def _reject(self, refusal: Refusal, stays: str) -> None:
        """Refuse what the sidecar is not even asked about."""
        self._note(refusal)
        self._refuse(refusal.name, refusal.why, stays)

    def _refuse(self, name: str, why: str, stays: str) -> None:
        self.refused += 1
        self.refusals[name] = why
        rest = f"; revision {stays} stays" if stays else ""
        self._log(f"refused the new bundle `{name}`: {why}{rest}")

    def _tell(self, problem: str, before: str) -> None:
        if problem != before:
            self._log(problem or f"well again: {before}")


def _fault(offer: Offer, error: VerificationError) -> Refusal:
    """What is wrong with an offer: it cannot be read, or what it says is not to be believed."""
    try:
        read_bundle(offer.data)
    except VerificationError:
        return Refusal(offer.name, "malformed", error.message)
    return Refusal(offer.name, "signature_wrong", error.message)


def _last(found: list[tuple[str, VerifiedBundle]]) -> str:
    """The name of one with the highest place."""
    return max(found, key=lambda one: (one[1].sequence, one[0]))[0]


def _place(bundle: VerifiedBundle) -> tuple[int, str]:
    return bundle.sequence, bundle.revision


def _newest(found: list[tuple[str, VerifiedBundle]]) -> tuple[str, VerifiedBundle]:
    """The bundle with the highest place.

    Raises:
        VerificationError: two of different content have it.
    """
    newest = max(found, key=lambda one: one[1].sequence)
    rivals = {one[1].revision for one in found if one[1].sequence == newest[1].sequence}
    if len(rivals) > 1:
        place = f"sequence {newest[1].sequence}" if newest[1].sequence else "no sequence"
        raise VerificationError(
            f"several bundles with {place} differ, so that none is the newest",
            help_text="give each release a number of its own: wilkc sign --sequence",
        )
    return newest
