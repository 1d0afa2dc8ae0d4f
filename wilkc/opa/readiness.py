"""Waiting until the right revision answers. Layer: opa.

OPA's health page stays good after a refused update, and is good without any bundle: only its
status and an answer tell which revision is in force.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from wilkc.core.contract import Request
from wilkc.core.errors import UnavailableError
from wilkc.opa.denials import is_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.opa.client import AdminClient
    from wilkc.opa.transport import Transport

_PAUSE_SECONDS: Final = 0.01
_WITHOUT_STATUS_SECONDS: Final = 5.0
"""How long the answer may be in coming before OPA is asked why, at most half of all the time."""
CANARY: Final = Request(agent="~canary", action="read", type="file", id="./canary")
"""A question of an agent that no spec can name; the only right answer is no."""


class BundleRefusedError(UnavailableError):
    """OPA refused a bundle, and would refuse it again."""


class NotInTimeError(UnavailableError):
    """OPA did not say in time that a bundle is in force; it may have answered by it."""


def await_start(
    admin: Callable[[], AdminClient],
    transport: Transport,
    revision: str,
    *,
    seconds: float,
    failure: Callable[[], str],
) -> None:
    """Wait until an OPA that was started just now answers by a revision.

    It had no other one before, so that its answer says all. Its status, whose client is slow to
    load, is asked for only where the answer is long in coming.

    Args:
        admin: gives who is asked for the status.
        transport: asked for a decision.
        revision: the one that shall be in force.
        seconds: how long to wait.
        failure: why OPA is not running, or empty.

    Raises:
        BundleRefusedError: OPA refused the bundle.
        NotInTimeError: OPA took too long.
        UnavailableError: OPA ended.
    """
    started = time.monotonic()
    while time.monotonic() - started < min(seconds / 2, _WITHOUT_STATUS_SECONDS):
        if answers(transport, revision):
            return
        if why := failure():
            raise UnavailableError(f"OPA does not start: {why}")
        time.sleep(_PAUSE_SECONDS)
    await_revision(admin(), transport, revision, seconds=seconds, failure=failure, started=started)


def await_revision(  # noqa: PLR0913  # who is asked, for what, and for how long
    admin: AdminClient,
    transport: Transport,
    revision: str,
    *,
    seconds: float,
    failure: Callable[[], str],
    started: float | None = None,
) -> None:
    """Wait until OPA says that a revision is in force, and answers by it.

    A fetch that failed is no refusal: OPA fetches again.

    Args:
        admin: asked for the status.
        transport: asked for a decision.
        revision: the one that shall be in force.
        seconds: how long to wait.
        failure: why OPA is not running, or empty.
        started: since when, on the monotonic clock; None for now.

    Raises:
        BundleRefusedError: OPA refused the bundle.
        NotInTimeError: OPA took too long.
        UnavailableError: OPA ended.
    """
    deadline = (time.monotonic() if started is None else started) + seconds
    while time.monotonic() < deadline:
        status = admin.bundle_status()
        if status is not None and status.error:
            raise BundleRefusedError(f"OPA refuses the bundle: {status.error}")
        if status is not None and status.revision == revision and answers(transport, revision):
            return
        if why := failure():
            raise UnavailableError(f"OPA does not start: {why}")
        time.sleep(_PAUSE_SECONDS)
    raise NotInTimeError(
        f"OPA was not ready within {seconds:g} s",
        help_text="see whether `opa run --server` works here, or allow it more time",
    )


def await_recovery(admin: AdminClient, *, seconds: float) -> None:
    """Wait, at most so long, until OPA has forgotten the error of the last fetch.

    OPA fetches again after a delay, and reports the error until then: what is published
    meanwhile would seem to be refused.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status = admin.bundle_status()
        if status is not None and not status.error and not status.unfetched:
            return
        time.sleep(_PAUSE_SECONDS)


def answers(transport: Transport, revision: str) -> bool:
    """Whether a decision comes, by this revision, and denies what nobody may do."""
    decision = transport.decide(CANARY)
    return is_answer(decision) and not decision.allow and decision.revision == revision
