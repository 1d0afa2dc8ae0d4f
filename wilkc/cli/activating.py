"""Asking operators about every bundle that a service puts in force. Layer: cli.

The service asks as who it shows by its credential, which is read anew each time: one that is
revoked, or operators that say otherwise by now, keep the bundle in force that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wilkc.cli.guarding import operators_file
from wilkc.cli.privileges import ACTIVATE
from wilkc.core.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wilkc.bundle import VerifiedBundle
    from wilkc.opa.state import Ledger


class AskedLedger:
    """A ledger that asks operators first. One thread calls.

    Args:
        inner: the ledger that is asked after them, and told of what is taken back.
        ask: asks them whether a revision may be put in force; raises as `require_operator` does.
    """

    def __init__(self, inner: Ledger, ask: Callable[[str], None] | None = None) -> None:
        self._inner = inner
        self._ask = ask or _ask_operators

    def enter(self, bundle: VerifiedBundle) -> None:
        """Require that this bundle may be put in force.

        Raises:
            RequestError: the policy of operators says no.
            VerificationError: the credential is not accepted, or `inner` refuses the bundle.
            UnavailableError: it cannot be decided or put on record now; it is tried again.
        """
        try:
            self._ask(bundle.revision)
        except UsageError as error:
            raise UnavailableError(error.message, help_text=error.help_text) from error
        self._inner.enter(bundle)

    def withdraw(self, why: str, *, unsure: bool = False) -> None:
        """See `Ledger`."""
        self._inner.withdraw(why, unsure=unsure)


def _ask_operators(revision: str) -> None:
    if operators_file() is not None:
        # Imported here: most hosts name no operators.
        from wilkc.cli.operators import require_operator  # noqa: PLC0415

        require_operator(ACTIVATE, revision=revision)
