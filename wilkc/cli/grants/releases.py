"""The place that a sidecar takes its bundles from, and what of it is in force. Layer: cli.

Grants are added to the sources that the bundle in force carries, which its signature covers.
So whatever was changed in the policies since then does not come into force with a grant.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wilkc.bundle import read_bundle, read_sources_of, verify_bundle
from wilkc.cli.files import write_atomically
from wilkc.core.errors import GateError, UnavailableError, UsageError, VerificationError
from wilkc.opa.pages import ask_condition
from wilkc.opa.sources import open_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wilkc.bundle import PublicKey, VerifiedBundle
    from wilkc.compiler import Form
    from wilkc.opa.condition import Condition

SETTLE_SECONDS: Final = 2.0
"""How long a release that was just put there may take to come into force."""
_POLL_SECONDS: Final = 0.05
_OWN: Final = re.compile(r"grants-([0-9]+)[.]tar[.]gz", re.ASCII)


@dataclass(frozen=True, slots=True)
class InForce:
    """What a grant is added to.

    Attributes:
        bundle: the bundle in force.
        sources: the files it was made from.
        newer: bundles that lie there and are not in force, by their sequence.
    """

    bundle: VerifiedBundle
    sources: Mapping[str, bytes] = field(repr=False)
    newer: tuple[VerifiedBundle, ...] = ()

    @property
    def next_sequence(self) -> int:
        """A number that nothing has which lies there."""
        return max(one.sequence for one in (self.bundle, *self.newer)) + 1

    @property
    def form(self) -> Form:
        """How its profiles were compiled."""
        rules = any(name.startswith("wilk/profiles/") for name in self.bundle.files)
        return "rules" if rules else "indexed"


@dataclass(frozen=True, slots=True)
class Releases:
    """A file or folder of signed bundles, and the sidecar that serves them.

    Attributes:
        place: the file or folder.
        keys: key id to key, each trusted alike.
        scope: scope that signatures must bind, or empty.
        socket: where the sidecar's decisions are asked.
    """

    place: Path
    keys: Mapping[str, PublicKey]
    scope: str
    socket: Path

    @property
    def folder(self) -> Path:
        """The folder that bundles are written to."""
        return self.place if self.place.is_dir() else self.place.parent

    def in_force(self) -> InForce:
        """What is in force, once nothing newer is about to come into force.

        Raises:
            UsageError: there is no such place.
            VerificationError: nothing there verifies, or it is not what the sidecar serves.
            UnavailableError: no sidecar runs.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            found = self._look(ask_condition(self.socket))
            if not found.newer or time.monotonic() > deadline:
                return found
            time.sleep(_POLL_SECONDS)

    def newest(self) -> InForce:
        """What comes into force where no sidecar runs: the newest that lies there.

        Raises:
            UsageError: there is no such place.
            VerificationError: nothing there verifies.
        """
        return _with_sources(self._verified()[-1], ())

    def _look(self, condition: Condition) -> InForce:
        found = self._verified()
        served = (condition.sequence, condition.revision)
        same = [one for one in found if (one.sequence, one.revision) == served]
        if not same:
            raise VerificationError(
                f"what is in force, sequence {condition.sequence}, does not lie in `{self.place}`",
                help_text="name the place that the sidecar takes its bundles from",
            )
        newer = tuple(one for one in found if one.sequence > condition.sequence)
        return _with_sources(same[0], newer)

    def _verified(self) -> list[VerifiedBundle]:
        """Every bundle that verifies, by its sequence."""
        text = str(self.place)
        found, failure = [], None
        for offer in open_source(text, poll_seconds=1).look():
            try:
                found.append(verify_bundle(offer.data, self.keys, scope=self.scope))
            except VerificationError as error:
                failure = error
        if not found:
            raise failure or VerificationError(f"there is no bundle in `{text}`")
        return sorted(found, key=lambda bundle: bundle.sequence)

    def publish(self, bundle: bytes, sequence: int) -> Path:
        """Put a bundle where the sidecar finds it; it is there as a whole or not at all.

        Raises:
            UsageError: the place cannot be written.
        """
        folder = self.place.is_dir()
        path = self.place / f"grants-{sequence}.tar.gz" if folder else self.place
        write_atomically(path, bundle)
        return path

    def await_active(self, path: Path, sequence: int, revision: str, seconds: float) -> None:
        """Wait until the sidecar has a release in force.

        Raises:
            GateError: it refused the release.
            UnavailableError: it does not run, or takes too long.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                condition = ask_condition(self.socket)
            except UnavailableError as error:
                raise UnavailableError(
                    f"sequence {sequence} was released, and {error.message}",
                    help_text="a sidecar takes it up when it starts, and grants nothing before",
                ) from error
            if (condition.sequence, condition.revision) == (sequence, revision):
                return
            why = condition.refusals.get(str(path)) or condition.refusals.get(str(path.resolve()))
            if why:
                raise GateError(
                    f"the sidecar refused sequence {sequence}: {why}; sequence "
                    f"{condition.sequence} stays in force"
                )
            if time.monotonic() > deadline:
                raise UnavailableError(
                    f"sequence {sequence} was released and is not in force after {seconds:g} s; "
                    f"sequence {condition.sequence} is",
                    help_text="see `wilkc status`; the sidecar takes it up as soon as it can",
                )
            time.sleep(_POLL_SECONDS)

    def tidy(self, sequence: int) -> None:
        """Remove earlier releases of grants, which no start will ask for again."""
        if not self.place.is_dir():
            return
        for path in self.place.iterdir():
            own = _OWN.fullmatch(path.name)
            if own and int(own[1]) < sequence:
                path.unlink(missing_ok=True)


def open_releases(
    place: str, keys: Mapping[str, PublicKey], scope: str | None, socket: Path
) -> Releases:
    """The place that a text names.

    Raises:
        UsageError: it is an address, to which nothing can be released from here.
    """
    if place.startswith(("http://", "https://")):
        raise UsageError(
            "grants cannot be released to an address",
            help_text="name the file or folder that the sidecar watches",
        )
    return Releases(Path(place), keys, scope or "", socket)


def _with_sources(bundle: VerifiedBundle, newer: tuple[VerifiedBundle, ...]) -> InForce:
    return InForce(bundle, sources_of(bundle), newer)


def sources_of(bundle: VerifiedBundle) -> dict[str, bytes]:
    """The files that a bundle was made from.

    Raises:
        VerificationError: it does not carry them.
    """
    return read_sources_of(read_bundle(bundle.archive).files)
