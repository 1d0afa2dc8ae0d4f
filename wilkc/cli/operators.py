"""Who may do what `privileges` lists, where operators are named. Layer: cli.

Operators are agents of a policy of their own: the same language, compiled, signed, and decided by
OPA. An operation is the action `config.modify` (`config.read` where it only reads) on
`system:NAME`, such as `system:wilk.grant`. Who asks shows a credential; every answer goes on
record. Once a policy of operators is named, everything that goes wrong is a refusal.

It guards the commands of Wilk, not the files: whoever can read the keys of a log can do without
its commands, so the file that names the policy belongs to root, and so do the keys.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from wilkc.bundle import read_bundle
from wilkc.cli.guarding import operators_file
from wilkc.cli.library import CAPABILITIES
from wilkc.cli.recording import open_recorder
from wilkc.cli.signing import read_bundle_file, verify_with
from wilkc.core.closed_json import from_json
from wilkc.core.contract import Decision, Request, denial
from wilkc.core.errors import (
    RequestError,
    UnavailableError,
    UsageError,
    VerificationError,
    WilkError,
)
from wilkc.core.files import OTHERS_WRITE
from wilkc.core.strict_json import decode_json
from wilkc.opa.evaluating import open_evaluator
from wilkc.opa.obtain import find_opa
from wilkc.runtime.keys.secrets import read_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wilkc.cli.privileges import Privilege
    from wilkc.core.contract import Json
    from wilkc.identity import Principal

CREDENTIAL: Final = "WILK_CREDENTIAL_FILE"
"""Names the file of who asks: an API key or a token, closed to others."""
CHANNEL: Final = "operators"
MISSING: Final = "credential_missing"
_MOST_BYTES: Final = 65_536


class NoCredentialError(UsageError):
    """Nobody shows who asks."""


@dataclass(frozen=True, slots=True)
class _Settings:
    """The file.

    Attributes:
        bundle: the signed policy of operators.
        keys: public keys, by one of which it must be signed.
        scope: that the signature must bind; empty for none.
        identity: folder of who may ask.
        audit: folder of the log that answers go to.
    """

    bundle: str
    keys: tuple[str, ...]
    scope: str
    identity: str
    audit: str


def require_operator(wanted: Privilege, **about: str) -> None:
    """Require that who runs the command may, where a policy of operators is named.

    Args:
        wanted: the operation.
        about: what more the record and the policy shall know, such as a revision.

    Raises:
        RequestError: the policy says no; the message says why.
        VerificationError: the credential, or the policy's signature, is not accepted.
        UsageError: no credential is shown.
        UnavailableError: it cannot be decided or put on record.
    """
    place = operators_file()
    if place is None:
        return
    settings = _settings(place)
    with _naming_places():
        who = _operator(settings)
        context: dict[str, Json] = {"credential": who.credential, **about}
        request = Request(who.id, wanted.action, "system", wanted.operation, context=context)
        with open_recorder(settings.audit) as logger:
            try:
                decision = _outside(who, request) or _decided(settings, request)
            except WilkError as error:
                why = denial("VALIDATION_ERROR", "operators_undecided", error.message)
                logger.intent(request, why, enforced=False)
                raise
            logger.intent(request, decision, enforced=False)
    if not decision.allow:
        text = f"`{who.id}` may not {wanted.operation}: {decision.message}"
        raise RequestError(decision.detail, text)


@contextmanager
def _naming_places() -> Iterator[None]:
    """What is not where the settings say is no fault of who calls."""
    try:
        yield
    except NoCredentialError:
        raise
    except UsageError as error:
        raise UnavailableError(
            f"operators are named, and cannot be asked: {error.message}", help_text=error.help_text
        ) from error


def _settings(place: Path) -> _Settings:
    try:
        with place.open("rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(_MOST_BYTES)
        if found.st_mode & OTHERS_WRITE or found.st_uid not in (0, os.geteuid()):
            raise VerificationError(f"others may write `{place}`")
        return from_json(_Settings, decode_json(data), "operators")
    except OSError as error:
        raise UnavailableError(f"cannot read `{place}`: {error.strerror}") from error
    except ValueError as error:
        raise UnavailableError(f"`{place}`: {error}") from error


def _operator(settings: _Settings) -> Principal:
    """Who shows the credential."""
    # Imported here: most hosts name no operators.
    from wilkc.cli.identities import caller, opened_identity  # noqa: PLC0415
    from wilkc.identity import Failure  # noqa: PLC0415
    from wilkc.runtime.failed_logins import failure_recorder  # noqa: PLC0415

    named, source = os.environ.get(CREDENTIAL), caller()
    if not named:
        with open_recorder(settings.audit) as logger:
            failure_recorder(logger)(Failure(MISSING, CHANNEL, source, "", 1))
        raise NoCredentialError(
            "operators are named here, so this needs a credential",
            help_text=f"name the file that holds it by `{CREDENTIAL}`",
        )
    text = read_secret(Path(named), "credential").decode("ascii", "replace")
    with opened_identity(Path(settings.identity), settings.audit) as identity:
        return identity.authenticate(text, channel=CHANNEL, source=source)


def _outside(who: Principal, request: Request) -> Decision | None:
    if who.may_ask(request.type, request.action):
        return None
    message = f"the credential is not for `{request.type}` and `{request.action}`"
    return denial("PERMISSION_DENIED", "outside_credential", message)


def _decided(settings: _Settings, request: Request) -> Decision:
    data = read_bundle_file(settings.bundle)
    verified, _ = verify_with(data, settings.keys, key_id=None, scope=settings.scope or None)
    files = read_bundle(verified.archive).files
    with open_evaluator(find_opa().path, files, CAPABILITIES) as evaluator:
        (answer,) = evaluator.answers([request])
    return _read(answer, verified.revision)


def _read(answer: dict[str, Any], revision: str) -> Decision:
    """The decision in an answer; a grant with conditions is none, as nobody fulfils them here."""
    context = answer.get("context")
    if not isinstance(context, dict) or context.get("revision") != revision:
        raise UnavailableError("OPA gave no decision on the operator")
    detail, message = str(context.get("detail")), str(context.get("message"))
    if answer.get("decision") is not True:
        return denial("PERMISSION_DENIED", detail, message, revision=revision)
    if context.get("conditions") != []:
        why = "the grant has conditions, which are not fulfilled here"
        return denial("PERMISSION_DENIED", "condition_unfulfilled", why, revision=revision)
    return Decision(
        allow=True, reason="PERMISSION_GRANTED", detail=detail, message=message, revision=revision
    )
