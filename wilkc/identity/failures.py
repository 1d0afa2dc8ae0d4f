"""Why a credential is not believed. Layer: identity. Pure.

The detail is for the record and the operator. Who presented the credential is told the one
sentence of `PUBLIC_MESSAGE`, whatever the detail is: which part was wrong is worth something to
who guesses.
"""

from __future__ import annotations

from typing import Final

from wilkc.core.errors import VerificationError

PUBLIC_MESSAGE: Final = "the credential is not accepted"
MALFORMED: Final = "credential_malformed"
UNKNOWN: Final = "credential_unknown"
EXPIRED: Final = "credential_expired"
REVOKED: Final = "credential_revoked"
REUSED: Final = "credential_reused"
MISDIRECTED: Final = "credential_misdirected"
"""Of another issuer, for another audience, or by another channel."""
NOT_YET: Final = "credential_not_yet_valid"
TOO_MANY: Final = "too_many_failures"


class AuthenticationError(VerificationError):
    """A credential is not accepted.

    Args:
        detail: one of the stable codes of this module.
        message: one line for the operator; it never holds the credential.
        credential: public name of the credential if it is known, else empty.
    """

    def __init__(self, detail: str, message: str, *, credential: str = "") -> None:
        super().__init__(f"{detail}: {message}")
        self.detail = detail
        self.credential = credential
