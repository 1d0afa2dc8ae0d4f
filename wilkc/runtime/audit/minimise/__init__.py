"""Moving personal data and secrets that stand in clear text under seal. Room: runtime."""

from wilkc.runtime.audit.minimise.moving import minimise
from wilkc.runtime.audit.minimise.patterns import PATTERNS, Pattern, kinds_in

__all__ = ["PATTERNS", "Pattern", "kinds_in", "minimise"]
