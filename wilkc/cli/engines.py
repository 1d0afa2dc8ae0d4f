"""Who answers `wilkc decide`: a sidecar that runs, a private one, or the reference. Layer: cli."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wilkc.bundle import VerifiedBundle, generate_key, sign_bundle, verify_bundle
from wilkc.cli.revocations import opened_revocations, unless_revoked
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.cli.sources import read_sources
from wilkc.core.errors import UsageError
from wilkc.opa import Announced, Sidecar, SidecarSettings, Transport
from wilkc.opa.obtain import find_opa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from wilkc.bundle import PublicKey
    from wilkc.cli.building import Built
    from wilkc.core.contract import Decision, Request
    from wilkc.runtime.guard.unrevoked import Point

    Engine = Callable[[Sequence[Request]], list[Decision]]

_EPHEMERAL: Final = "call"
"""Id of a key that lives for one call."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line says about who answers.

    Attributes:
        socket: a sidecar that runs.
        bundle: a bundle for a private sidecar.
        policies: specs to compile for a private sidecar or for the reference evaluator; those
            of the default places where neither these nor another place is named.
        engine: `opa` or `reference`.
        keys: public keys, by one of which the bundle must be signed.
        key_id: the only one's id, where the file's name does not say it.
        scope: scope that the signature must bind.
        unverified: take the bundle as it is.
        answer_seconds: how long one answer may take.
        start_seconds: how long a private sidecar may take to start.
        identity: folder of the identity that says which agents are revoked, or None.
    """

    socket: str | None
    bundle: str | None
    policies: tuple[str, ...]
    engine: str
    keys: tuple[str, ...]
    key_id: str | None
    scope: str | None
    unverified: bool
    answer_seconds: float
    start_seconds: float
    identity: str | None

    @property
    def compiles(self) -> bool:
        """Whether specs are compiled for this call."""
        return self.socket is None and self.bundle is None


def check_choice(choice: Choice) -> None:
    """Refuse what makes no sense together.

    Raises:
        UsageError: says what to name instead.
    """
    places = (choice.socket is not None, choice.bundle is not None, bool(choice.policies))
    if sum(places) > 1:
        raise UsageError("name one of `--socket`, `--bundle` and `--policies`")
    if choice.engine == "reference" and not choice.compiles:
        raise UsageError("the reference evaluator needs the specs: name them by `--policies`")
    if choice.bundle is None:
        if choice.keys or choice.key_id or choice.scope or choice.unverified:
            raise UsageError("`--key`, `--key-id`, `--scope` and `--unverified` go with `--bundle`")
    elif bool(choice.keys) is choice.unverified:
        raise UsageError(
            "a bundle is used only if its signature verifies",
            help_text="name the signer's public key by `--key FILE`; for a bundle that you made "
            "yourself just now, `--unverified` does without",
        )


@contextmanager
def open_engine(choice: Choice, sources: Mapping[str, bytes] | None = None) -> Iterator[Engine]:
    """The function that answers, until the context ends.

    Args:
        choice: who answers.
        sources: the specs to compile, where they were read already.

    Raises:
        UsageError: a path is not there.
        SpecError: the specs have errors.
        VerificationError: the bundle does not verify.
        UnavailableError: OPA cannot be had, or what is revoked cannot be read.
    """
    revocations = opened_revocations(choice.identity)
    if choice.engine == "reference":
        yield _asking(unless_revoked(_Reference(_built(choice, sources)), revocations))
    elif choice.socket is not None:
        socket = Path(choice.socket)
        transport = Transport(socket, Announced(socket), seconds=choice.answer_seconds)
        try:
            yield _asking(unless_revoked(transport, revocations))
        finally:
            transport.close()
    else:
        settings = SidecarSettings(
            opa=find_opa().path,
            start_seconds=choice.start_seconds,
            answer_seconds=choice.answer_seconds,
            log=lambda text: click.echo(f"wilkc decide: {text}", err=True),
        )
        with Sidecar(*_bundle(choice, sources), settings) as sidecar:
            yield _asking(unless_revoked(sidecar.point, revocations))


def _asking(point: Point) -> Engine:
    def ask(requests: Sequence[Request]) -> list[Decision]:
        if len(requests) == 1:
            return [point.decide(requests[0])]
        return point.decide_many(requests)

    return ask


def _built(choice: Choice, sources: Mapping[str, bytes] | None) -> Built:
    from wilkc.cli.building import build_sources  # noqa: PLC0415 - only who compiles loads it

    return build_sources(read_sources(choice.policies) if sources is None else sources)


class _Reference:
    """The reference evaluator, as one more decision point."""

    def __init__(self, built: Built) -> None:
        from wilkc.plan import decide  # noqa: PLC0415 - see above

        compiled = built.compiled
        self._decide = partial(decide, compiled.plan, revision=compiled.revision)

    def decide(self, request: Request, *, seconds: float | None = None) -> Decision:
        """See `Point`; it takes the time that it takes."""
        del seconds
        return self._decide(request)

    def decide_many(self, requests: Sequence[Request]) -> list[Decision]:
        """See `Point`."""
        return [self._decide(request) for request in requests]

    def close(self) -> None:
        """See `Point`; nothing is open."""


def _bundle(
    choice: Choice, sources: Mapping[str, bytes] | None
) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
    if choice.compiles:
        return _signed_for_now(_built(choice, sources).bundle)
    data = read_bundle_file(choice.bundle or "")
    if not choice.keys:
        return _signed_for_now(data)
    return verify_with(data, choice.keys, key_id=choice.key_id, scope=choice.scope)


def _signed_for_now(data: bytes) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
    """OPA takes signed bundles only, so what needs no signature gets one for the call."""
    key = generate_key()
    signed = sign_bundle(data, key, key_id=_EPHEMERAL)
    keys = {_EPHEMERAL: key.public()}
    return verify_bundle(signed, keys), keys
