"""Moving personal data and secrets that stand in clear text under seal. Room: runtime."""

from wilkc.runtime.audit.minimise.moving import minimise
from wilkc.runtime.audit.minimise.patterns import (
    KINDS,
    PATTERNS,
    SECRETS,
    Pattern,
    kinds_in,
    name_in,
)

__all__ = ["KINDS", "PATTERNS", "SECRETS", "Pattern", "kinds_in", "minimise", "name_in"]
