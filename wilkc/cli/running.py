"""Where commands get decisions and sandbox plans from. Layer: cli."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle import generate_key, sign_bundle, verify_bundle
from wilkc.cli.revocations import opened_revocations, unless_revoked
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.core.contract import Request
from wilkc.core.errors import RequestError, UsageError
from wilkc.language.instants import time_text
from wilkc.opa import Announced, Sidecar, SidecarSettings, Transport
from wilkc.opa.obtain import find_opa
from wilkc.runtime.guard.canonical import canonical
from wilkc.runtime.guard.roots import roots_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wilkc.bundle import PublicKey, VerifiedBundle
    from wilkc.runtime.guard.unrevoked import Point

_CALL_KEY: Final = "call"
"""Id of a key that lives for one call."""


@dataclass(frozen=True, slots=True)
class Source:
    """What the command line says about who decides, by which bundle, and about whom at all.

    Attributes:
        socket: a sidecar that runs with the same bundle.
        bundle: the signed bundle.
        keys: public keys, by one of which it must be signed.
        key_id: the only one's id, where the file's name does not say it.
        scope: scope that the signature must bind.
        policies: instead, specs to compile for this call.
        identity: folder of the identity that says which agents are revoked, or None.
    """

    socket: str | None
    bundle: str | None
    keys: tuple[str, ...]
    key_id: str | None
    scope: str | None
    policies: tuple[str, ...]
    identity: str | None


def check_source(source: Source) -> None:
    """Refuse what makes no sense together.

    Raises:
        UsageError: says what to name instead.
    """
    if (source.bundle is not None) == bool(source.policies):
        raise UsageError(
            "name one of `--bundle` and `--policies`",
            help_text="the sandbox plan is read from the signed bundle, beside `--socket` too",
        )
    if source.bundle is not None and not source.keys:
        raise UsageError(
            "a bundle is used only if its signature verifies",
            help_text="name the signer's public key by `--key FILE`",
        )
    if source.policies and (source.keys or source.key_id or source.scope or source.socket):
        raise UsageError("`--key`, `--key-id`, `--scope` and `--socket` go with `--bundle`")


def command_request(
    agent: str, command: tuple[str, ...], workspace: str, session: str | None = None
) -> Request:
    """The canonical question whether an agent may run a command.

    Args:
        agent: whose command it is.
        command: program and arguments.
        workspace: absolute path of the workspace.
        session: the id that the agent's harness has for its session, if it is known.

    Raises:
        UsageError: the command cannot be judged.
    """
    properties: dict[str, Any] = {"argv": list(command)}
    context: dict[str, Any] = {"time": time_text(datetime.now(UTC))}
    if session is not None:
        context["session_id"] = session
    request = Request(agent, "execute", "shell", shlex.join(command), properties, context)
    try:
        # As for a guard: a script is judged as the file that it is, by each of its names.
        return canonical(request, roots_of(workspace, None))[0]
    except RequestError as error:
        raise UsageError(f"the command cannot be judged: {error.message}") from error


@contextmanager
def open_source(source: Source) -> Iterator[tuple[Point, VerifiedBundle]]:
    """The decision point, and the verified bundle that its answers must come from.

    It is asked about no agent that is revoked.

    Raises:
        UsageError: a path is not there.
        SpecError: the specs have errors.
        VerificationError: the bundle does not verify.
        UnavailableError: OPA cannot be had, or what is revoked cannot be read.
    """
    revocations = opened_revocations(source.identity)
    with open_socket(source) as (socket, verified):
        point = unless_revoked(Transport(socket, Announced(socket)), revocations)
        try:
            yield point, verified
        finally:
            point.close()


@contextmanager
def open_socket(source: Source) -> Iterator[tuple[Path, VerifiedBundle]]:
    """Where decisions are asked, and the verified bundle that answers must come from.

    Raises:
        UsageError: a path is not there.
        SpecError: the specs have errors.
        VerificationError: the bundle does not verify.
        UnavailableError: OPA cannot be had.
    """
    verified, keys = _bundle(source)
    if source.socket is not None:
        yield Path(source.socket), verified
    else:
        with Sidecar(verified, keys, SidecarSettings(opa=find_opa().path)) as sidecar:
            yield sidecar.socket, verified


def _bundle(source: Source) -> tuple[VerifiedBundle, Mapping[str, PublicKey]]:
    if source.bundle is not None:
        data = read_bundle_file(source.bundle)
        return verify_with(data, source.keys, key_id=source.key_id, scope=source.scope)
    # Where a signed bundle is named, no compiler is loaded.
    from wilkc.cli.building import build_bundle  # noqa: PLC0415

    # OPA takes signed bundles only, so what was compiled just now gets a key of its own.
    key = generate_key()
    signed = sign_bundle(build_bundle(source.policies).bundle, key, key_id=_CALL_KEY)
    keys = {_CALL_KEY: key.public()}
    return verify_bundle(signed, keys), keys
