"""Room: runtime.host. What this machine can enforce, and whether it holds when attacked."""

from wilkc.runtime.host.diagnosis import Row, diagnose, not_enforceable
from wilkc.runtime.host.gathering import Asked, gather
from wilkc.runtime.host.verdicts import Verdict
from wilkc.runtime.host.verifying import verify_host

__all__ = ["Asked", "Row", "Verdict", "diagnose", "gather", "not_enforceable", "verify_host"]
