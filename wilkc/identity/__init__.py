"""Who asks: API keys, tokens, sessions, and what of them is revoked. A room of Wilk.

It decides who a credential belongs to, and never what they may do: that is the policy's.
"""

from __future__ import annotations

from wilkc.identity.api_keys import ApiKey, ApiKeys, NotEndedError
from wilkc.identity.clock import Clock
from wilkc.identity.failures import PUBLIC_MESSAGE, AuthenticationError
from wilkc.identity.identity import Failure, Identity, create_identity, open_revocations
from wilkc.identity.principal import Principal
from wilkc.identity.revocation import Revocations
from wilkc.identity.sessions import Session, Sessions
from wilkc.identity.tokens.issuers import Issuer
from wilkc.identity.tokens.issuing import Issued, Signer, TokenIssuer
from wilkc.identity.tokens.keyset import Reader
from wilkc.identity.tokens.own import create_issuer, open_issuer, rotate_issuer

__all__ = [
    "PUBLIC_MESSAGE",
    "ApiKey",
    "ApiKeys",
    "AuthenticationError",
    "Clock",
    "Failure",
    "Identity",
    "Issued",
    "Issuer",
    "NotEndedError",
    "Principal",
    "Reader",
    "Revocations",
    "Session",
    "Sessions",
    "Signer",
    "TokenIssuer",
    "create_identity",
    "create_issuer",
    "open_issuer",
    "open_revocations",
    "rotate_issuer",
]
